//! Two applications over a simulated network, whose choices are the bytes.

#![no_main]

use cuttle_simulate::choices::Bytes;
use cuttle_simulate::pair::Schedule;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = Schedule::generate(&mut Bytes(bytes)).run();
});
