//! Broadcast numbers: to the peer, or from the peer, to receivers that are slow or not.

use remoc::{
    codec::Codec,
    rch::{base, broadcast, oneshot},
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

type Receiver<C> = broadcast::Receiver<u32, C>;

#[derive(Serialize, Deserialize)]
#[serde(bound = "C: Codec")]
pub enum Ask<C> {
    /// Receive to the end and report.
    Listen { rx: Receiver<C>, report: oneshot::Sender<Heard, C> },
    /// Make a channel and reply with a receiver; when `go` comes, send `0..count` without a pause.
    Subscribe {
        count: u32,
        send_buffer: u32,
        go: oneshot::Receiver<(), C>,
        reply: oneshot::Sender<Receiver<C>, C>,
    },
}

#[derive(Default, Serialize, Deserialize)]
pub struct Heard {
    pub values: Vec<u32>,
    /// How often receiving said that values were lost.
    pub lags: u32,
}

pub async fn peer<C: Codec>(connection: Connection<(), Ask<C>, C>) -> Result<(), Failure> {
    let Connection { tx, mut rx, ending } = connection;
    let mut jobs = JoinSet::new();
    while let Some(ask) = next(&mut rx).await {
        jobs.spawn(async move {
            if let Err(failure) = serve(ask).await {
                log(format_args!("broadcast: {failure}"));
            }
        });
    }
    jobs.join_all().await;
    drop((tx, rx));
    ended(ending).await
}

async fn serve<C: Codec>(ask: Ask<C>) -> Result<(), Failure> {
    match ask {
        Ask::Listen { rx, report } => {
            let heard = listen(rx).await?;
            report
                .send(heard)
                .map_err(|error| error.to_string())?
                .await
                .map_err(|error| error.to_string())?;
        }
        Ask::Subscribe { count, send_buffer, go, reply } => {
            let (tx, rx) = broadcast::channel::<_, C, { remoc::rch::DEFAULT_BUFFER }>(send_buffer as usize);
            reply.send(rx).map_err(|error| error.to_string())?.await.map_err(|error| error.to_string())?;
            go.await?;
            for number in 0..count {
                tx.send(number).map_err(|error| error.to_string())?;
            }
        }
    }
    Ok(())
}

async fn listen<C: Codec>(mut rx: Receiver<C>) -> Result<Heard, Failure> {
    let mut heard = Heard::default();
    loop {
        match rx.recv().await {
            Ok(number) => heard.values.push(number),
            Err(broadcast::RecvError::Closed) => return Ok(heard),
            Err(broadcast::RecvError::Lagged) => heard.lags += 1,
            Err(error) => return Err(error.into()),
        }
    }
}

pub async fn page<C: Codec>(connection: Connection<Ask<C>, (), C>) -> Result<Value, Failure> {
    let Connection { mut tx, rx, ending } = connection;

    let (numbers, listened) = broadcast::channel::<_, C, { remoc::rch::DEFAULT_BUFFER }>(100);
    let (report, reported) = oneshot::channel();
    send(&mut tx, Ask::Listen { rx: listened, report }).await?;
    for number in 0..100 {
        numbers.send(number).map_err(|error| error.to_string())?;
    }
    drop(numbers);
    let listened: Heard = reported.await?;

    let (go, gone) = oneshot::channel();
    let (reply, replied) = oneshot::channel();
    send(&mut tx, Ask::Subscribe { count: 100, send_buffer: 100, go: gone, reply }).await?;
    let subscription: Receiver<C> = replied.await?;
    go.send(()).map_err(|error| error.to_string())?;
    let subscribed = listen(subscription).await?;

    drop((tx, rx));
    hang_up(ending).await;
    Ok(json!({
        "listened": [listened.values.len(), listened.lags],
        "subscribed": [subscribed.values.len(), subscribed.lags],
    }))
}

async fn send<C: Codec>(tx: &mut base::Sender<Ask<C>, C>, ask: Ask<C>) -> Result<(), Failure> {
    tx.send(ask).await.map_err(|error| error.to_string())?;
    Ok(())
}
