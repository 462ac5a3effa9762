//! The program of the target `suite`.

#![no_main]
#![forbid(unsafe_code)]

arrcoc_fuzz::drive!(suite);
