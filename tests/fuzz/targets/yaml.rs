//! Checks the property `airlift::fuzzing::yaml` with input of libFuzzer.

#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| airlift::fuzzing::yaml(data));
