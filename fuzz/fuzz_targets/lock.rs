//! The program of the target `lock`.

#![no_main]
#![forbid(unsafe_code)]

arrcoc_fuzz::drive!(lock);
