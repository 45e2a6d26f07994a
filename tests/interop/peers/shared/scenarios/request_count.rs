//! The peer asks for numbers; the page counts. The mirror image of `count`.

use remoc::{codec::Codec, rch::base};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    super::{
        Failure, channel,
        connection::{Connection, next},
    },
    count::{CountReq, count},
    ended, hang_up,
};

/// What the peer asks for at first.
const FIRST_UP_TO: u32 = 5;

#[derive(Serialize, Deserialize)]
#[serde(bound = "C: Codec")]
pub enum Ask<C> {
    Count(CountReq<C>),
    Report(CountReport),
}

#[derive(Serialize, Deserialize)]
pub struct CountReport {
    pub received: Vec<u32>,
    /// `"end"` if the page dropped its sender, otherwise the error text.
    pub ended: String,
}

pub async fn peer<C: Codec>(connection: Connection<Ask<C>, u32, C>) -> Result<(), Failure> {
    let Connection { mut tx, mut rx, ending } = connection;
    let mut up_to = Some(FIRST_UP_TO);
    while let Some(wanted) = up_to {
        ask(&mut tx, wanted).await?;
        up_to = next(&mut rx).await;
    }
    drop((tx, rx));
    ended(ending).await
}

async fn ask<C: Codec>(tx: &mut base::Sender<Ask<C>, C>, up_to: u32) -> Result<(), Failure> {
    let (seq_tx, mut seq_rx) = channel();
    tx.send(Ask::Count(CountReq { up_to, seq_tx })).await.map_err(|error| error.to_string())?;
    let mut received = Vec::new();
    let ended = loop {
        match seq_rx.recv().await {
            Ok(Some(number)) => received.push(number),
            Ok(None) => break "end".to_owned(),
            Err(error) => break error.to_string(),
        }
    };
    tx.send(Ask::Report(CountReport { received, ended })).await.map_err(|error| error.to_string())?;
    Ok(())
}

pub async fn page<C: Codec>(connection: Connection<u32, Ask<C>, C>) -> Result<Value, Failure> {
    let Connection { tx, mut rx, ending } = connection;
    let Some(Ask::Count(request)) = next(&mut rx).await else {
        return Err("the first value was not a Count".into());
    };
    let up_to = request.up_to;
    if count(request).await.is_err() {
        return Err("the peer did not take all numbers".into());
    }
    let Some(Ask::Report(report)) = next(&mut rx).await else {
        return Err("the second value was not a Report".into());
    };
    drop((tx, rx));
    hang_up(ending).await;
    if report.received != Vec::from_iter(0..up_to) {
        return Err(format!("the peer received {:?} instead of 0..{up_to}", report.received).into());
    }
    Ok(json!({ "up_to": up_to, "report": report }))
}
