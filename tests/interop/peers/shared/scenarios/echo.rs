//! The page sends a value of every shape; the peer sends it back.

use remoc::{codec::Codec, rch::oneshot};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    super::{
        Failure,
        connection::{Connection, next},
        log,
        route::CodecName,
    },
    ended,
    everything::Everything,
    hang_up,
};

#[derive(Serialize, Deserialize)]
#[serde(bound = "C: Codec")]
pub struct Echo<C> {
    pub value: Everything,
    pub reply: oneshot::Sender<Everything, C>,
}

pub async fn peer<C: Codec>(connection: Connection<(), Echo<C>, C>) -> Result<(), Failure> {
    let Connection { tx, mut rx, ending } = connection;
    while let Some(Echo { value, reply }) = next(&mut rx).await {
        match reply.send(value) {
            Ok(sending) => {
                if let Err(error) = sending.await {
                    log(format_args!("echo: the reply was not sent: {error}"));
                }
            }
            Err(error) => log(format_args!("echo: the reply was not sent: {error}")),
        }
    }
    drop((tx, rx));
    ended(ending).await
}

pub async fn page<C: Codec>(
    connection: Connection<Echo<C>, (), C>,
    codec: CodecName,
) -> Result<Value, Failure> {
    let Connection { mut tx, rx, ending } = connection;
    let samples = Everything::samples(codec);
    for value in &samples {
        let (reply, answer) = oneshot::channel();
        tx.send(Echo { value: value.clone(), reply }).await.map_err(|error| error.to_string())?;
        let answer = answer.await?;
        if answer != *value {
            return Err(format!("sent {value:?}, got back {answer:?}").into());
        }
    }
    drop((tx, rx));
    hang_up(ending).await;
    Ok(json!({ "echoed": samples.len() }))
}
