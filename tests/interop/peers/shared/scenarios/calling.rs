//! A remote trait, as in remoc's own examples: one side implements it, the other one calls.

use remoc::{
    codec,
    rch::{mpsc, oneshot, watch},
    rtc::{CallError, Server, ServerSharedMut},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::{sync::RwLock, time::timeout};

use super::{
    super::{
        Failure,
        connection::{Connection, next},
        serve_shared, serve_value,
    },
    ended, hang_up,
};

#[derive(Debug, Serialize, Deserialize)]
pub enum IncreaseError {
    Overflow { current_value: u32 },
    Call(CallError),
}

impl From<CallError> for IncreaseError {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

#[remoc::rtc::remote]
pub trait Session {
    async fn name(&self) -> Result<String, CallError>;
    async fn end(self) -> Result<String, CallError>;
}

#[remoc::rtc::remote(clone)]
pub trait Counter {
    async fn value(&self) -> Result<u32, CallError>;
    async fn watch(&mut self) -> Result<watch::Receiver<u32>, CallError>;
    async fn increase(&mut self, by: u32) -> Result<(), IncreaseError>;
    async fn count_to_value(&self, step: u32, delay: Duration) -> Result<mpsc::Receiver<u32>, CallError>;
    /// Never returns; tells when it has begun, and `cancelled` counts when it is cancelled.
    async fn wait(&self, begun: oneshot::Sender<()>) -> Result<(), CallError>;
    async fn cancelled(&self) -> Result<u32, CallError>;
    /// Goes on when its caller does not wait.
    #[no_cancel]
    async fn insist(&self, begun: oneshot::Sender<()>, go: oneshot::Receiver<()>) -> Result<(), CallError>;
    async fn text(&self, len: u32) -> Result<String, CallError>;
    async fn measure(&self, text: String, #[serde(default)] twice: bool) -> Result<u32, CallError>;
    async fn open(&self, name: String) -> Result<SessionClient, CallError>;
    /// Is not in the page's declaration of the trait.
    async fn unknown_to_page(&self) -> Result<u32, CallError>;
}

struct SessionObj(String);

impl Session for SessionObj {
    async fn name(&self) -> Result<String, CallError> {
        Ok(self.0.clone())
    }

    async fn end(self) -> Result<String, CallError> {
        Ok(format!("{} has ended", self.0))
    }
}

struct CounterObj {
    value: watch::Sender<u32>,
    cancelled: Arc<AtomicU32>,
}

/// Counts when it is dropped.
struct Counting(Arc<AtomicU32>);

impl Drop for Counting {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Counter for CounterObj {
    async fn value(&self) -> Result<u32, CallError> {
        Ok(*self.value.borrow())
    }

    async fn watch(&mut self) -> Result<watch::Receiver<u32>, CallError> {
        Ok(self.value.subscribe())
    }

    async fn increase(&mut self, by: u32) -> Result<(), IncreaseError> {
        let current_value = *self.value.borrow();
        let value = current_value.checked_add(by).ok_or(IncreaseError::Overflow { current_value })?;
        // Nobody may be watching.
        self.value.send_replace(value);
        Ok(())
    }

    async fn count_to_value(&self, step: u32, _delay: Duration) -> Result<mpsc::Receiver<u32>, CallError> {
        let up_to = *self.value.borrow();
        let (tx, rx) = crate::channel::<u32, codec::Default>();
        tokio::spawn(async move {
            for number in (0..up_to).step_by(step as usize) {
                if tx.send(number).await.is_err() {
                    break;
                }
            }
        });
        Ok(rx)
    }

    async fn wait(&self, begun: oneshot::Sender<()>) -> Result<(), CallError> {
        let _counting = Counting(self.cancelled.clone());
        let _ = begun.send(());
        pending().await
    }

    async fn cancelled(&self) -> Result<u32, CallError> {
        Ok(self.cancelled.load(Ordering::SeqCst))
    }

    async fn insist(&self, begun: oneshot::Sender<()>, go: oneshot::Receiver<()>) -> Result<(), CallError> {
        let _ = begun.send(());
        if go.await.is_ok() {
            self.cancelled.fetch_add(100, Ordering::SeqCst);
        }
        Ok(())
    }

    async fn text(&self, len: u32) -> Result<String, CallError> {
        Ok("x".repeat(len as usize))
    }

    async fn measure(&self, text: String, twice: bool) -> Result<u32, CallError> {
        Ok(text.len() as u32 * if twice { 2 } else { 1 })
    }

    async fn open(&self, name: String) -> Result<SessionClient, CallError> {
        Ok(serve_value!(SessionServer, SessionObj(name)))
    }

    async fn unknown_to_page(&self) -> Result<u32, CallError> {
        Ok(0)
    }
}

fn counter() -> CounterClient {
    let target = CounterObj { value: watch::channel(0).0, cancelled: Arc::default() };
    serve_shared!(CounterServerSharedMut, Arc::new(RwLock::new(target)))
}

/// Everything a caller can see of a counter that is at 0.
async fn exercise(mut counter: CounterClient) -> Result<Value, Failure> {
    let first = counter.value().await?;
    let mut watched = counter.watch().await?;
    counter.increase(20).await.map_err(|error| format!("{error:?}"))?;
    let seen = timeout(Duration::from_secs(5), async {
        loop {
            let value = *watched.borrow_and_update()?;
            if value == 20 {
                return Ok::<_, Failure>(value);
            }
            watched.changed().await?;
        }
    })
    .await??;
    let overflow = format!("{:?}", counter.increase(u32::MAX).await);
    let mut numbers = counter.count_to_value(5, Duration::from_millis(1)).await?;
    let mut counted = Vec::new();
    while let Some(number) = numbers.recv().await? {
        counted.push(number);
    }
    let cancelled = cancel(&counter).await?;
    let measured =
        (counter.measure("four".into(), false).await?, counter.measure("four".into(), true).await?);
    let session = counter.open("lobby".into()).await?;
    let name = session.name().await?;
    let ended = session.end().await?;
    let unknown = counter.unknown_to_page().await.is_err();
    counter.set_max_reply_or_response_size(1_000);
    let too_large = counter.text(2_000).await.is_err();
    let after = counter.clone().text(3).await?;
    Ok(json!({
        "first": first, "seen": seen, "overflow": overflow, "counted": counted, "cancelled": cancelled,
        "measured": measured, "name": name, "ended": ended, "unknown": unknown, "too_large": too_large,
        "after": after,
    }))
}

/// Gives up two calls: one that notices, one that insists. What they counted.
async fn cancel(counter: &CounterClient) -> Result<u32, Failure> {
    let (begun, has_begun) = oneshot::channel();
    let mut call = Box::pin(counter.wait(begun));
    tokio::select! {
        _ = &mut call => return Err("wait has returned".into()),
        begun = has_begun => begun?,
    }
    drop(call);
    let (begun, has_begun) = oneshot::channel();
    let (go, may_go) = oneshot::channel();
    let mut call = Box::pin(counter.insist(begun, may_go));
    tokio::select! {
        _ = &mut call => return Err("insist has returned".into()),
        begun = has_begun => begun?,
    }
    drop(call);
    let _ = go.send(());
    timeout(Duration::from_secs(5), async {
        loop {
            match counter.cancelled().await? {
                101 => return Ok(101),
                _ => tokio::time::sleep(Duration::from_millis(2)).await,
            }
        }
    })
    .await?
}

/// The name of the limit differs between the releases.
trait MaxReply {
    fn set_max_reply_or_response_size(&mut self, bytes: usize);
}

impl MaxReply for CounterClient {
    fn set_max_reply_or_response_size(&mut self, bytes: usize) {
        crate::set_max_reply_size(self, bytes);
    }
}

/// The peer implements, the page calls.
pub async fn counter_peer(connection: Connection<CounterClient, (), codec::Default>) -> Result<(), Failure> {
    let Connection { mut tx, rx, ending } = connection;
    tx.send(counter()).await.map_err(|error| error.to_string())?;
    drop((tx, rx));
    ended(ending).await
}

pub async fn counter_page(
    connection: Connection<(), CounterClient, codec::Default>,
) -> Result<Value, Failure> {
    let Connection { tx, mut rx, ending } = connection;
    let counter = next(&mut rx).await.ok_or("no counter came")?;
    let report = exercise(counter).await?;
    drop((tx, rx));
    hang_up(ending).await;
    Ok(report)
}

/// The page implements, the peer calls and reports.
pub async fn use_counter_peer(
    connection: Connection<String, CounterClient, codec::Default>,
) -> Result<(), Failure> {
    let Connection { mut tx, mut rx, ending } = connection;
    let counter = next(&mut rx).await.ok_or("no counter came")?;
    let report = match exercise(counter).await {
        Ok(report) => report,
        Err(failure) => json!({ "failure": failure.to_string() }),
    };
    tx.send(report.to_string()).await.map_err(|error| error.to_string())?;
    drop((tx, rx));
    ended(ending).await
}

pub async fn use_counter_page(
    connection: Connection<CounterClient, String, codec::Default>,
) -> Result<Value, Failure> {
    let Connection { mut tx, mut rx, ending } = connection;
    tx.send(counter()).await.map_err(|error| error.to_string())?;
    let report = next(&mut rx).await.ok_or("no report came")?;
    drop((tx, rx));
    hang_up(ending).await;
    Ok(serde_json::from_str(&report)?)
}
