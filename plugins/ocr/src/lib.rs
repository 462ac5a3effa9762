//! Reads the text of an image and scores patches by what was asked for.
#![forbid(unsafe_code)]
#[allow(dead_code)]
mod hear;
#[allow(dead_code)]
mod line;
