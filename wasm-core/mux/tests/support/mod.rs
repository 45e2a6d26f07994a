//! What the tests share: a tiny application around a `Mux`, a simulated link, a scripted peer, and a monitor that
//! judges every frame.

#![allow(dead_code, reason = "each test binary uses a part")]

pub mod end;
pub mod hex;
pub mod monitor;
pub mod pair;
pub mod rng;
pub mod scripted;

use cuttle_mux::Config;

/// Sizes so small that a message of 30 bytes is cut and blocked.
pub fn tiny() -> Config {
    Config { chunk_size: 8, max_send_chunk: 8, port_receive_buffer: 16, ..Config::default() }
}

/// `chunk_size` and `max_send_chunk` alike, and the window.
pub fn sized(chunk: u32, window: u32) -> Config {
    Config { chunk_size: chunk, max_send_chunk: chunk, port_receive_buffer: window, ..Config::default() }
}
