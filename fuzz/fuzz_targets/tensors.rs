//! The program of the target `tensors`.

#![no_main]
#![forbid(unsafe_code)]

arrcoc_fuzz::drive!(tensors);
