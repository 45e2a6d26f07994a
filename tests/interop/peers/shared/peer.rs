//! A program that speaks stock remoc: `serve` plays the peer's role of every scenario, `connect URL` the page's.
//!
//! Everything is generic over the codec and free of release specifics; those are in the crates' `main.rs`.

mod connect;
mod connection;
mod route;
mod scenarios;
mod serve;

use std::process::ExitCode;
use tokio::runtime::Runtime;

use crate::{REMOC, ask_ports, channel, is_final, open_port, serve_shared, serve_value};

/// Any failure; only its text is ever used.
type Failure = Box<dyn std::error::Error + Send + Sync>;

const USAGE: &str = "usage: peer serve | peer connect ws://127.0.0.1:PORT/SCENARIO/CODEC (or tcp://)";

pub fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments[..] {
        ["serve"] => run(serve::serve()),
        ["connect", url] => run(connect::connect(url)),
        _ => Err(USAGE.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            log(failure);
            ExitCode::FAILURE
        }
    }
}

fn run(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    Runtime::new()?.block_on(work)
}

/// Diagnostics go to stderr; stdout belongs to the results.
fn log(text: impl std::fmt::Display) {
    eprintln!("[remoc {REMOC}] {text}");
}
