//! The real program, run on small workspaces that are made for the purpose:
//! what it refuses must be refused for the reason it says, and what it builds
//! must lie where it says.

#![forbid(unsafe_code)]
// What fails outside a test function fails the test too.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod build;
mod conventions;
mod direction;
mod requests;
mod tree;
