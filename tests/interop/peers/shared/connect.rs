//! `peer connect URL`: a client, over WebSocket or TCP, that plays the page's role once.

use std::time::Duration;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{client_async, tungstenite::client::IntoClientRequest};

use super::{Failure, connection::Carrier, route::Route, scenarios};

/// Far above what any scenario needs, so that a stuck test fails by itself.
const MAX_DURATION: Duration = Duration::from_secs(30);

/// Prints the result as one line of JSON.
pub async fn connect(url: &str) -> Result<(), Failure> {
    let request = url.into_client_request()?;
    let route = Route::parse(request.uri().path()).ok_or("the path of the URL must be /SCENARIO/CODEC")?;
    let host = request.uri().host().ok_or("the URL has no host")?;
    let port = request.uri().port_u16().ok_or("the URL has no port")?;
    let socket = TcpStream::connect((host, port)).await?;
    socket.set_nodelay(true)?;
    let carrier = match request.uri().scheme_str() {
        Some("ws") => Carrier::WebSocket(Box::new(client_async(request, socket).await?.0)),
        Some("tcp") => Carrier::Tcp(socket),
        _ => return Err("the URL must begin with ws:// or tcp://".into()),
    };
    let result = timeout(MAX_DURATION, scenarios::play_page(carrier, route))
        .await
        .map_err(|_| format!("{route} was not done after {} s", MAX_DURATION.as_secs()))??;
    println!("{result}");
    Ok(())
}
