//! The program of the target `parquet`.

#![no_main]
#![forbid(unsafe_code)]

arrcoc_fuzz::drive!(parquet);
