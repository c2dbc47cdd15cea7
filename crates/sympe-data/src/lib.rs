//! Graph data sets, text formats and a deterministic parallel loader.
