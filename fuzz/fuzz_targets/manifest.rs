//! The program of the target `manifest`.

#![no_main]
#![forbid(unsafe_code)]

arrcoc_fuzz::drive!(manifest);
