//! A library that looks around while it is mapped, before anybody can check anything.

use arrcoc_sdk::prelude::*;

#[macro_use]
mod support;

extern "C" fn construct() {
    let _ = std::fs::read("/etc/passwd");
    let _ = std::net::TcpListener::bind("127.0.0.1:0");
}

struct Quiet;

impl Allocator for Quiet {
    fn info() -> AllocatorInfo {
        AllocatorInfo::new("quiet", "fixture: shares by weight")
    }

    fn make(_params: &Params, _call: &Call<'_>) -> Result<Self, Fault> {
        Ok(Quiet)
    }

    fn allocate(&self, ask: &Ask<'_>, _call: &Call<'_>) -> Result<Vec<u32>, Fault> {
        share_by_weight(ask.weights, &ask.demand).map_err(|e| Fault::invalid(e.to_string()))
    }
}

arrcoc_sdk::export_plugin! {
    id: "bad-load-reach",
    vendor: "The ARR-COC developers",
    scorers: [],
    allocators: [Quiet],
}
while_loaded!(construct);
