//! Traits whose methods return clients of other traits: calls of what another call has yet to return.

use remoc::rtc::{CallError, ServerShared};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

use super::{
    super::{
        Failure,
        connection::{Connection, next},
        serve_shared,
    },
    ended, hang_up,
};

#[derive(Debug, Serialize, Deserialize)]
pub enum OpenError {
    Denied,
    Call(CallError),
}

impl From<CallError> for OpenError {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

macro_rules! traits {
    ($($pipelinable:tt)*) => {
        #[remoc::rtc::remote]
        pub trait Room {
            /// The name of the room and the text.
            async fn say(&self, text: String) -> Result<String, CallError>;
            /// A room beside this one; "closed" is denied.
            $($pipelinable)*
            async fn side(&self, name: String) -> Result<RoomClient, OpenError>;
            /// Notes a number, lets others run, notes it again, and returns all notes.
            async fn note(&self, number: u32) -> Result<Vec<u32>, CallError>;
            /// Always denied.
            async fn fail(&self) -> Result<(), OpenError>;
        }

        #[remoc::rtc::remote]
        pub trait Rooms {
            /// As `side`.
            $($pipelinable)*
            async fn open(&self, name: String) -> Result<RoomClient, OpenError>;
            /// As `open`, but never to be called before the room is there.
            async fn open_plain(&self, name: String) -> Result<RoomClient, OpenError>;
            /// Says something in a room of the caller's.
            async fn greet(&self, room: RoomClient) -> Result<String, CallError>;
        }
    };
}

#[cfg(feature = "since-0-20")]
traits!(#[pipelinable]);
#[cfg(not(feature = "since-0-20"))]
traits!();

struct RoomObj {
    name: String,
    notes: Mutex<Vec<u32>>,
}

struct RoomsObj;

fn open(name: String) -> Result<RoomClient, OpenError> {
    if name.ends_with("closed") {
        return Err(OpenError::Denied);
    }
    Ok(serve_shared!(RoomServerShared, Arc::new(RoomObj { name, notes: Mutex::default() })))
}

impl RoomObj {
    fn add(&self, number: u32) -> Vec<u32> {
        let mut notes = self.notes.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        notes.push(number);
        notes.clone()
    }
}

impl Room for RoomObj {
    async fn say(&self, text: String) -> Result<String, CallError> {
        Ok(format!("{}: {text}", self.name))
    }

    async fn side(&self, name: String) -> Result<RoomClient, OpenError> {
        open(format!("{}/{name}", self.name))
    }

    async fn note(&self, number: u32) -> Result<Vec<u32>, CallError> {
        self.add(number);
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        Ok(self.add(number))
    }

    async fn fail(&self) -> Result<(), OpenError> {
        Err(OpenError::Denied)
    }
}

impl Rooms for RoomsObj {
    async fn open(&self, name: String) -> Result<RoomClient, OpenError> {
        open(name)
    }

    async fn open_plain(&self, name: String) -> Result<RoomClient, OpenError> {
        open(name)
    }

    async fn greet(&self, room: RoomClient) -> Result<String, CallError> {
        room.say("hello".into()).await
    }
}

fn rooms() -> RoomsClient {
    serve_shared!(RoomsServerShared, Arc::new(RoomsObj))
}

/// Everything in turn, as any release can.
#[cfg(not(feature = "since-0-20"))]
async fn exercise(rooms: RoomsClient) -> Result<Value, Failure> {
    let text = |error: OpenError| format!("{error:?}");
    let lobby = rooms.open("lobby".into()).await.map_err(text)?;
    let said = lobby.say("hi".into()).await?;
    let deep = lobby.side("side".into()).await.map_err(text)?.say("hello".into()).await?;
    let denied = rooms.open("closed".into()).await.map(drop).map_err(text);
    let mine = open("mine".into()).map_err(text)?;
    let greeted = rooms.greet(mine).await?;
    Ok(json!({ "said": said, "deep": deep, "denied": denied, "greeted": greeted }))
}

/// Everything that can be sent before an answer is.
#[cfg(feature = "since-0-20")]
async fn exercise(rooms: RoomsClient) -> Result<Value, Failure> {
    use remoc::rtc::Client;

    let text = |error: OpenError| format!("{error:?}");
    let (lobby, lobby_rx) = RoomClient::new();
    let (side, side_rx) = RoomClient::new();
    let opened = rooms.open_pipelined("lobby".into(), lobby_rx).await;
    let saying = lobby.say_call("hi".into()).await;
    let siding = lobby.side_pipelined("side".into(), side_rx).await;
    let speaking = side.say_call("hello".into()).await;
    opened.await.map_err(text)?;
    siding.await.map_err(text)?;
    let (said, deep) = (saying.await?, speaking.await?);

    let (closed, closed_rx) = RoomClient::new();
    let refusing = rooms.open_pipelined("closed".into(), closed_rx).await;
    let waiting = closed.say_call("hi".into()).await;
    let denied = refusing.await.map_err(text);
    let queued = format!("{:?}", waiting.await);

    let mine = open("mine".into()).map_err(text)?;
    let greeted = rooms.greet(mine).await?;

    let mut ordered = rooms.open("ordered".into()).await.map_err(text)?;
    ordered.set_sequential(true);
    let first = ordered.note_call(1).await;
    let second = ordered.note_call(2).await;
    let third = ordered.note_call(3).await;
    let notes = (first.await?, second.await?, third.await?).2;

    let mut strict = rooms.open("strict".into()).await.map_err(text)?;
    strict.set_sequential(true);
    strict.set_stop_on_error(true);
    let failing = strict.fail_call().await;
    let late = strict.say_call("late".into()).await;
    let failed = failing.await.map_err(text);
    let stopped = late.await.is_err();
    Ok(json!({
        "said": said, "deep": deep, "denied": denied, "queued": queued, "greeted": greeted, "notes": notes,
        "failed": failed, "stopped": stopped,
    }))
}

/// The peer has the rooms, the page calls.
pub async fn rooms_peer(connection: Connection<RoomsClient, (), remoc::codec::Default>) -> Result<(), Failure> {
    let Connection { mut tx, rx, ending } = connection;
    tx.send(rooms()).await.map_err(|error| error.to_string())?;
    drop((tx, rx));
    ended(ending).await
}

pub async fn rooms_page(connection: Connection<(), RoomsClient, remoc::codec::Default>) -> Result<Value, Failure> {
    let Connection { tx, mut rx, ending } = connection;
    let rooms = next(&mut rx).await.ok_or("no rooms came")?;
    let report = exercise(rooms).await?;
    drop((tx, rx));
    hang_up(ending).await;
    Ok(report)
}

/// The page has the rooms, the peer calls and reports.
pub async fn use_rooms_peer(
    connection: Connection<String, RoomsClient, remoc::codec::Default>,
) -> Result<(), Failure> {
    let Connection { mut tx, mut rx, ending } = connection;
    let rooms = next(&mut rx).await.ok_or("no rooms came")?;
    let report = match exercise(rooms).await {
        Ok(report) => report,
        Err(failure) => json!({ "failure": failure.to_string() }),
    };
    tx.send(report.to_string()).await.map_err(|error| error.to_string())?;
    drop((tx, rx));
    ended(ending).await
}

pub async fn use_rooms_page(
    connection: Connection<RoomsClient, String, remoc::codec::Default>,
) -> Result<Value, Failure> {
    let Connection { mut tx, mut rx, ending } = connection;
    tx.send(rooms()).await.map_err(|error| error.to_string())?;
    let report = next(&mut rx).await.ok_or("no report came")?;
    drop((tx, rx));
    hang_up(ending).await;
    Ok(serde_json::from_str(&report)?)
}
