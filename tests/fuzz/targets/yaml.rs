//! Runs the law `airlift::fuzzing::yaml` on what libFuzzer comes up with.

#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| airlift::fuzzing::yaml(data));
