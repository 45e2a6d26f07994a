//! Ports without channels: the multiplexer alone, as `ChMux::new` gives it.

use bytes::{Buf, Bytes};
use futures_util::{Sink, Stream, future::BoxFuture};
use remoc::{
    Cfg,
    chmux::{ChMux, Connect, Received, Receiver, Request, Sender},
};
use std::fmt::Display;

use super::super::{Failure, ask_ports, connection::Carrier, log, open_port};

/// Opens one port and says "opened" on it; then everything on every port comes back, pieces as pieces. The message "list"
/// requests two ports with the labels 500 and 501 over its port. Requests are accepted, but rejected when their label is
/// 1 more than a multiple of 4, and for want of ports when it is 2 more.
pub async fn peer(carrier: Carrier) -> Result<(), Failure> {
    match carrier {
        Carrier::WebSocket(socket) => {
            let (sink, stream) = Carrier::frames(*socket);
            serve(sink, stream).await
        }
        Carrier::Tcp(_) => Err("raw ports are played over WebSocket only".into()),
    }
}

async fn serve<Tx, Rx, TxError, RxError>(sink: Tx, stream: Rx) -> Result<(), Failure>
where
    Tx: Sink<Bytes, Error = TxError> + Send + Sync + Unpin + 'static,
    Rx: Stream<Item = Result<Bytes, RxError>> + Send + Sync + Unpin + 'static,
    TxError: std::error::Error + Send + Sync + 'static,
    RxError: std::error::Error + Send + Sync + 'static,
{
    let (mux, client, mut listener) =
        ChMux::new(Cfg::default(), sink, stream).await.map_err(|error| error.to_string())?;
    let ending = tokio::spawn(async move { mux.run().await.map_err(|error| error.to_string()) });
    tokio::spawn(async move {
        match open_port(&client).await {
            Ok((mut tx, rx)) => {
                note("opened", tx.send(Bytes::from_static(b"opened")).await);
                echo(tx, rx).await;
            }
            Err(error) => log(format_args!("raw: no port was opened: {error}")),
        }
    });
    while let Ok(Some(request)) = listener.inspect().await {
        tokio::spawn(answer(request));
    }
    drop(listener);
    Ok(ending.await??)
}

async fn answer(request: Request) {
    match request.id() % 4 {
        1 => request.reject(false).await,
        2 => request.reject(true).await,
        _ => match request.accept().await {
            Ok((tx, rx)) => echo(tx, rx).await,
            Err(error) => log(format_args!("raw: a request was not accepted: {error}")),
        },
    }
}

/// Boxed, for requests are answered inside of it.
fn echo(tx: Sender, rx: Receiver) -> BoxFuture<'static, ()> {
    Box::pin(send_back(tx, rx))
}

async fn send_back(mut tx: Sender, mut rx: Receiver) {
    loop {
        let result = match rx.recv_any().await {
            Ok(Some(Received::Data(mut data))) => {
                let bytes = data.copy_to_bytes(data.remaining());
                if bytes == "list" {
                    list(&mut tx).await
                } else {
                    tx.send(bytes).await.map_err(|error| error.to_string())
                }
            }
            Ok(Some(Received::Chunks)) => pieces(&mut tx, &mut rx).await,
            Ok(Some(Received::Requests(requests))) => {
                for request in requests {
                    tokio::spawn(answer(request));
                }
                Ok(())
            }
            Ok(None) => return,
            Err(error) => Err(error.to_string()),
        };
        if let Err(error) = result {
            return log(format_args!("raw: a port ended: {error}"));
        }
    }
}

async fn pieces(tx: &mut Sender, rx: &mut Receiver) -> Result<(), String> {
    let mut message = tx.send_chunks();
    while let Some(piece) = rx.recv_chunk().await.map_err(|error| error.to_string())? {
        // An empty piece that is not the last hangs the reader of remoc.
        if !piece.is_empty() {
            message = message.send(piece).await.map_err(|error| error.to_string())?;
        }
    }
    message.finish().await.map_err(|error| error.to_string())
}

async fn list(tx: &mut Sender) -> Result<(), String> {
    for connect in ask_ports(tx, &[500, 501]).await? {
        tokio::spawn(used(connect));
    }
    Ok(())
}

async fn used(connect: Connect) {
    match connect.await {
        Ok((mut tx, rx)) => {
            note("accepted", tx.send(Bytes::from_static(b"accepted")).await);
            echo(tx, rx).await;
        }
        Err(error) => log(format_args!("raw: a listed port was not accepted: {error}")),
    }
}

fn note<T, E: Display>(what: &str, result: Result<T, E>) {
    if let Err(error) = result {
        log(format_args!("raw: {what} was not sent: {error}"));
    }
}
