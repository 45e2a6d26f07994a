//! The peer stops reading early, by closing or by dropping its receiver.

use remoc::{
    codec::Codec,
    rch::{mpsc, oneshot},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::task::JoinSet;

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
pub struct Stop<C> {
    pub rx: mpsc::Receiver<u32, C>,
    /// How many items to read before stopping.
    pub after: u32,
    pub how: How,
    /// Gets all items that were read.
    pub report: oneshot::Sender<Vec<u32>, C>,
}

#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum How {
    /// Close, then keep reading to the end.
    Close,
    Drop,
}

pub async fn peer<C: Codec>(connection: Connection<(), Stop<C>, C>) -> Result<(), Failure> {
    let Connection { tx, mut rx, ending } = connection;
    let mut stops = JoinSet::new();
    while let Some(stop) = next(&mut rx).await {
        stops.spawn(read_and_stop(stop));
    }
    stops.join_all().await;
    drop((tx, rx));
    ended(ending).await
}

async fn read_and_stop<C: Codec>(stop: Stop<C>) {
    let Stop { mut rx, after, how, report } = stop;
    let mut items = Vec::new();
    read_up_to(&mut rx, after, &mut items).await;
    if how == How::Close {
        rx.close();
        read_up_to(&mut rx, u32::MAX, &mut items).await;
    }
    drop(rx);
    match report.send(items) {
        Ok(sending) => {
            if let Err(error) = sending.await {
                log(format_args!("stop: the report was not sent: {error}"));
            }
        }
        Err(error) => log(format_args!("stop: the report was not sent: {error}")),
    }
}

/// Reads until `count` items came, or to the end or an error of `rx`.
async fn read_up_to<C: Codec>(rx: &mut mpsc::Receiver<u32, C>, count: u32, items: &mut Vec<u32>) {
    for _ in 0..count {
        match rx.recv().await {
            Ok(Some(item)) => items.push(item),
            Ok(None) => return,
            Err(error) => return log(format_args!("stop: {error}")),
        }
    }
}

pub async fn page<C: Codec>(connection: Connection<Stop<C>, (), C>) -> Result<Value, Failure> {
    let Connection { mut tx, rx, ending } = connection;
    let mut results = Vec::new();
    for how in [How::Close, How::Drop] {
        let (items_tx, items_rx) = channel();
        let (report_tx, report) = oneshot::channel();
        tx.send(Stop { rx: items_rx, after: 3, how, report: report_tx })
            .await
            .map_err(|error| error.to_string())?;
        let mut sent = 0;
        while items_tx.send(sent).await.is_ok() {
            sent += 1;
        }
        let reason = format!("{:?}", items_tx.closed_reason());
        drop(items_tx);
        let read = report.await?;
        let complete = if how == How::Close { read.len() >= 3 } else { read.len() == 3 };
        if !complete || read != Vec::from_iter(0..read.len() as u32) {
            return Err(format!("the peer read {read:?}").into());
        }
        results.push(json!({ "how": how, "reason": reason, "sent": sent, "read": read.len() }));
    }
    drop((tx, rx));
    hang_up(ending).await;
    Ok(json!({ "stopped": results }))
}
