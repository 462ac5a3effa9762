//! The program of the target `image`.

#![no_main]
#![forbid(unsafe_code)]

arrcoc_fuzz::drive!(image);
