//! The program of the target `ledger`.

#![no_main]
#![forbid(unsafe_code)]

arrcoc_fuzz::drive!(ledger);
