//! Checks the property `airlift::fuzzing::config` with input of libFuzzer.

#![no_main]
// `include` starts at the working directory, so that the directory has to be empty.
libfuzzer_sys::fuzz_target!(
    init: {
        let empty = std::env::temp_dir().join("airlift-fuzz-empty");
        std::fs::create_dir_all(&empty).unwrap();
        std::env::set_current_dir(empty).unwrap();
    },
    |data: &[u8]| airlift::fuzzing::config(data)
);
