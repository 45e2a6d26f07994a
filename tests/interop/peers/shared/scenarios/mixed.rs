//! Channels with codecs of their own, whatever that of the connection is: texts over each, and back.

use remoc::{
    codec::{Bincode, Bincode2, Ciborium, Codec, Json, MessagePack, PostbagSlim, Postcard},
    rch::mpsc,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    super::{
        Failure, channel,
        connection::{Connection, next},
    },
    ended, hang_up,
};

/// Halves for whoever gets them: it reads `rx` and writes `tx`.
#[derive(Serialize, Deserialize)]
#[serde(bound = "C: Codec")]
pub struct Lines<C> {
    pub rx: mpsc::Receiver<String, C>,
    pub tx: mpsc::Sender<String, C>,
}

#[derive(Serialize, Deserialize)]
pub struct Mixed {
    pub json: Lines<Json>,
    pub cbor: Lines<Ciborium>,
    pub message_pack: Lines<MessagePack>,
    pub slim: Lines<PostbagSlim>,
    pub postcard: Lines<Postcard>,
    pub bincode: Lines<Bincode>,
    pub bincode2: Lines<Bincode2>,
}

pub async fn peer<C: Codec>(connection: Connection<(), Mixed, C>) -> Result<(), Failure> {
    let Connection { tx, mut rx, ending } = connection;
    while let Some(Mixed { json, cbor, message_pack, slim, postcard, bincode, bincode2 }) = next(&mut rx).await {
        echo(json).await?;
        echo(cbor).await?;
        echo(message_pack).await?;
        echo(slim).await?;
        echo(postcard).await?;
        echo(bincode).await?;
        echo(bincode2).await?;
    }
    drop((tx, rx));
    ended(ending).await
}

async fn echo<C: Codec>(lines: Lines<C>) -> Result<(), Failure> {
    let Lines { mut rx, tx } = lines;
    while let Some(text) = rx.recv().await? {
        tx.send(text).await.map_err(|error| error.to_string())?;
    }
    Ok(())
}

pub async fn page<C: Codec>(connection: Connection<Mixed, (), C>) -> Result<Value, Failure> {
    let Connection { mut tx, rx, ending } = connection;
    let (json, our_json) = crossed();
    let (cbor, our_cbor) = crossed();
    let (message_pack, our_message_pack) = crossed();
    let (slim, our_slim) = crossed();
    let (postcard, our_postcard) = crossed();
    let (bincode, our_bincode) = crossed();
    let (bincode2, our_bincode2) = crossed();
    let mixed = Mixed { json, cbor, message_pack, slim, postcard, bincode, bincode2 };
    tx.send(mixed).await.map_err(|error| error.to_string())?;
    let echoed = json!({
        "json": play(our_json).await?,
        "cbor": play(our_cbor).await?,
        "message_pack": play(our_message_pack).await?,
        "slim": play(our_slim).await?,
        "postcard": play(our_postcard).await?,
        "bincode": play(our_bincode).await?,
        "bincode2": play(our_bincode2).await?,
    });
    drop((tx, rx));
    hang_up(ending).await;
    Ok(echoed)
}

/// The halves to send, and those they are connected to.
fn crossed<C: Codec>() -> (Lines<C>, Lines<C>) {
    let (there_tx, there_rx) = channel();
    let (back_tx, back_rx) = channel();
    (Lines { rx: there_rx, tx: back_tx }, Lines { rx: back_rx, tx: there_tx })
}

/// What came back.
async fn play<C: Codec>(lines: Lines<C>) -> Result<Vec<String>, Failure> {
    let Lines { mut rx, tx } = lines;
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
