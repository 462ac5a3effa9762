//! A library that is never done with being mapped.

#[macro_use]
mod support;

extern "C" fn construct() {
    loop {
        std::thread::sleep(std::time::Duration::from_secs(1));
    }
}

manifest!(support::right("bad-load-hang"));
while_loaded!(construct);
