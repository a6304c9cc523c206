//! Checks the property `airlift::fuzzing::reference` with input of libFuzzer.

#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| airlift::fuzzing::reference(data));
