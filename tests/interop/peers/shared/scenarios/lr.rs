//! Local/remote channels: an echo over halves that were made by the page or by the peer.
#![allow(deprecated)] // remoc 0.20 advises mpsc instead; the wire still has them.

use remoc::{
    codec::Codec,
    rch::{base, lr},
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

/// Halves for whoever gets them: it reads `rx` and writes `tx`.
#[derive(Serialize, Deserialize)]
#[serde(bound = "C: Codec")]
pub struct Lines<C> {
    pub rx: lr::Receiver<String, C>,
    pub tx: lr::Sender<String, C>,
}

#[derive(Serialize, Deserialize)]
#[serde(bound = "C: Codec")]
pub enum Ask<C> {
    /// Send everything from `rx` back over `tx`; after `close_after` texts close `rx`, and go on to its end.
    Echo { lines: Lines<C>, close_after: Option<u32> },
    /// Make the channels, send the page its halves and echo.
    Offer { close_after: Option<u32> },
}

pub async fn peer<C: Codec>(connection: Connection<Lines<C>, Ask<C>, C>) -> Result<(), Failure> {
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
                log(format_args!("lr: {failure}"));
            }
        });
    }
    echoes.join_all().await;
    drop((tx, rx));
    ended(ending).await
}

fn crossed<C: Codec>() -> (Lines<C>, Lines<C>) {
    let (there_tx, there_rx) = lr::channel();
    let (back_tx, back_rx) = lr::channel();
    (Lines { rx: there_rx, tx: back_tx }, Lines { rx: back_rx, tx: there_tx })
}

async fn echo<C: Codec>(lines: Lines<C>, close_after: Option<u32>) -> Result<(), Failure> {
    let Lines { mut rx, mut tx } = lines;
    let mut count = 0;
    while let Some(text) = rx.recv().await? {
        tx.send(text).await.map_err(|error| error.to_string())?;
        count += 1;
        if Some(count) == close_after {
            rx.close().await;
        }
    }
    Ok(())
}

pub async fn page<C: Codec>(connection: Connection<Ask<C>, Lines<C>, C>) -> Result<Value, Failure> {
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

async fn send<C: Codec>(tx: &mut base::Sender<Ask<C>, C>, ask: Ask<C>) -> Result<(), Failure> {
    tx.send(ask).await.map_err(|error| error.to_string())?;
    Ok(())
}

/// What came back.
async fn play<C: Codec>(lines: Lines<C>) -> Result<Vec<String>, Failure> {
    let Lines { mut rx, mut tx } = lines;
    let mut texts = Vec::new();
    for text in ["", "one", "grüße 🦑"] {
        tx.send(text.to_owned()).await.map_err(|error| error.to_string())?;
        texts.push(rx.recv().await?.ok_or("the end instead of a text")?);
    }
    drop(tx);
    match rx.recv().await? {
        None => Ok(texts),
        Some(text) => Err(format!("{text} after the last").into()),
    }
}
