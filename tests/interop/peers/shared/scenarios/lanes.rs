//! Items that take turns over several ports, which came with remoc 0.20.

use remoc::{
    codec::Codec,
    rch::{
        base,
        mpsc::{self, MpscExt},
    },
};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
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

/// How many items the page sends.
const ITEMS: u32 = 300;

/// Halves for whoever gets them: it reads `rx` and writes `tx`.
#[derive(Serialize, Deserialize)]
#[serde(bound = "C: Codec")]
pub struct Lanes<C> {
    pub rx: mpsc::Receiver<ByteBuf, C>,
    pub tx: mpsc::Sender<ByteBuf, C>,
}

#[derive(Serialize, Deserialize)]
#[serde(bound = "C: Codec")]
pub enum Ask<C> {
    /// Send everything from `rx` back over `tx`; after `close_after` items close `rx`, and go on to its end.
    Echo { lanes: Lanes<C>, close_after: Option<u32> },
    /// Make the channels with so many ports more, send the page its halves and echo.
    Offer { parallel: u32, close_after: Option<u32> },
}

pub async fn peer<C: Codec>(connection: Connection<Lanes<C>, Ask<C>, C>) -> Result<(), Failure> {
    let Connection { mut tx, mut rx, ending } = connection;
    let mut echoes = JoinSet::new();
    while let Some(ask) = next(&mut rx).await {
        let (lanes, close_after) = match ask {
            Ask::Echo { lanes, close_after } => (lanes, close_after),
            Ask::Offer { parallel, close_after } => {
                let (page, ours) = crossed(parallel);
                tx.send(page).await.map_err(|error| error.to_string())?;
                (ours, close_after)
            }
        };
        echoes.spawn(async move {
            if let Err(failure) = echo(lanes, close_after).await {
                log(format_args!("lanes: {failure}"));
            }
        });
    }
    echoes.join_all().await;
    drop((tx, rx));
    ended(ending).await
}

fn crossed<C: Codec>(parallel: u32) -> (Lanes<C>, Lanes<C>) {
    let (there_tx, there_rx) = mpsc::channel().with_parallel(parallel as usize);
    let (back_tx, back_rx) = mpsc::channel().with_parallel(parallel as usize);
    (Lanes { rx: there_rx, tx: back_tx }, Lanes { rx: back_rx, tx: there_tx })
}

async fn echo<C: Codec>(lanes: Lanes<C>, close_after: Option<u32>) -> Result<(), Failure> {
    let Lanes { mut rx, tx } = lanes;
    let mut count = 0;
    while let Some(item) = rx.recv().await? {
        tx.send(item).await.map_err(|error| error.to_string())?;
        count += 1;
        if Some(count) == close_after {
            rx.close();
        }
    }
    Ok(())
}

/// Item `k`, of a length that has the shorter ones overtake the longer ones unless they wait their turn.
fn item(k: u32) -> ByteBuf {
    let length = k * 7_919 % 5_000;
    ByteBuf::from(Vec::from_iter((0..length).map(|at| (at + k) as u8)))
}

pub async fn page<C: Codec>(connection: Connection<Ask<C>, Lanes<C>, C>) -> Result<Value, Failure> {
    let Connection { mut tx, mut rx, ending } = connection;
    let mut counts = Vec::new();
    for parallel in [0, 1, 3] {
        let (theirs, ours) = crossed(parallel);
        send(&mut tx, Ask::Echo { lanes: theirs, close_after: None }).await?;
        counts.push(play(ours).await?);
        send(&mut tx, Ask::Offer { parallel, close_after: None }).await?;
        counts.push(play(next(&mut rx).await.ok_or("no offer")?).await?);
    }
    drop((tx, rx));
    hang_up(ending).await;
    Ok(json!({ "counts": counts }))
}

/// How many items came back, the same and in order.
async fn play<C: Codec>(lanes: Lanes<C>) -> Result<u32, Failure> {
    let Lanes { mut rx, tx } = lanes;
    let sending = tokio::spawn(async move {
        for k in 0..ITEMS {
            tx.send(item(k)).await.map_err(|error| error.to_string())?;
        }
        Ok::<_, String>(())
    });
    let mut count = 0;
    while let Some(back) = rx.recv().await? {
        if back != item(count) {
            return Err(format!("item {count} came back as one of {} bytes", back.len()).into());
        }
        count += 1;
    }
    sending.await??;
    Ok(count)
}

async fn send<C: Codec>(tx: &mut base::Sender<Ask<C>, C>, ask: Ask<C>) -> Result<(), Failure> {
    tx.send(ask).await.map_err(|error| error.to_string())?;
    Ok(())
}
