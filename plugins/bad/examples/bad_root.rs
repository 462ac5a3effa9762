//! A library with a right manifest and no root module.

#[macro_use]
mod support;

manifest!(support::right("bad-root"));
