//! The scenarios: each module holds its types, the peer's role and the page's role.

mod bin;
mod broadcast;
mod bulk;
mod calling;
mod chunks;
mod collections;
mod collections_ops;
mod count;
mod echo;
mod everything;
mod hello_only;
#[cfg(feature = "since-0-20")]
mod io;
#[cfg(feature = "since-0-20")]
mod lanes;
mod limit;
mod lr;
mod mixed;
mod objects;
#[cfg(feature = "since-0-20")]
mod rates;
mod raw;
mod request_count;
mod rooms;
mod stop;
mod tree;
mod watch;

use remoc::codec::{Bincode, Bincode2, Ciborium, Codec, Json, MessagePack, Postbag, PostbagSlim, Postcard};
use serde_json::Value;
use std::time::Duration;
use tokio::{task::JoinHandle, time::timeout};

use super::{
    Failure,
    connection::Carrier,
    log,
    route::{CodecName, Route, Scenario},
};

/// Plays the peer's role until the connection has ended.
pub async fn play_peer(carrier: Carrier, route: Route) -> Result<(), Failure> {
    match route.scenario {
        Scenario::Counter => return calling::counter_peer(carrier.connect().await?).await,
        Scenario::UseCounter => return calling::use_counter_peer(carrier.connect().await?).await,
        Scenario::Objects => return objects::objects_peer(carrier.connect().await?).await,
        Scenario::UseObjects => return objects::use_objects_peer(carrier.connect().await?).await,
        Scenario::Rooms => return rooms::rooms_peer(carrier.connect().await?).await,
        Scenario::UseRooms => return rooms::use_rooms_peer(carrier.connect().await?).await,
        Scenario::Raw => return raw::peer(carrier).await,
        _ => {}
    }
    match route.codec {
        CodecName::Postbag => peer::<Postbag>(carrier, route.scenario).await,
        CodecName::Json => peer::<Json>(carrier, route.scenario).await,
        CodecName::PostbagSlim => few::<PostbagSlim>(carrier, route.scenario).await,
        CodecName::Cbor => few::<Ciborium>(carrier, route.scenario).await,
        CodecName::MessagePack => few::<MessagePack>(carrier, route.scenario).await,
        CodecName::Postcard => few::<Postcard>(carrier, route.scenario).await,
        CodecName::Bincode => few::<Bincode>(carrier, route.scenario).await,
        CodecName::Bincode2 => few::<Bincode2>(carrier, route.scenario).await,
    }
}

/// What shows a codec: values of every shape and halves in values. More would only take longer to build.
async fn few<C: Codec>(carrier: Carrier, scenario: Scenario) -> Result<(), Failure> {
    match scenario {
        Scenario::Count => count::peer::<C>(carrier.connect().await?).await,
        Scenario::Echo => echo::peer::<C>(carrier.connect().await?).await,
        other => Err(format!("{other:?} is not played in this codec").into()),
    }
}

async fn peer<C: Codec>(carrier: Carrier, scenario: Scenario) -> Result<(), Failure> {
    match scenario {
        Scenario::Count => count::peer::<C>(carrier.connect().await?).await,
        Scenario::RequestCount => request_count::peer::<C>(carrier.connect().await?).await,
        Scenario::Echo => echo::peer::<C>(carrier.connect().await?).await,
        Scenario::Sink => bulk::sink_peer::<C>(carrier.connect().await?).await,
        Scenario::Source => bulk::source_peer::<C>(carrier.connect().await?).await,
        Scenario::Stop => stop::peer::<C>(carrier.connect().await?).await,
        Scenario::Tree => tree::peer::<C>(carrier.connect().await?).await,
        Scenario::Limit => limit::peer::<C>(carrier.connect().await?).await,
        Scenario::Bin => bin::peer::<C>(carrier.connect().await?).await,
        Scenario::Watch => watch::peer::<C>(carrier.connect().await?).await,
        Scenario::Broadcast => broadcast::peer::<C>(carrier.connect().await?).await,
        Scenario::Collections => collections::peer::<C>(carrier.connect().await?).await,
        #[cfg(feature = "since-0-20")]
        Scenario::Io => io::peer::<C>(carrier.connect().await?).await,
        #[cfg(feature = "since-0-20")]
        Scenario::Rates => rates::peer::<C>(carrier.connect().await?).await,
        #[cfg(feature = "since-0-20")]
        Scenario::Lanes => lanes::peer::<C>(carrier.connect().await?).await,
        Scenario::Chunks => chunks::peer::<C>(carrier.connect().await?).await,
        Scenario::Lr => lr::peer::<C>(carrier.connect().await?).await,
        Scenario::Mixed => mixed::peer::<C>(carrier.connect().await?).await,
        Scenario::HelloOnly => hello_only::peer::<C>(carrier.connect().await?).await,
        other => Err(format!("{other:?} is not played in this role and codec").into()),
    }
}

