//! The program is in `main.rs`. This library is empty: it makes a test of the Rust in the workspace's README, so that what a
//! reader copies from there compiles and runs.

#![forbid(unsafe_code)]

#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
