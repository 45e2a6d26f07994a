//! `peer serve`: listens on loopback until its parent goes away.

use serde_json::json;
use std::{
    collections::BTreeMap,
    io::{self, Write},
    process,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::Duration,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::{
    accept_hdr_async,
    tungstenite::{
        handshake::server::{ErrorResponse, Request, Response},
        http::StatusCode,
    },
};

use super::{
    Failure, REMOC,
    connection::Carrier,
    log,
    route::{CodecName, Route, Scenario},
    scenarios,
};

/// Plain TCP has no path, so each of these has a port of its own.
const TCP_ROUTES: [Route; 4] = [
    Route { scenario: Scenario::Count, codec: CodecName::Postbag },
    Route { scenario: Scenario::Count, codec: CodecName::Json },
    Route { scenario: Scenario::RequestCount, codec: CodecName::Postbag },
    Route { scenario: Scenario::RequestCount, codec: CodecName::Json },
];

/// No test run takes this long; a peer still there has lost its parent without noticing.
const MAX_LIFE: Duration = Duration::from_secs(30 * 60);

/// Numbers the connections in the diagnostics.
static CONNECTIONS: AtomicU64 = AtomicU64::new(1);

/// Prints one line of JSON when all ports are bound, then serves. Ends the process at the end of stdin.
pub async fn serve() -> Result<(), Failure> {
    exit_with_parent();
    let web_sockets = TcpListener::bind("127.0.0.1:0").await?;
    let web_socket_url = format!("ws://{}", web_sockets.local_addr()?);
    let mut tcp_ports = BTreeMap::new();
    for route in TCP_ROUTES {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        tcp_ports.insert(route.to_string(), listener.local_addr()?.port());
        tokio::spawn(accept_tcp(listener, route));
    }
    println!("{}", json!({ "remoc": REMOC, "ws": web_socket_url, "tcp": tcp_ports }));
    io::stdout().flush()?;
    accept_web_sockets(web_sockets).await
}

fn exit_with_parent() {
    thread::spawn(|| {
        // A broken stdin means the same as its end.
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        process::exit(0);
    });
    thread::spawn(|| {
        thread::sleep(MAX_LIFE);
        log("giving up after 30 minutes");
        process::exit(1);
    });
}

async fn accept_web_sockets(listener: TcpListener) -> Result<(), Failure> {
    loop {
        let (socket, _) = listener.accept().await?;
        tokio::spawn(async move {
            match upgrade(socket).await {
                Ok((carrier, role, route)) => play(carrier, role, route, "ws").await,
                Err(failure) => log(format_args!("WebSocket handshake: {failure}")),
            }
        });
    }
}

async fn accept_tcp(listener: TcpListener, route: Route) -> Result<(), Failure> {
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        tokio::spawn(play(Carrier::Tcp(socket), Role::Peer, route, "tcp"));
    }
}

/// Whose role this program plays.
enum Role {
    Peer,
    /// For clients that cannot be servers: the path begins with `/page`.
    Page,
}

/// Answers the upgrade request; an unknown path gets 404. No subprotocol is ever selected.
#[allow(clippy::result_large_err)] // The callback's type is tungstenite's.
async fn upgrade(socket: TcpStream) -> Result<(Carrier, Role, Route), Failure> {
    socket.set_nodelay(true)?;
    let mut asked = None;
    let socket = accept_hdr_async(socket, |request: &Request, response: Response| {
        let path = request.uri().path();
        let (role, path) = path.strip_prefix("/page").map_or((Role::Peer, path), |path| (Role::Page, path));
        asked = Route::parse(path).map(|route| (role, route));
        if asked.is_some() { Ok(response) } else { Err(not_found(path)) }
    })
    .await?;
    let (role, route) = asked.ok_or("no upgrade request")?;
    Ok((Carrier::WebSocket(Box::new(socket)), role, route))
}

fn not_found(path: &str) -> ErrorResponse {
    let mut response = ErrorResponse::new(Some(format!("no scenario at {path}\n")));
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

async fn play(carrier: Carrier, role: Role, route: Route, kind: &str) {
    let number = CONNECTIONS.fetch_add(1, Ordering::Relaxed);
    log(format_args!("#{number} {route} {kind}: accepted"));
    let played = match role {
        Role::Peer => scenarios::play_peer(carrier, route).await,
        Role::Page => scenarios::play_page(carrier, route)
            .await
            .map(|result| log(format_args!("#{number} {route} {kind}: result {result}"))),
    };
    match played {
        Ok(()) => log(format_args!("#{number} {route} {kind}: ended orderly")),
        Err(failure) => log(format_args!("#{number} {route} {kind}: ended with {failure}")),
    }
}
