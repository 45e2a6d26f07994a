//! The peer built on remoc 0.18.3. Only what differs between the releases is here.

use remoc::{
    RemoteSend,
    codec::Codec,
    rch::{base::RecvError, mpsc},
};

#[path = "../../shared/peer.rs"]
mod peer;

/// The remoc release this peer is built on.
const REMOC: &str = "0.18.3";

/// Whether nothing more can be received after this error.
fn is_final(error: &RecvError) -> bool {
    error.is_final()
}

/// A channel with the default buffers.
fn channel<T: RemoteSend, C: Codec>() -> (mpsc::Sender<T, C>, mpsc::Receiver<T, C>) {
    mpsc::channel(1)
}

fn main() -> std::process::ExitCode {
    peer::main()
}
