//! The program of the target `library`.

#![no_main]
#![forbid(unsafe_code)]

arrcoc_fuzz::drive!(library);
