//! A library whose manifest says that it was built for ABI 9.9.

use arrcoc_sdk::abi::manifest::Manifest;

#[macro_use]
mod support;

const fn of_another_abi() -> Manifest {
    let mut manifest = support::right("bad-abi");
    manifest.abi_major = 9u32.to_le_bytes();
    manifest.abi_minor = 9u32.to_le_bytes();
    manifest
}

manifest!(of_another_abi());
