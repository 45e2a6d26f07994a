//! The peer built on remoc 0.20.5. Only what differs between the releases is here.

use remoc::{
    RemoteSend, chmux,
    codec::Codec,
    rch::{base::RecvError, mpsc},
};

#[path = "../../shared/peer.rs"]
mod peer;

/// The remoc release this peer is built on.
const REMOC: &str = "0.20.5";

/// Whether nothing more can be received after this error.
fn is_final(error: &RecvError) -> bool {
    error.is_disconnected()
}

/// A channel with the default buffers.
fn channel<T: RemoteSend, C: Codec>() -> (mpsc::Sender<T, C>, mpsc::Receiver<T, C>) {
    mpsc::channel()
}

/// Serves a shared target, calls of `&self` at once; gives its client.
macro_rules! serve_shared {
    ($server:ident, $target:expr) => {{
        let (server, client) = $server::new($target);
        tokio::spawn(async move { server.serve().await });
        client
    }};
}

/// Serves a target until a method takes it; gives its client.
macro_rules! serve_value {
    ($server:ident, $target:expr) => {{
        let (server, client) = $server::new($target);
        tokio::spawn(async move { server.serve().await.1 });
        client
    }};
}

pub(crate) use {serve_shared, serve_value};

/// Limits the replies to a client.
fn set_max_reply_size(client: &mut impl remoc::rtc::Client, bytes: usize) {
    client.set_max_response_size(bytes);
}

/// Opens a port.
async fn open_port(client: &chmux::Client) -> Result<(chmux::Sender, chmux::Receiver), String> {
    client.connect_port().await.map_err(|error| error.to_string())
}

/// Requests ports with these labels over another one.
async fn ask_ports(tx: &mut chmux::Sender, labels: &[u32]) -> Result<Vec<chmux::Connect>, String> {
    let mut requests = Vec::new();
    for label in labels {
        requests.push(tx.connect_req().map_err(|error| error.to_string())?.with_id(*label));
    }
    tx.connect(requests).await.map_err(|error| error.to_string())
}

fn main() -> std::process::ExitCode {
    peer::main()
}
