//! Watched numbers: one side counts up, the other one follows; halves are made by the page or by the peer.

use remoc::{
    codec::Codec,
    rch::{base, oneshot, watch},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::{task::JoinSet, time::sleep};

use super::{
    super::{
        Failure,
        connection::{Connection, next},
        log,
    },
    ended, hang_up,
};

/// Between two values, so that the other side sees more than the first and the last one.
const PAUSE: Duration = Duration::from_micros(200);

#[derive(Serialize, Deserialize)]
#[serde(bound = "C: Codec")]
pub enum Ask<C> {
    /// Follow `rx` to its end, and report every value that was seen.
    Follow { rx: watch::Receiver<u32, C>, report: oneshot::Sender<Vec<u32>, C> },
    /// Count up to `up_to`, from what `tx` has, or until nobody watches any more; report the last number.
    Drive { tx: watch::Sender<u32, C>, up_to: u32, report: oneshot::Sender<u32, C> },
    /// Make two channels that begin with `first` and send the page one half of each.
    Offer { first: u32, up_to: u32 },
}

/// The page follows `rx` and counts in `tx`; `report` tells what the peer saw of that.
#[derive(Serialize, Deserialize)]
#[serde(bound = "C: Codec")]
pub struct Offered<C> {
    pub rx: watch::Receiver<u32, C>,
    pub tx: watch::Sender<u32, C>,
    pub report: oneshot::Receiver<Vec<u32>, C>,
}

pub async fn peer<C: Codec>(connection: Connection<Offered<C>, Ask<C>, C>) -> Result<(), Failure> {
    let Connection { mut tx, mut rx, ending } = connection;
    let mut jobs = JoinSet::new();
    while let Some(ask) = next(&mut rx).await {
        match ask {
            Ask::Follow { rx, report } => drop(jobs.spawn(tell_followed(rx, report))),
            Ask::Drive { tx, up_to, report } => drop(jobs.spawn(async move {
                let reached = drive(tx, up_to).await;
                tell(report, reached).await;
            })),
            Ask::Offer { first, up_to } => {
                let (count_tx, count_rx) = watch::channel(first);
                let (page_tx, page_rx) = watch::channel(first);
                let (report_tx, report) = oneshot::channel();
                let offered = Offered { rx: count_rx, tx: page_tx, report };
                tx.send(offered).await.map_err(|error| error.to_string())?;
                jobs.spawn(async move {
                    drive(count_tx, up_to).await;
                });
                jobs.spawn(tell_followed(page_rx, report_tx));
            }
        }
    }
    jobs.join_all().await;
    drop((tx, rx));
    ended(ending).await
}

/// The last number that was sent.
async fn drive<C: Codec>(tx: watch::Sender<u32, C>, up_to: u32) -> u32 {
    let mut number = *tx.borrow();
    while number < up_to && tx.send(number + 1).is_ok() {
        number += 1;
        sleep(PAUSE).await;
    }
    number
}

async fn tell_followed<C: Codec>(rx: watch::Receiver<u32, C>, report: oneshot::Sender<Vec<u32>, C>) {
    match follow(rx).await {
        Ok(seen) => tell(report, seen).await,
        Err(failure) => log(format_args!("watch: {failure}")),
    }
}

async fn follow<C: Codec>(mut rx: watch::Receiver<u32, C>) -> Result<Vec<u32>, Failure> {
    let mut seen = vec![*rx.borrow_and_update()?];
    while rx.changed().await.is_ok() {
        seen.push(*rx.borrow_and_update()?);
    }
    Ok(seen)
}

async fn tell<T: remoc::RemoteSend, C: Codec>(report: oneshot::Sender<T, C>, what: T) {
    match report.send(what) {
        Ok(sending) => {
            if let Err(error) = sending.await {
                log(format_args!("watch: the report was not sent: {error}"));
            }
        }
        Err(error) => log(format_args!("watch: the report was not sent: {error}")),
    }
}

pub async fn page<C: Codec>(connection: Connection<Ask<C>, Offered<C>, C>) -> Result<Value, Failure> {
    let Connection { mut tx, mut rx, ending } = connection;

    let (count_tx, count_rx) = watch::channel(10);
    let (report, reported) = oneshot::channel();
    send(&mut tx, Ask::Follow { rx: count_rx, report }).await?;
    drive(count_tx, 60).await;
    let followed = ends(&reported.await?)?;

    let (driven_tx, driven_rx) = watch::channel(20);
    let (report, reported) = oneshot::channel();
    send(&mut tx, Ask::Drive { tx: driven_tx, up_to: 70, report }).await?;
    let driven = ends(&follow(driven_rx).await?)?;
    let reached = reported.await?;

    send(&mut tx, Ask::Offer { first: 30, up_to: 80 }).await?;
    let Offered { rx: offered_rx, tx: offered_tx, report } = next(&mut rx).await.ok_or("no offer")?;
    let offered = ends(&follow(offered_rx).await?)?;
    drive(offered_tx, 90).await;
    let returned = ends(&report.await?)?;

    drop((tx, rx));
    hang_up(ending).await;
    Ok(
        json!({ "followed": followed, "driven": driven, "reached": reached, "offered": offered, "returned": returned }),
    )
}

async fn send<C: Codec>(tx: &mut base::Sender<Ask<C>, C>, ask: Ask<C>) -> Result<(), Failure> {
    tx.send(ask).await.map_err(|error| error.to_string())?;
    Ok(())
}

/// The first and the last of numbers that must rise.
fn ends(seen: &[u32]) -> Result<(u32, u32), Failure> {
    if !seen.is_sorted() {
        return Err(format!("{seen:?} does not rise").into());
    }
    Ok((seen[0], seen[seen.len() - 1]))
}