/// Plays the page's role once and returns what came of it.
pub async fn play_page(carrier: Carrier, route: Route) -> Result<Value, Failure> {
    match route.scenario {
        Scenario::Counter => return calling::counter_page(carrier.connect().await?).await,
        Scenario::UseCounter => return calling::use_counter_page(carrier.connect().await?).await,
        Scenario::Objects => return objects::objects_page(carrier.connect().await?).await,
        Scenario::UseObjects => return objects::use_objects_page(carrier.connect().await?).await,
        Scenario::Rooms => return rooms::rooms_page(carrier.connect().await?).await,
        Scenario::UseRooms => return rooms::use_rooms_page(carrier.connect().await?).await,
        _ => {}
    }
    match route.codec {
        CodecName::Postbag => page::<Postbag>(carrier, route).await,
        CodecName::Json => page::<Json>(carrier, route).await,
        other => Err(format!("the page's role is not played in {other:?}").into()),
    }
}

async fn page<C: Codec>(carrier: Carrier, route: Route) -> Result<Value, Failure> {
    match route.scenario {
        Scenario::Count => count::page::<C>(carrier.connect().await?).await,
        Scenario::RequestCount => request_count::page::<C>(carrier.connect().await?).await,
        Scenario::Echo => echo::page::<C>(carrier.connect().await?, route.codec).await,
        Scenario::Sink => bulk::sink_page::<C>(carrier.connect().await?).await,
        Scenario::Source => bulk::source_page::<C>(carrier.connect().await?).await,
        Scenario::Stop => stop::page::<C>(carrier.connect().await?).await,
        Scenario::Tree => tree::page::<C>(carrier.connect().await?).await,
        Scenario::Limit => limit::page::<C>(carrier.connect().await?).await,
        Scenario::Bin => bin::page::<C>(carrier.connect().await?).await,
        Scenario::Watch => watch::page::<C>(carrier.connect().await?).await,
        Scenario::Broadcast => broadcast::page::<C>(carrier.connect().await?).await,
        #[cfg(feature = "since-0-20")]
        Scenario::Io => io::page::<C>(carrier.connect().await?).await,
        #[cfg(feature = "since-0-20")]
        Scenario::Rates => rates::page::<C>(carrier.connect().await?).await,
        #[cfg(feature = "since-0-20")]
        Scenario::Lanes => lanes::page::<C>(carrier.connect().await?).await,
        Scenario::Chunks => chunks::page::<C>(carrier.connect().await?).await,
        Scenario::Lr => lr::page::<C>(carrier.connect().await?).await,
        Scenario::Mixed => mixed::page::<C>(carrier.connect().await?).await,
        Scenario::HelloOnly => hello_only::page::<C>(carrier.connect().await?).await,
        other => Err(format!("{other:?} is not played in this role and codec").into()),
    }
}

/// Waits for the end of a connection whose base channel the caller has let go of.
async fn ended(ending: JoinHandle<Result<(), String>>) -> Result<(), Failure> {
    Ok(ending.await??)
}

/// The page's version of `ended`: a peer that lingers or just drops the transport is worth a note, not a failure.
async fn hang_up(ending: JoinHandle<Result<(), String>>) {
    match timeout(Duration::from_secs(5), ended(ending)).await {
        Ok(Ok(())) => log("connection: ended orderly"),
        Ok(Err(failure)) => log(format_args!("connection: ended with {failure}")),
        Err(_) => log("connection: still open 5 s after the page was done"),
    }
}
