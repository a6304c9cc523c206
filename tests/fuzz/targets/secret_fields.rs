//! Checks the property `airlift::fuzzing::secret_fields` with input of libFuzzer.

#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| airlift::fuzzing::secret_fields(data));
