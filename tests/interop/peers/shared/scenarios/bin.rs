//! Raw bytes: an echo over binary channels whose halves were made by the page or by the peer.

use bytes::Bytes;
use remoc::{
    codec::Codec,
    rch::{base, bin},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{
    super::{
        Failure,
        connection::{Connection, next},
        log,
    },
    ended, hang_up,
};

/// remoc refuses whole messages above 512 KiB unless told otherwise.
const MAX_MESSAGE: usize = 4 * 1024 * 1024;

/// Halves for whoever gets them: it reads `rx` and writes `tx`.
#[derive(Serialize, Deserialize)]
pub struct Bytelines {
    pub rx: bin::Receiver,
    pub tx: bin::Sender,
}

#[derive(Serialize, Deserialize)]
pub enum Ask {
    /// Send everything from `rx` back over `tx`; after `close_after` messages close `rx`, and go on to its end.
    Echo { lines: Bytelines, close_after: Option<u32> },
    /// Make the channels, send the page its halves and echo.
    Offer { close_after: Option<u32> },
}

pub async fn peer<C: Codec>(connection: Connection<Bytelines, Ask, C>) -> Result<(), Failure> {
    let Connection { mut tx, mut rx, ending } = connection;
    let mut echoes = JoinSet::new();
    while let Some(ask) = next(&mut rx).await {
        let (lines, close_after) = match ask {
            Ask::Echo { lines, close_after } => (lines, close_after),
            Ask::Offer { close_after } => {
                let (page, ours) = crossed();
                tx.send(page).await.map_err(|error| error.to_string())?;
                (ours, close_after)
            }
        };
        echoes.spawn(async move {
            if let Err(failure) = echo(lines, close_after).await {
                log(format_args!("bin: {failure}"));
            }
        });
    }
    echoes.join_all().await;
    drop((tx, rx));
    ended(ending).await
}

fn crossed() -> (Bytelines, Bytelines) {
    let (there_tx, there_rx) = bin::channel();
    let (back_tx, back_rx) = bin::channel();
    (Bytelines { rx: there_rx, tx: back_tx }, Bytelines { rx: back_rx, tx: there_tx })
}

async fn echo(lines: Bytelines, close_after: Option<u32>) -> Result<(), Failure> {
    let mut rx = lines.rx.into_inner().await?;
    let mut tx = lines.tx.into_inner().await?;
    rx.set_max_data_size(MAX_MESSAGE);
    let mut count = 0;
    while let Some(message) = rx.recv().await? {
        tx.send(message.into()).await?;
        count += 1;
        if Some(count) == close_after {
            rx.close().await;
        }
    }
    Ok(())
}

pub async fn page<C: Codec>(connection: Connection<Ask, Bytelines, C>) -> Result<Value, Failure> {
    let Connection { mut tx, mut rx, ending } = connection;
    let (theirs, ours) = crossed();
    send(&mut tx, Ask::Echo { lines: theirs, close_after: None }).await?;
    let sent = play(ours).await?;
    send(&mut tx, Ask::Offer { close_after: None }).await?;
    let offered = play(next(&mut rx).await.ok_or("no offer")?).await?;
    drop((tx, rx));
    hang_up(ending).await;
    Ok(json!({ "sent": sent, "offered": offered }))
}

async fn send<C: Codec>(tx: &mut base::Sender<Ask, C>, ask: Ask) -> Result<(), Failure> {
    tx.send(ask).await.map_err(|error| error.to_string())?;
    Ok(())
}

/// The lengths of what came back.
async fn play(lines: Bytelines) -> Result<Vec<usize>, Failure> {
    let mut rx = lines.rx.into_inner().await?;
    let mut tx = lines.tx.into_inner().await?;
    rx.set_max_data_size(MAX_MESSAGE);
    let mut lengths = Vec::new();
    for length in [0, 1, 100_000, 0, 1_000_000] {
        let message = Bytes::from_iter((0..length).map(|at| at as u8));
        let (sent, received) = tokio::join!(tx.send(message.clone()), rx.recv());
        sent?;
        let received: Bytes = received?.ok_or("the end instead of a message")?.into();
        if received != message {
            return Err(format!("{} bytes came back changed", received.len()).into());
        }
        lengths.push(received.len());
    }
    drop(tx);
    match rx.recv().await? {
        None => Ok(lengths),
        Some(_) => Err("a message after the last".into()),
    }
}
