//! Where a page says what the question asks for.

#![deny(unsafe_code)]

#[cfg_attr(not(test), expect(dead_code, reason = "nothing asks for it yet"))]
mod semantic;
