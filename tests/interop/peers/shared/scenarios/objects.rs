//! Remote functions and objects: one side owns them, the other one uses them.

use bytes::Buf;
use remoc::{
    codec,
    rfn::{CallError, RFn, RFnMut, RFnOnce},
    robj::{
        handle::Handle,
        lazy::Lazy,
        lazy_blob::LazyBlob,
        rw_lock::{Owner, RwLock},
    },
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    super::{
        Failure,
        connection::{Connection, next},
    },
    ended, hang_up,
};

#[derive(Debug, Serialize, Deserialize)]
pub enum FnError {
    TooLarge { limit: u32 },
    Call(CallError),
}

impl From<CallError> for FnError {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

/// Never leaves its owner.
pub struct Secret(String);

#[derive(Serialize, Deserialize)]
pub struct Objects {
    /// At most 1000 comes of it.
    pub add: RFn<(u32, u32), Result<u32, FnError>>,
    pub next: RFnMut<(), Result<u32, FnError>>,
    pub last: RFnOnce<(String,), Result<String, FnError>>,
    pub secret: Handle<Secret>,
    pub reveal: RFn<(Handle<Secret>,), Result<String, FnError>>,
    pub lazy: Lazy<String>,
    pub blob: LazyBlob,
    pub lock: RwLock<u32>,
    /// Calls what it is given with 3 and 4.
    pub apply: RFn<(RFn<(u32, u32), Result<u32, FnError>>,), Result<u32, FnError>>,
}

const BLOB_LEN: usize = 300_000;

fn objects() -> Objects {
    let mut number = 0;
    let owner = Owner::new(7);
    let lock = owner.rw_lock();
    tokio::spawn(async move {
        let _owner = owner;
        std::future::pending::<()>().await;
    });
    Objects {
        add: RFn::new_2(|a: u32, b: u32| async move {
            match a + b {
                sum if sum <= 1_000 => Ok(sum),
                _ => Err(FnError::TooLarge { limit: 1_000 }),
            }
        }),
        next: RFnMut::new_0(move || {
            number += 1;
            let number = number;
            async move { Ok(number) }
        }),
        last: RFnOnce::new_1(|text: String| async move { Ok(format!("last {text}")) }),
        secret: Handle::new(Secret("xyzzy".into())),
        reveal: RFn::new_1(|secret: Handle<Secret>| async move {
            match secret.as_ref().await {
                Ok(secret) => Ok(secret.0.clone()),
                Err(error) => Ok(error.to_string()),
            }
        }),
        lazy: Lazy::new("fetched".into()),
        blob: LazyBlob::new(bytes::Bytes::from((0..BLOB_LEN).map(|at| at as u8).collect::<Vec<u8>>())),
        lock,
        apply: RFn::new_1(|add: RFn<(u32, u32), Result<u32, FnError>>| async move { add.call(3, 4).await }),
    }
}

/// Uses everything, and reports what came of it.
async fn exercise(objects: Objects) -> Result<Value, Failure> {
    let Objects { add, mut next, last, secret, reveal, lazy, blob, lock, apply } = objects;
    let sum = text(add.call(1, 2).await);
    let error = text(add.call(1_000, 1).await);
    let numbers = [text(next.call().await), text(next.call().await)];
    let last = text(last.call("call".into()).await);
    let opaque = secret.as_ref().await.is_err();
    let revealed = text(reveal.call(secret).await);
    let fetched = lazy.get().await?.clone();
    let len = blob.len().map_err(|error| error.to_string())?;
    let mut bytes = blob.get().await.map_err(|error| error.to_string())?;
    let bytes = bytes.copy_to_bytes(bytes.remaining());
    let whole = bytes.len() == len && bytes.iter().enumerate().all(|(at, byte)| *byte == at as u8);
    let before = *lock.read().await?;
    let mut guard = lock.write().await?;
    *guard += 2;
    guard.commit().await?;
    let after = *lock.read().await?;
    let mut guard = lock.write().await?;
    *guard = 0;
    drop(guard);
    let discarded = *lock.read().await?;
    let applied = text(apply.call(RFn::new_2(|a: u32, b: u32| async move { Ok(10 * a + b) })).await);
    Ok(json!({
        "sum": sum, "error": error, "numbers": numbers, "last": last, "opaque": opaque, "revealed": revealed,
        "fetched": fetched, "len": len, "whole": whole, "before": before, "after": after, "discarded": discarded,
        "applied": applied,
    }))
}

fn text<T: ToString>(result: Result<T, FnError>) -> String {
    match result {
        Ok(value) => value.to_string(),
        Err(error) => format!("{error:?}"),
    }
}

/// The peer owns, the page uses.
pub async fn objects_peer(connection: Connection<Objects, (), codec::Default>) -> Result<(), Failure> {
    let Connection { mut tx, rx, ending } = connection;
    tx.send(objects()).await.map_err(|error| error.to_string())?;
    drop((tx, rx));
    ended(ending).await
}

pub async fn objects_page(connection: Connection<(), Objects, codec::Default>) -> Result<Value, Failure> {
    let Connection { tx, mut rx, ending } = connection;
    let objects = next(&mut rx).await.ok_or("no objects came")?;
    let report = exercise(objects).await?;
    drop((tx, rx));
    hang_up(ending).await;
    Ok(report)
}

/// The page owns, the peer uses and reports.
pub async fn use_objects_peer(
    connection: Connection<String, Objects, codec::Default>,
) -> Result<(), Failure> {
    let Connection { mut tx, mut rx, ending } = connection;
    let objects = next(&mut rx).await.ok_or("no objects came")?;
    let report = match exercise(objects).await {
        Ok(report) => report,
        Err(failure) => json!({ "failure": failure.to_string() }),
    };
    tx.send(report.to_string()).await.map_err(|error| error.to_string())?;
    drop((tx, rx));
    ended(ending).await
}

pub async fn use_objects_page(
    connection: Connection<Objects, String, codec::Default>,
) -> Result<Value, Failure> {
    let Connection { mut tx, mut rx, ending } = connection;
    tx.send(objects()).await.map_err(|error| error.to_string())?;
    let report = next(&mut rx).await.ok_or("no report came")?;
    drop((tx, rx));
    hang_up(ending).await;
    Ok(serde_json::from_str(&report)?)
}
