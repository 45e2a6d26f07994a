//! What remoc 0.20.5 takes for an error of its peer, as it was observed, and what the core does.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod support;

use cuttle_mux::{Capabilities, Config, Generation};
use serde_json::Value;
use support::scripted::Scripted;
use support::{hex, sized};

/// Of a peer that announces reports, port sides, early ports, varints and ids, and no pool.
const HELLO: &str =
    "02 43484d555800 03 60ea000000000000 40000000 40000000 0200 00000000 01010101 00 00 00 00 01 00";

/// Cases in which the core decides otherwise: a list of no ports is an error (F15), and credits for a pool that this end
/// cannot have are ignored, because remoc says them to everybody.
const OTHERWISE: &[&str] =
    &["PortData truncated varint without ids", "GlobalCredits although I announced no pool"];

/// As in the setup of the file: the peer has opened port 10, and accepted port 1.
fn connected() -> Scripted {
    let capabilities = Capabilities { global_credits: Some(16), ..Capabilities::from_bits(0b1111) };
    let config = Config { generation: Generation::V20, capabilities, connect_queue: 2, ..sized(64, 64) };
    let mut s = Scripted::met(config, HELLO);
    s.end.open();
    s.sends(&["04 01 07 01"]).takes("05 01 01 01");
    s.takes("04 0a 07 0a").end.accept();
    s.sends(&["05 0a 0a 01"]);
    s
}

#[test]
fn the_core_fails_where_remoc_does() {
    let path = format!("{}/tests/vectors/remoc20-60-peer-errors.json", env!("CARGO_MANIFEST_DIR"));
    let vector: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut otherwise = Vec::new();
    for case in vector["cases"].as_array().unwrap() {
        let mut s = connected();
        for frame in case["sent"].as_array().unwrap() {
            s.takes_bytes(&hex::bytes(frame.as_str().unwrap()));
        }
        if s.end.outcome.is_some() != case["ends"].as_bool().unwrap() {
            otherwise.push(case["case"].as_str().unwrap());
        }
    }
    assert_eq!(otherwise, OTHERWISE);
}
