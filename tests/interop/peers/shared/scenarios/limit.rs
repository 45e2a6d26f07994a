//! The peer sends small and large strings into a sender whose `max_item_size` the page has chosen.
//!
//! remoc applies the limit that came with the sender, though `max_item_size()` of a received sender does not show it.

use remoc::{codec::Codec, rch::mpsc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    super::{
        Failure, channel,
        connection::{Connection, next},
        log,
    },
    ended, hang_up,
};

const LENGTHS: [usize; 5] = [10, 100_000, 10, 1_000_000, 10];

#[derive(Serialize, Deserialize)]
#[serde(bound = "C: Codec")]
pub struct Limited<C> {
    pub tx: mpsc::Sender<String, C>,
}

pub async fn peer<C: Codec>(connection: Connection<(), Limited<C>, C>) -> Result<(), Failure> {
    let Connection { tx, mut rx, ending } = connection;
    while let Some(Limited { tx }) = next(&mut rx).await {
        for (number, length) in LENGTHS.into_iter().enumerate() {
            if let Err(failure) = send(&tx, length).await {
                log(format_args!("limit: string {number} of length {length}: {failure}"));
            }
        }
    }
    drop((tx, rx));
    ended(ending).await
}

/// Sends one string and waits until it has gone out, since only then its size has been checked.
async fn send<C: Codec>(tx: &mpsc::Sender<String, C>, length: usize) -> Result<(), Failure> {
    tx.send("x".repeat(length)).await?.await?;
    Ok(())
}

pub async fn page<C: Codec>(connection: Connection<Limited<C>, (), C>) -> Result<Value, Failure> {
    let Connection { mut tx, rx, ending } = connection;
    let mut outcomes = Vec::new();
    outcomes.push(lengths(&mut tx, channel()).await?);
    let (strings_tx, strings_rx) = channel();
    outcomes.push(lengths(&mut tx, (strings_tx, strings_rx.set_max_item_size::<200_000>())).await?);
    drop((tx, rx));
    hang_up(ending).await;
    Ok(json!({ "default": outcomes[0], "200000": outcomes[1] }))
}

/// The lengths that came, and how it ended.
async fn lengths<C: Codec, const MAX: usize>(
    tx: &mut remoc::rch::base::Sender<Limited<C>, C>,
    channel: (mpsc::Sender<String, C>, mpsc::Receiver<String, C, { remoc::rch::DEFAULT_BUFFER }, MAX>),
) -> Result<Value, Failure> {
    let (mut strings_tx, mut strings_rx) = channel;
    strings_tx.set_max_item_size(MAX);
    tx.send(Limited { tx: strings_tx }).await.map_err(|error| error.to_string())?;
    let mut received = Vec::new();
    let ended = loop {
        match strings_rx.recv().await {
            Ok(Some(text)) => received.push(text.len()),
            Ok(None) => break "end".to_owned(),
            Err(error) => break error.to_string(),
        }
    };
    Ok(json!({ "received": received, "ended": ended }))
}
