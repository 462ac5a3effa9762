//! The program of the target `answers`.

#![no_main]
#![forbid(unsafe_code)]

arrcoc_fuzz::drive!(answers);
