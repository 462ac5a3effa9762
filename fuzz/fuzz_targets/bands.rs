//! The program of the target `bands`.

#![no_main]
#![forbid(unsafe_code)]

arrcoc_fuzz::drive!(bands);
