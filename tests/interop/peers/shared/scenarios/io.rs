//! Streams of bytes of known and of unknown size: an echo whose halves were made by the page or by the peer.

use remoc::{
    codec::Codec,
    rch::{base, io},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    task::JoinSet,
};

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
pub struct Streams<C: Codec> {
    pub rx: io::Receiver<C>,
    pub tx: io::Sender<C>,
}

#[derive(Serialize, Deserialize)]
#[serde(bound = "C: Codec")]
pub enum Ask<C: Codec> {
    /// Send everything from `rx` back over `tx`; without `shut_down` drop `tx` at the end, so that its end is missing.
    Echo { streams: Streams<C>, shut_down: bool },
    /// Make the channels, of `size` bytes if that is given, send the page its halves and echo.
    Offer { size: Option<u64> },
}

pub async fn peer<C: Codec>(connection: Connection<Streams<C>, Ask<C>, C>) -> Result<(), Failure> {
    let Connection { mut tx, mut rx, ending } = connection;
    let mut echoes = JoinSet::new();
    while let Some(ask) = next(&mut rx).await {
        let (streams, shut_down) = match ask {
            Ask::Echo { streams, shut_down } => (streams, shut_down),
            Ask::Offer { size } => {
                let (page, ours) = crossed(size);
                tx.send(page).await.map_err(|error| error.to_string())?;
                (ours, true)
            }
        };
        echoes.spawn(async move {
            if let Err(failure) = echo(streams, shut_down).await {
                log(format_args!("io: {failure}"));
            }
        });
    }
    echoes.join_all().await;
    drop((tx, rx));
    ended(ending).await
}

fn crossed<C: Codec>(size: Option<u64>) -> (Streams<C>, Streams<C>) {
    let channel = || size.map_or_else(io::channel, io::sized);
    let (there_tx, there_rx) = channel();
    let (back_tx, back_rx) = channel();
    (Streams { rx: there_rx, tx: back_tx }, Streams { rx: back_rx, tx: there_tx })
}

async fn echo<C: Codec>(streams: Streams<C>, shut_down: bool) -> Result<(), Failure> {
    let Streams { mut rx, mut tx } = streams;
    copy(&mut rx, &mut tx).await?;
    tx.flush().await?;
    if shut_down {
        tx.shutdown().await?;
    }
    Ok(())
}

pub async fn page<C: Codec>(connection: Connection<Ask<C>, Streams<C>, C>) -> Result<Value, Failure> {
    let Connection { mut tx, mut rx, ending } = connection;
    let mut lengths = Vec::new();
    for size in [None, Some(300_000)] {
        let (theirs, ours) = crossed(size);
        send(&mut tx, Ask::Echo { streams: theirs, shut_down: true }).await?;
        lengths.push(play(ours).await?);
        send(&mut tx, Ask::Offer { size }).await?;
        lengths.push(play(next(&mut rx).await.ok_or("no offer")?).await?);
    }
    drop((tx, rx));
    hang_up(ending).await;
    Ok(json!({ "lengths": lengths }))
}

async fn send<C: Codec>(tx: &mut base::Sender<Ask<C>, C>, ask: Ask<C>) -> Result<(), Failure> {
    tx.send(ask).await.map_err(|error| error.to_string())?;
    Ok(())
}

/// How many bytes came back.
async fn play<C: Codec>(streams: Streams<C>) -> Result<usize, Failure> {
    let Streams { mut rx, mut tx } = streams;
    let bytes: Vec<u8> = (0..300_000).map(|at| at as u8).collect();
    let write = async {
        tx.write_all(&bytes).await?;
        tx.shutdown().await
    };
    let mut back = Vec::new();
    let (written, read) = tokio::join!(write, rx.read_to_end(&mut back));
    written?;
    read?;
    if back != bytes {
        return Err(format!("{} bytes came back changed", back.len()).into());
    }
    Ok(back.len())
}
