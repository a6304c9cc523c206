//! Runs the law `airlift::fuzzing::wire` on what libFuzzer comes up with.

#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| airlift::fuzzing::wire(data));
