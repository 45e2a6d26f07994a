//! The main test of the core: random applications on two ends over a simulated network, and on one end against a
//! hostile peer, under a virtual clock.
//!
//! A [`Schedule`](pair::Schedule) is a list of operations that mean something in any order, so that parts of it can be
//! left out: that is how a failing one is brought to its shortest form. It is generated from [`choices`], of which a
//! seed or the bytes of a fuzzer are a source. What must hold is listed in [`invariants`] and judged after every step.
//!
//! Law: the same schedule gives the same trace.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a broken expectation is what a test has to say"
)]

pub mod choices;
pub mod command;
pub mod hostile;
pub mod invariants;
mod link;
mod model;
pub mod pair;
pub mod run;
pub mod setup;
pub mod shrink;
mod world;

/// The application and the judge that the other tests of the core use, too.
#[path = "../../mux/tests/support/mod.rs"]
mod support;
