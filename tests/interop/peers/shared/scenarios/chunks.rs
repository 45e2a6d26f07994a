//! Single messages of bytes that are written and read piece by piece.

use bytes::Bytes;
use remoc::{
    chmux::{self, Received, RecvChunkError},
    codec::Codec,
    rch::{base, bin, oneshot},
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

#[derive(Serialize, Deserialize)]
#[serde(bound = "C: Codec")]
pub enum Ask<C> {
    /// Read every message of `rx` piece by piece, and report them at its end.
    Gather { rx: bin::Receiver, report: oneshot::Sender<Vec<Gathered>, C> },
    /// Write the messages piece by piece.
    Scatter { tx: bin::Sender, messages: Vec<Scattered> },
}

#[derive(Clone, Serialize, Deserialize)]
pub struct Scattered {
    /// The length of each piece; byte `i` of the message is `i as u8`.
    pub pieces: Vec<u32>,
    /// The message is given up behind them.
    pub cancelled: bool,
}

#[derive(PartialEq, Debug, Serialize, Deserialize)]
pub struct Gathered {
    pub bytes: u64,
    /// The wrapping sum of all bytes.
    pub sum: u64,
    /// The sender has given it up.
    pub cancelled: bool,
}

pub async fn peer<C: Codec>(connection: Connection<(), Ask<C>, C>) -> Result<(), Failure> {
    let Connection { tx, mut rx, ending } = connection;
    let mut jobs = JoinSet::new();
    while let Some(ask) = next(&mut rx).await {
        jobs.spawn(async move {
            let done = match ask {
                Ask::Gather { rx, report } => report_gathered(rx, report).await,
                Ask::Scatter { tx, messages } => scatter(tx, messages).await,
            };
            if let Err(failure) = done {
                log(format_args!("chunks: {failure}"));
            }
        });
    }
    jobs.join_all().await;
    drop((tx, rx));
    ended(ending).await
}

async fn report_gathered<C: Codec>(
    rx: bin::Receiver,
    report: oneshot::Sender<Vec<Gathered>, C>,
) -> Result<(), Failure> {
    let gathered = gather(rx).await?;
    report.send(gathered).map_err(|error| error.to_string())?.await.map_err(|error| error.to_string())?;
    Ok(())
}

async fn gather(rx: bin::Receiver) -> Result<Vec<Gathered>, Failure> {
    let mut rx = rx.into_inner().await?;
    // Everything longer is read piece by piece.
    rx.set_max_data_size(1);
    let mut messages = Vec::new();
    while let Some(received) = rx.recv_any().await? {
        match received {
            Received::Data(data) => messages.push(gathered_of(&[data.into()], false)),
            Received::Chunks => messages.push(gather_one(&mut rx).await?),
            Received::Requests(_) => return Err("ports were requested".into()),
        }
    }
    Ok(messages)
}

async fn gather_one(rx: &mut chmux::Receiver) -> Result<Gathered, Failure> {
    let mut pieces = Vec::new();
    loop {
        match rx.recv_chunk().await {
            Ok(Some(piece)) => pieces.push(piece),
            Ok(None) => return Ok(gathered_of(&pieces, false)),
            Err(RecvChunkError::Cancelled) => return Ok(gathered_of(&pieces, true)),
            Err(RecvChunkError::ChMux) => return Err("the connection was lost".into()),
        }
    }
}

fn gathered_of(pieces: &[Bytes], cancelled: bool) -> Gathered {
    let bytes = pieces.iter().map(|piece| piece.len() as u64).sum();
    let sum = pieces.iter().flatten().map(|byte| u64::from(*byte)).sum();
    Gathered { bytes, sum, cancelled }
}

async fn scatter(tx: bin::Sender, messages: Vec<Scattered>) -> Result<(), Failure> {
    let mut tx = tx.into_inner().await?;
    for Scattered { pieces, cancelled } in messages {
        let mut at = 0;
        let mut writer = tx.send_chunks();
        for length in pieces {
            writer = writer.send(Bytes::from_iter((at..at + length).map(|i| i as u8))).await?;
            at += length;
        }
        if !cancelled {
            writer.finish().await?;
        }
    }
    Ok(())
}

pub async fn page<C: Codec>(connection: Connection<Ask<C>, (), C>) -> Result<Value, Failure> {
    let Connection { mut tx, rx, ending } = connection;
    let whole = |pieces: &[u32]| Scattered { pieces: pieces.to_vec(), cancelled: false };
    let messages = vec![
        whole(&[1, 2, 3]),
        whole(&[100_000, 1]),
        Scattered { pieces: vec![70_000], cancelled: true },
        whole(&[5]),
    ];

    let (ours, theirs) = bin::channel();
    let (report, reported) = oneshot::channel();
    send(&mut tx, Ask::Gather { rx: theirs, report }).await?;
    scatter(ours, messages.clone()).await?;
    let told: Vec<Gathered> = reported.await?;

    let (theirs, ours) = bin::channel();
    send(&mut tx, Ask::Scatter { tx: theirs, messages }).await?;
    let gathered = gather(ours).await?;

    drop((tx, rx));
    hang_up(ending).await;
    Ok(json!({ "told": told, "gathered": gathered }))
}

async fn send<C: Codec>(tx: &mut base::Sender<Ask<C>, C>, ask: Ask<C>) -> Result<(), Failure> {
    tx.send(ask).await.map_err(|error| error.to_string())?;
    Ok(())
}
