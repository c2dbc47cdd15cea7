//! What tests, benches and checks share. Each uses a part of it.
#![allow(dead_code)]

pub(crate) mod clouds;
pub(crate) mod data;
pub(crate) mod families;
pub(crate) mod measure;
