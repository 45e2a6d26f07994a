//! Frames from the first one on: each is as long as the byte before it says.

#![no_main]

use cuttle_simulate::hostile::Schedule;
use cuttle_simulate::setup::Sizes;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = Schedule::of_frames(Sizes::TINY, bytes).run();
});
