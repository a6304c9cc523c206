//! Runs the law `airlift::fuzzing::config` on what libFuzzer comes up with.

#![no_main]
// `include` starts at the working directory: an empty one, so that no run depends on it.
libfuzzer_sys::fuzz_target!(
    init: {
        let empty = std::env::temp_dir().join("airlift-fuzz-empty");
        std::fs::create_dir_all(&empty).unwrap();
        std::env::set_current_dir(empty).unwrap();
    },
    |data: &[u8]| airlift::fuzzing::config(data)
);
