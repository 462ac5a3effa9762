//! The program of the target `calibration`.

#![no_main]
#![forbid(unsafe_code)]

arrcoc_fuzz::drive!(calibration);
