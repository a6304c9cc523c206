//! Runs the law `airlift::fuzzing::ledger` on what libFuzzer comes up with.

#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| airlift::fuzzing::ledger(data));
