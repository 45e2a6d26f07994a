//! Watched numbers that come seldom: limits of the rate and strategies of transfer, which came with remoc 0.20.

use remoc::{
    codec::Codec,
    rch::{
        base, oneshot,
        watch::{self, TransferStrategy, WatchExt},
    },
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

/// Between two values, so that without a limit many would be seen.
const PAUSE: Duration = Duration::from_micros(500);

/// Longer than any test: of all values only the first one and the last one come.
const HOUR: Duration = Duration::from_secs(3_600);

/// How many values come of an unlimited channel while none comes of a limited one.
const MEANWHILE: u32 = 50;

#[derive(Serialize, Deserialize)]
#[serde(bound = "C: Codec")]
pub enum Ask<C> {
    /// Follow `rx` to its end; report the limit that it came with, and what was seen.
    Follow { rx: watch::Receiver<u32, C>, report: oneshot::Sender<Followed, C> },
    /// Count up to `up_to` in `tx`; report the limit that it came with.
    Drive { tx: watch::Sender<u32, C>, up_to: u32, report: oneshot::Sender<u64, C> },
    /// Make two channels of this strategy, the first one with a limit, and count in both of them at once, up to `up_to`
    /// or until nobody watches any more.
    Offer { strategy: Strategy, limit_ms: u64, up_to: u32 },
}

#[derive(Clone, Copy, Serialize, Deserialize)]
pub enum Strategy {
    Single,
    GlobalBuffered,
    ChannelBuffered,
}

#[derive(Serialize, Deserialize)]
pub struct Followed {
    pub limit_ms: u64,
    /// How many values were seen, the first one included.
    pub seen: u32,
    pub last: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(bound = "C: Codec")]
pub struct Offered<C> {
    pub limited: watch::Receiver<u32, C>,
    pub free: watch::Receiver<u32, C>,
}

impl From<Strategy> for TransferStrategy {
    fn from(strategy: Strategy) -> Self {
        match strategy {
            Strategy::Single => Self::Single,
            Strategy::GlobalBuffered => Self::GlobalBuffered,
            Strategy::ChannelBuffered => Self::ChannelBuffered,
        }
    }
}

pub async fn peer<C: Codec>(connection: Connection<Offered<C>, Ask<C>, C>) -> Result<(), Failure> {
    let Connection { mut tx, mut rx, ending } = connection;
    let mut jobs = JoinSet::new();
    while let Some(ask) = next(&mut rx).await {
        match ask {
            Ask::Follow { rx, report } => drop(jobs.spawn(async move {
                match follow(rx).await {
                    Ok(followed) => tell(report, followed).await,
                    Err(failure) => log(format_args!("rates: {failure}")),
                }
            })),
            Ask::Drive { tx, up_to, report } => drop(jobs.spawn(async move {
                tell(report, millis(tx.rate_limit())).await;
                drive(vec![tx], up_to).await;
            })),
            Ask::Offer { strategy, limit_ms, up_to } => {
                let (mut limited_tx, limited) = watch::channel(0).with_transfer_strategy(strategy.into());
                limited_tx.set_rate_limit(Duration::from_millis(limit_ms));
                let (free_tx, free) = watch::channel(0).with_transfer_strategy(strategy.into());
                tx.send(Offered { limited, free }).await.map_err(|error| error.to_string())?;
                jobs.spawn(drive(vec![limited_tx, free_tx], up_to));
            }
        }
    }
    jobs.join_all().await;
    drop((tx, rx));
    ended(ending).await
}

fn millis(limit: Duration) -> u64 {
    limit.as_millis() as u64
}

/// Counts in all of them at once, up to `up_to` or until nobody watches one of them.
async fn drive<C: Codec>(senders: Vec<watch::Sender<u32, C>>, up_to: u32) {
    for number in 1..=up_to {
        if senders.iter().any(|tx| tx.send(number).is_err()) {
            return;
        }
        sleep(PAUSE).await;
    }
}

async fn follow<C: Codec>(mut rx: watch::Receiver<u32, C>) -> Result<Followed, Failure> {
    let mut seen = 1;
    let mut last = *rx.borrow_and_update()?;
    while rx.changed().await.is_ok() {
        seen += 1;
        last = *rx.borrow_and_update()?;
    }
    Ok(Followed { limit_ms: millis(rx.rate_limit()), seen, last })
}

/// Whether a limit that is set while values come stops them, and they come again without it.
async fn pause_and_resume<C: Codec>(offered: Offered<C>) -> Result<(bool, bool), Failure> {
    let Offered { mut limited, mut free } = offered;
    advance(&mut limited).await?;
    limited.set_rate_limit(HOUR);
    loop {
        let before = *limited.borrow()?;
        let from = *free.borrow()?;
        while *free.borrow()? < from + MEANWHILE {
            free.changed().await?;
        }
        if *limited.borrow()? == before {
            break;
        }
    }
    limited.set_rate_limit(Duration::ZERO);
    advance(&mut limited).await?;
    Ok((true, true))
}

/// Waits for `MEANWHILE` numbers more.
async fn advance<C: Codec>(rx: &mut watch::Receiver<u32, C>) -> Result<(), Failure> {
    let from = *rx.borrow_and_update()?;
    while *rx.borrow()? < from + MEANWHILE {
        rx.changed().await?;
    }
    Ok(())
}

async fn tell<T: remoc::RemoteSend, C: Codec>(report: oneshot::Sender<T, C>, what: T) {
    match report.send(what) {
        Ok(sending) => {
            if let Err(error) = sending.await {
                log(format_args!("rates: the report was not sent: {error}"));
            }
        }
        Err(error) => log(format_args!("rates: the report was not sent: {error}")),
    }
}

pub async fn page<C: Codec>(connection: Connection<Ask<C>, Offered<C>, C>) -> Result<Value, Failure> {
    let Connection { mut tx, mut rx, ending } = connection;

    let (mut limited_tx, mut limited_rx) = watch::channel(0);
    limited_tx.set_rate_limit(HOUR);
    limited_rx.set_rate_limit(Duration::from_millis(7));
    let (report, reported) = oneshot::channel();
    send(&mut tx, Ask::Follow { rx: limited_rx, report }).await?;
    drive(vec![limited_tx], 100).await;
    let followed = reported.await?;

    let (mut driven_tx, mut driven_rx) = watch::channel(0);
    driven_tx.set_rate_limit(Duration::from_millis(9));
    driven_rx.set_rate_limit(HOUR);
    let (report, reported) = oneshot::channel();
    send(&mut tx, Ask::Drive { tx: driven_tx, up_to: 100, report }).await?;
    let driven = follow(driven_rx).await?;
    let told_ms = reported.await?;

    send(&mut tx, Ask::Offer { strategy: Strategy::ChannelBuffered, limit_ms: 0, up_to: u32::MAX }).await?;
    let (paused, resumed) = pause_and_resume(next(&mut rx).await.ok_or("no offer")?).await?;

    let mut last = Vec::new();
    for strategy in [Strategy::Single, Strategy::GlobalBuffered, Strategy::ChannelBuffered] {
        let (strategic_tx, strategic_rx) = watch::channel(0).with_transfer_strategy(strategy.into());
        let (report, reported) = oneshot::channel();
        send(&mut tx, Ask::Follow { rx: strategic_rx, report }).await?;
        drive(vec![strategic_tx], 100).await;
        last.push(reported.await?.last);
        send(&mut tx, Ask::Offer { strategy, limit_ms: 0, up_to: 100 }).await?;
        let Offered { limited, free } = next(&mut rx).await.ok_or("no offer")?;
        last.extend([follow(limited).await?.last, follow(free).await?.last]);
    }

    drop((tx, rx));
    hang_up(ending).await;
    Ok(json!({
        "followed": { "limit_ms": followed.limit_ms, "seen": followed.seen, "last": followed.last },
        "driven": { "limit_ms": told_ms, "seen": driven.seen, "last": driven.last },
        "paused": paused,
        "resumed": resumed,
        "last": last,
    }))
}

async fn send<C: Codec>(tx: &mut base::Sender<Ask<C>, C>, ask: Ask<C>) -> Result<(), Failure> {
    tx.send(ask).await.map_err(|error| error.to_string())?;
    Ok(())
}
