//! The program of the target `items`.

#![no_main]
#![forbid(unsafe_code)]

arrcoc_fuzz::drive!(items);
