//! A library that aborts while it is mapped.

#[macro_use]
mod support;

extern "C" fn construct() {
    std::process::abort();
}

manifest!(support::right("bad-load"));
while_loaded!(construct);
