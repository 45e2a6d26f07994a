//! The path of a connection, `/SCENARIO/CODEC`, and what it stands for.

use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    Count,
    RequestCount,
    Echo,
    Sink,
    Source,
    Stop,
    Tree,
    Limit,
    Bin,
    // In remoc 0.20 only.
    Io,
    Rates,
    Lanes,
    // In both.
    Chunks,
    Watch,
    Broadcast,
    /// In the peer's role only: both ends own and mirror.
    Collections,
    Lr,
    Mixed,
    HelloOnly,
    // In the default codec only, whatever the path says.
    Counter,
    UseCounter,
    Objects,
    UseObjects,
    Rooms,
    UseRooms,
    // No codec at all.
    Raw,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodecName {
    Postbag,
    Json,
    // Only the scenarios of `scenarios::few`.
    PostbagSlim,
    Cbor,
    MessagePack,
    Postcard,
    Bincode,
    Bincode2,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    pub scenario: Scenario,
    pub codec: CodecName,
}

const SCENARIOS: [(Scenario, &str); 26] = [
    (Scenario::Count, "count"),
    (Scenario::RequestCount, "request-count"),
    (Scenario::Echo, "echo"),
    (Scenario::Sink, "sink"),
    (Scenario::Source, "source"),
    (Scenario::Stop, "stop"),
    (Scenario::Tree, "tree"),
    (Scenario::Limit, "limit"),
    (Scenario::Bin, "bin"),
    (Scenario::Io, "io"),
    (Scenario::Rates, "rates"),
    (Scenario::Lanes, "lanes"),
    (Scenario::Chunks, "chunks"),
    (Scenario::Watch, "watch"),
    (Scenario::Broadcast, "broadcast"),
    (Scenario::Collections, "collections"),
    (Scenario::Lr, "lr"),
    (Scenario::Mixed, "mixed"),
    (Scenario::HelloOnly, "hello-only"),
    (Scenario::Counter, "counter"),
    (Scenario::UseCounter, "use-counter"),
    (Scenario::Objects, "objects"),
    (Scenario::UseObjects, "use-objects"),
    (Scenario::Rooms, "rooms"),
    (Scenario::UseRooms, "use-rooms"),
    (Scenario::Raw, "raw"),
];

const CODECS: [(CodecName, &str); 8] = [
    (CodecName::Postbag, "postbag"),
    (CodecName::Json, "json"),
    (CodecName::PostbagSlim, "postbagSlim"),
    (CodecName::Cbor, "cbor"),
    (CodecName::MessagePack, "messagePack"),
    (CodecName::Postcard, "postcard"),
    (CodecName::Bincode, "bincode"),
    (CodecName::Bincode2, "bincode2"),
];

impl Route {
    /// Parses `/SCENARIO/CODEC`; `None` for anything else.
    pub fn parse(path: &str) -> Option<Self> {
        let (scenario, codec) = path.strip_prefix('/')?.split_once('/')?;
        let (scenario, _) = SCENARIOS.iter().find(|(_, name)| *name == scenario)?;
        let (codec, _) = CODECS.iter().find(|(_, name)| *name == codec)?;
        Some(Self { scenario: *scenario, codec: *codec })
    }
}

/// Without the leading slash: `count/postbag`.
impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scenario =
            SCENARIOS.iter().find(|(scenario, _)| *scenario == self.scenario).map_or("", |(_, name)| name);
        let codec = CODECS.iter().find(|(codec, _)| *codec == self.codec).map_or("", |(_, name)| name);
        write!(f, "{scenario}/{codec}")
    }
}
