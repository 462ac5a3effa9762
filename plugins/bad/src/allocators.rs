//! Allocators that break one promise each.

use arrcoc_sdk::prelude::*;

use crate::ends;

macro_rules! bad_allocator {
    ($name:ident, $id:literal, $doc:literal, |$ask:ident| $body:expr) => {
        #[doc = $doc]
        pub(crate) struct $name;

        impl Allocator for $name {
            fn info() -> AllocatorInfo {
                AllocatorInfo::new($id, concat!("fixture: ", $doc))
            }

            fn make(_params: &Params, _call: &Call<'_>) -> Result<Self, Fault> {
                Ok($name)
            }

            fn allocate(&self, $ask: &Ask<'_>, _call: &Call<'_>) -> Result<Vec<u32>, Fault> {
                $body
            }
        }
    };
}

/// What a right allocator would propose.
pub(crate) fn shared(ask: &Ask<'_>) -> Result<Vec<u32>, Fault> {
    share_by_weight(ask.weights, &ask.demand).map_err(|e| Fault::invalid(e.to_string()))
}

bad_allocator!(BadSum, "bad-sum", "hands out one token too many", |ask| {
    let mut tokens = shared(ask)?;
    if let Some(i) = (0..tokens.len()).find(|&i| tokens[i] < ask.demand.max()[i]) {
        tokens[i] += 1;
    }
    Ok(tokens)
});

bad_allocator!(BadBounds, "bad-bounds", "takes one patch below its least", |ask| {
    let mut tokens = shared(ask)?;
    let taken = tokens[0].min(ask.demand.min()[0].saturating_sub(1));
    let freed = tokens[0] - taken;
    tokens[0] = taken;
    if let Some(last) = tokens.last_mut() {
        *last += freed;
    }
    Ok(tokens)
});

bad_allocator!(BadLength, "bad-length", "forgets the last patch", |ask| {
    let mut tokens = shared(ask)?;
    tokens.pop();
    Ok(tokens)
});

bad_allocator!(BadFault, "bad-fault", "fails with a reason", |_ask| {
    Err(Fault::new(FaultCode::OUT_OF_MEMORY, "no memory for the table"))
});

bad_allocator!(BadPanic, "bad-panic", "panics", |ask| {
    let beyond = ask.demand.patches();
    Ok(vec![ask.demand.min()[beyond]])
});

bad_allocator!(
    BadAllocatorSegfault,
    "bad-allocator-segfault",
    "writes to an address it does not have",
    |ask| {
        ends::segfault();
        shared(ask)
    }
);

bad_allocator!(BadAllocatorHang, "bad-allocator-hang", "never returns", |_ask| ends::hang());
