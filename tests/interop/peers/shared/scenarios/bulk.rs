//! Many bytes in one direction: `sink` reads late, `source` writes as fast as it may.

use remoc::{
    codec::Codec,
    rch::{DEFAULT_BUFFER, mpsc, oneshot},
};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
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

/// The largest item of a sink.
const SINK_ITEM_BYTES: usize = 64 << 20;

#[derive(Serialize, Deserialize)]
#[serde(bound = "C: Codec")]
pub struct Sink<C> {
    pub rx: mpsc::Receiver<ByteBuf, C, DEFAULT_BUFFER, SINK_ITEM_BYTES>,
    /// `rx` is not read before this resolves.
    pub go: oneshot::Receiver<(), C>,
    pub report: oneshot::Sender<SinkReport, C>,
}

#[derive(Default, Serialize, Deserialize)]
pub struct SinkReport {
    pub items: u64,
    pub bytes: u64,
    /// The wrapping sum of all bytes.
    pub sum: u64,
    /// Why reading stopped, unless it was the end of `rx`.
    pub error: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(bound = "C: Codec")]
pub struct Source<C> {
    pub tx: mpsc::Sender<ByteBuf, C>,
    pub item_bytes: u32,
    pub items: u32,
}

impl SinkReport {
    fn add(&mut self, item: &[u8]) {
        self.items += 1;
        self.bytes += item.len() as u64;
        self.sum = item.iter().fold(self.sum, |sum, byte| sum.wrapping_add(u64::from(*byte)));
    }
}

/// Byte `i` of item `k` is `(i + k) as u8`.
fn item(k: u32, item_bytes: u32) -> ByteBuf {
    ByteBuf::from(Vec::from_iter((0..item_bytes).map(|i| i.wrapping_add(k) as u8)))
}

pub async fn sink_peer<C: Codec>(connection: Connection<(), Sink<C>, C>) -> Result<(), Failure> {
    let Connection { tx, mut rx, ending } = connection;
    let mut sinks = JoinSet::new();
    while let Some(sink) = next(&mut rx).await {
        sinks.spawn(drain(sink));
    }
    sinks.join_all().await;
    drop((tx, rx));
    ended(ending).await
}

async fn drain<C: Codec>(sink: Sink<C>) {
    let Sink { mut rx, go, report } = sink;
    let mut outcome = SinkReport::default();
    if let Err(error) = go.await {
        outcome.error = Some(format!("go: {error}"));
    } else {
        loop {
            match rx.recv().await {
                Ok(Some(item)) => outcome.add(&item),
                Ok(None) => break,
                Err(error) => {
                    outcome.error = Some(error.to_string());
                    break;
                }
            }
        }
    }
    match report.send(outcome) {
        Ok(sending) => {
            if let Err(error) = sending.await {
                log(format_args!("sink: the report was not sent: {error}"));
            }
        }
        Err(error) => log(format_args!("sink: the report was not sent: {error}")),
    }
}

pub async fn source_peer<C: Codec>(connection: Connection<(), Source<C>, C>) -> Result<(), Failure> {
    let Connection { tx, mut rx, ending } = connection;
    let mut sources = JoinSet::new();
    while let Some(source) = next(&mut rx).await {
        sources.spawn(pour(source));
    }
    sources.join_all().await;
    drop((tx, rx));
    ended(ending).await
}

async fn pour<C: Codec>(source: Source<C>) {
    let Source { tx, item_bytes, items } = source;
    for k in 0..items {
        if let Err(error) = tx.send(item(k, item_bytes)).await {
            log(format_args!("source: item {k} was not sent: {error}"));
            return;
        }
    }
}

pub async fn sink_page<C: Codec>(connection: Connection<Sink<C>, (), C>) -> Result<Value, Failure> {
    const ITEMS: u32 = 300;
    const ITEM_BYTES: u32 = 10_000;
    let Connection { mut tx, rx, ending } = connection;
    let (items_tx, items_rx) = channel();
    let (go, go_rx) = oneshot::channel();
    let (report_tx, report) = oneshot::channel();
    tx.send(Sink { rx: items_rx.set_max_item_size(), go: go_rx, report: report_tx }).await.map_err(|error| error.to_string())?;
    let mut go = Some(go);
    let mut expected = SinkReport::default();
    for k in 0..ITEMS {
        let item = item(k, ITEM_BYTES);
        expected.add(&item);
        items_tx.send(item).await?;
        if let Some(go) = go.take() {
            go.send(()).map_err(|error| error.to_string())?;
        }
    }
    drop(items_tx);
    let report = report.await?;
    drop((tx, rx));
    hang_up(ending).await;
    let (report, expected) = (json!(report), json!(expected));
    if report != expected {
        return Err(format!("the report is {report} instead of {expected}").into());
    }
    Ok(json!({ "report": report }))
}

pub async fn source_page<C: Codec>(connection: Connection<Source<C>, (), C>) -> Result<Value, Failure> {
    const ITEMS: u32 = 300;
    const ITEM_BYTES: u32 = 10_000;
    let Connection { mut tx, rx, ending } = connection;
    let (items_tx, mut items_rx) = channel();
    tx.send(Source { tx: items_tx, item_bytes: ITEM_BYTES, items: ITEMS })
        .await
        .map_err(|error| error.to_string())?;
    let mut received = 0;
    while let Some(bytes) = items_rx.recv().await? {
        if bytes != item(received, ITEM_BYTES) {
            return Err(format!("item {received} has the wrong bytes").into());
        }
        received += 1;
    }
    drop((tx, rx, items_rx));
    hang_up(ending).await;
    if received != ITEMS {
        return Err(format!("received {received} items instead of {ITEMS}").into());
    }
    Ok(json!({ "items": received }))
}
