#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| airlift::fuzzing::arguments(data));
