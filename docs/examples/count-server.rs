//! The Rust side of count.ts, on stock remoc. Cargo.toml:
//! remoc = { version = "0.20", default-features = false, features = ["rch"] }, futures-util (feature "sink"),
//! serde (feature "derive"), tokio (features "macros", "net", "rt-multi-thread"), tokio-tungstenite.

// #region readme
use futures_util::{SinkExt, StreamExt, future::ready};
use remoc::{Cfg, Connect, rch::{base, mpsc}};
use serde::{Deserialize, Serialize};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::{accept_async, tungstenite::{Error, Message}};

#[derive(Serialize, Deserialize)]
struct CountReq {
    up_to: u32,
    seq_tx: mpsc::Sender<u32>, // the page keeps the receiver
}

async fn serve(socket: TcpStream) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let (sink, stream) = accept_async(socket).await?.split();
    // One binary message is one frame of remoc; pings and the close are not.
    let sink = sink.with(|frame| ready(Ok::<_, Error>(Message::Binary(frame))));
    let stream = stream.filter_map(|message| ready(match message {
        Ok(Message::Binary(frame)) => Some(Ok(frame)),
        Ok(_) => None,
        Err(error) => Some(Err(error)),
    }));
    let (conn, _tx, mut rx): (_, base::Sender<()>, base::Receiver<CountReq>) =
        Connect::framed(Cfg::default(), sink, stream).await?;
    tokio::spawn(conn);
    while let Some(CountReq { up_to, seq_tx }) = rx.recv().await? {
        for i in 0..up_to {
            if seq_tx.send(i).await.is_err() {
                break; // the page closed its receiver
            }
        }
    }
    Ok(())
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:9870").await?;
    loop {
        let (socket, _) = listener.accept().await?;
        tokio::spawn(serve(socket));
    }
}
// #endregion
