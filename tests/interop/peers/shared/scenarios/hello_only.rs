//! The peer shakes hands and then does nothing for a while.

use remoc::codec::Codec;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::time::sleep;

use super::{
    super::{
        Failure,
        connection::{Connection, next},
    },
    ended, hang_up,
};

/// Long enough for a test to look at an idle connection.
const IDLE: Duration = Duration::from_secs(10);

pub async fn peer<C: Codec>(connection: Connection<(), (), C>) -> Result<(), Failure> {
    let Connection { tx, rx, ending } = connection;
    sleep(IDLE).await;
    drop((tx, rx));
    ended(ending).await
}

pub async fn page<C: Codec>(connection: Connection<(), (), C>) -> Result<Value, Failure> {
    let Connection { tx, mut rx, ending } = connection;
    let began = Instant::now();
    if next(&mut rx).await.is_some() {
        return Err("the peer sent a value".into());
    }
    let idle = began.elapsed();
    drop((tx, rx));
    hang_up(ending).await;
    Ok(json!({ "idle_s": idle.as_secs() }))
}
