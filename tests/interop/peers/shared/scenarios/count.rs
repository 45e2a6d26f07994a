//! The page asks for numbers; the peer counts, any number of times at once.

use remoc::{
    codec::Codec,
    rch::{ClosedReason, mpsc},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::{sync::Mutex, task::JoinSet};

use super::{
    super::{
        Failure, channel,
        connection::{Connection, next},
        log,
    },
    ended, hang_up,
};

#[derive(Serialize, Deserialize)]
#[serde(bound = "C: Codec")]
pub struct CountReq<C> {
    pub up_to: u32,
    pub seq_tx: mpsc::Sender<u32, C>,
}

#[derive(Serialize, Deserialize)]
pub enum CountNote {
    /// Counting ended before `up_to`. `at` is the number that could not be sent any more.
    Stopped { at: u32, reason: String },
}

pub async fn peer<C: Codec>(connection: Connection<CountNote, CountReq<C>, C>) -> Result<(), Failure> {
    let Connection { tx, mut rx, ending } = connection;
    let tx = Arc::new(Mutex::new(tx));
    let mut counts = JoinSet::new();
    while let Some(request) = next(&mut rx).await {
        let tx = tx.clone();
        counts.spawn(async move {
            if let Err(note) = count(request).await
                && let Err(error) = tx.lock().await.send(note).await
            {
                log(format_args!("count: the note was not sent: {error}"));
            }
        });
    }
    counts.join_all().await;
    drop((tx, rx));
    ended(ending).await
}

/// Sends `0..up_to`, or says why it stopped early.
pub async fn count<C: Codec>(request: CountReq<C>) -> Result<(), CountNote> {
    let CountReq { up_to, seq_tx } = request;
    for at in 0..up_to {
        if seq_tx.send(at).await.is_err() {
            let reason = match seq_tx.closed_reason() {
                Some(ClosedReason::Closed) => "closed",
                Some(ClosedReason::Dropped) => "dropped",
                _ => "failed",
            };
            return Err(CountNote::Stopped { at, reason: reason.to_owned() });
        }
    }
    Ok(())
}

pub async fn page<C: Codec>(connection: Connection<CountReq<C>, CountNote, C>) -> Result<Value, Failure> {
    let Connection { mut tx, rx, ending } = connection;
    let (seq_tx, mut seq_rx) = channel();
    tx.send(CountReq { up_to: 10, seq_tx }).await.map_err(|error| error.to_string())?;
    let mut received = Vec::new();
    while let Some(number) = seq_rx.recv().await? {
        received.push(number);
    }
    drop((tx, rx, seq_rx));
    hang_up(ending).await;
    if received != Vec::from_iter(0..10) {
        return Err(format!("received {received:?} instead of 0..10").into());
    }
    Ok(json!({ "received": received }))
}
