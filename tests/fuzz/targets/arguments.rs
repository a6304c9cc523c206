//! Runs the law `airlift::fuzzing::arguments` on what libFuzzer comes up with.

#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| airlift::fuzzing::arguments(data));
