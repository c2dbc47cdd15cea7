#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| -> libfuzzer_sys::Corpus {
    sympe_check_fuzz::fuzz("pdb", bytes)
});
