//! Runs the law `airlift::fuzzing::reference` on what libFuzzer comes up with.

#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| airlift::fuzzing::reference(data));
