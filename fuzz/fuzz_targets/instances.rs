//! The program of the target `instances`.

#![no_main]
#![forbid(unsafe_code)]

arrcoc_fuzz::drive!(instances);
