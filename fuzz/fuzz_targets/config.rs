//! The program of the target `config`.

#![no_main]
#![forbid(unsafe_code)]

arrcoc_fuzz::drive!(config);
