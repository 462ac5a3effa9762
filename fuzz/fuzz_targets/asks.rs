//! The program of the target `asks`.

#![no_main]
#![forbid(unsafe_code)]

arrcoc_fuzz::drive!(asks);
