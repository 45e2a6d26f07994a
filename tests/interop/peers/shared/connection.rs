//! The two carriers, and the remoc connection on top of them with default settings.

use bytes::Bytes;
use futures_util::{Sink, SinkExt, Stream, StreamExt, future::ready};
use remoc::{Cfg, Connect, RemoteSend, codec::Codec, rch::base};
use tokio::{net::TcpStream, task::JoinHandle};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Error as WebSocketError, Message},
};

use super::{Failure, is_final, log};

pub enum Carrier {
    /// One binary message is one frame; all other messages are skipped.
    WebSocket(Box<WebSocketStream<TcpStream>>),
    /// remoc's own framing of a byte stream.
    Tcp(TcpStream),
}

pub struct Connection<Tx, Rx, C> {
    pub tx: base::Sender<Tx, C>,
    pub rx: base::Receiver<Rx, C>,
    /// Settles when the connection has ended: `Ok` after both Goodbyes.
    pub ending: JoinHandle<Result<(), String>>,
}

impl Carrier {
    /// The frames of remoc in a WebSocket.
    pub fn frames(
        socket: WebSocketStream<TcpStream>,
    ) -> (
        impl Sink<Bytes, Error = WebSocketError> + Send + Sync + Unpin + 'static,
        impl Stream<Item = Result<Bytes, WebSocketError>> + Send + Sync + Unpin + 'static,
    ) {
        let (sink, stream) = socket.split();
        let sink = sink.with(|frame: Bytes| ready(Ok::<_, WebSocketError>(Message::Binary(frame))));
        let stream = stream.filter_map(|message| ready(frame_of(message)));
        (sink, stream)
    }

    /// Shakes hands and opens the base channel; returns once both directions are open.
    pub async fn connect<Tx, Rx, C>(self) -> Result<Connection<Tx, Rx, C>, Failure>
    where
        Tx: RemoteSend,
        Rx: RemoteSend,
        C: Codec,
    {
        match self {
            Self::WebSocket(socket) => {
                let (sink, stream) = Self::frames(*socket);
                let (connection, tx, rx) = Connect::framed(Cfg::default(), sink, stream).await?;
                let ending = tokio::spawn(async move { connection.await.map_err(|error| error.to_string()) });
                Ok(Connection { tx, rx, ending })
            }
            Self::Tcp(socket) => {
                let (input, output) = socket.into_split();
                let (connection, tx, rx) = Connect::io(Cfg::default(), input, output).await?;
                let ending = tokio::spawn(async move { connection.await.map_err(|error| error.to_string()) });
                Ok(Connection { tx, rx, ending })
            }
        }
    }
}

fn frame_of(message: Result<Message, WebSocketError>) -> Option<Result<Bytes, WebSocketError>> {
    match message {
        Ok(Message::Binary(frame)) => Some(Ok(frame)),
        Ok(_) => None,
        Err(error) => Some(Err(error)),
    }
}

/// The next value of a base channel, or `None` at its end.
/// A value that could not be decoded is reported and skipped, since the channel stays usable.
pub async fn next<T, C>(rx: &mut base::Receiver<T, C>) -> Option<T>
where
    T: RemoteSend,
    C: Codec,
{
    loop {
        match rx.recv().await {
            Ok(value) => return value,
            Err(error) => {
                log(format_args!("base channel: {error}"));
                if is_final(&error) {
                    return None;
                }
            }
        }
    }
}
