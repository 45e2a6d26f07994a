//! The multiplexer protocol of remoc (chmux, protocol 3) without IO.
//!
//! Law: the core does no IO, reads no clock, draws no randomness and calls nobody back. Frame headers, payload
//! lengths, commands, `now` and a seed go in; frame headers, payload ranges, events and the next deadline come out.
//! Same inputs, same outputs.
//!
//! Law: payload bytes never enter the core. It sees lengths; the embedder keeps the buffers.
//!
//! Three verbs, never mixed: `handle_*` says that something happened, a plain verb is a command of the application,
//! `poll_*` asks what to do now. See [`Mux`].

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod accept;
mod ack;
mod close;
mod config;
mod credit;
mod error;
mod event;
mod facts;
mod handshake;
mod memory;
mod mux;
mod open;
mod pace;
mod pool;
mod port;
mod raw;
mod reader;
mod receive;
mod report;
mod schedule;
mod send;
mod sink;
mod store;
mod time;
mod transmit;
mod trip;
mod window;
mod wire;

pub use config::{Config, ConfigError};
pub use error::{Error, Fault, Misuse};
pub use event::{ChunkUse, Event};
pub use facts::Path;
pub use handshake::Peer;
pub use mux::{Expect, Mux};
pub use port::Part;
pub use send::Accepted;
pub use sink::{Body, FrameSink};
pub use store::Key;

pub use wire::{
    Capabilities, Encoding, Entries, Generation, GlobalUse, Hello, HelloField, Message, PortEntry, PortRef,
    Side, WireError,
};
