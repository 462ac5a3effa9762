//! The program of the target `decision`.

#![no_main]
#![forbid(unsafe_code)]

arrcoc_fuzz::drive!(decision);
