//! Every form that `cuttle import` knows, so that the compiler sees what comes of them: shapes.ts.

use remoc::{
    prelude::*,
    robj::{handle::Handle, lazy::Lazy, lazy_blob::LazyBlob, rw_lock::RwLock},
    rtc::CallError,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use inner::{Deep, Error as InnerError};

type Res<T, E = CallError> = std::result::Result<T, E>;

const LEN: usize = 4;

mod inner {
    use super::Kind;

    #[derive(serde::Serialize, serde::Deserialize)]
    pub enum Error {
        Inner(Kind),
        Call(remoc::rtc::CallError),
    }

    #[derive(serde::Serialize, serde::Deserialize)]
    pub struct Deep {
        own: super::Error,
        time: std::time::SystemTime,
    }
}

/// Not the other one.
#[derive(Serialize, Deserialize)]
pub enum Error {
    Full,
}

/// A tree.
#[derive(Serialize, Deserialize, Clone)]
pub struct Tree {
    /// Its name.
    name: String,
    children: Vec<Tree>,
    twig: Option<Box<Twig>>,
}

#[derive(Serialize, Deserialize, Clone)]
pub enum Twig {
    Leaf,
    Sub(Tree),
    Both(Tree, u8),
    Maybe { x: Option<Option<u32>> },
}

#[derive(Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct Options {
    first_name: String,
    #[serde(default)]
    second_try: Vec<u32>,
    #[serde(rename = "type")]
    kind: Kind,
    #[serde(skip_serializing_if = "Option::is_none")]
    maybe_it: Option<u8>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    list: Vec<String>,
    #[serde(skip)]
    hidden: std::cell::Cell<u8>,
    #[serde(default = "ten")]
    ten_times: u64,
    #[serde(rename = "_0", default)]
    numbered: bool,
    r#in: [u8; LEN],
    #[serde(with = "serde_bytes")]
    raw: Vec<u8>,
}

fn ten() -> u64 {
    10
}

#[derive(Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    #[default]
    LightBlue,
    #[serde(rename = "x")]
    Red,
    #[serde(other)]
    Unknown,
}

#[derive(Serialize, Deserialize)]
pub struct Id(u32);

#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub struct Name(String);

#[derive(Serialize, Deserialize)]
pub struct Unit;

#[derive(Serialize, Deserialize)]
pub struct Pair(i8, f64);

#[derive(Serialize, Deserialize)]
pub struct Page<T> {
    items: Vec<T>,
    next: Option<T>,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Tagged {
    Unit,
    Of(Page<u8>),
    Named { a: u8 },
}

#[derive(Serialize, Deserialize, Default)]
#[serde(tag = "t", content = "c")]
pub enum Beside {
    #[default]
    Unit,
    Number(u8),
    Two(u8, u8),
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub enum Any {
    Nothing,
    Number(u8),
    Named { a: u8 },
    More(Vec<Any>),
}

#[derive(Serialize, Deserialize)]
pub struct Flat {
    id: u8,
    #[serde(flatten)]
    page: Page<Id>,
    #[serde(flatten)]
    rest: BTreeMap<String, u8>,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum Chain {
    End,
    Of(Page<u8>),
    Next { next: Box<Chain>, beside: Beside },
}

/// Keeps things.
#[rtc::remote]
pub trait Store<T>: Send
where
    T: RemoteSend,
{
    type Key: RemoteSend;

    async fn get(&self, key: Self::Key) -> Res<Option<T>>;
    async fn put(&mut self, key: <Self as Store<T>>::Key, #[serde(default)] value: T) -> Res<()>;
}

#[rtc::remote(server(Shared), clone)]
pub trait Node {
    /// The one above.
    async fn parent(&self) -> Res<NodeClient>;
    async fn then(&self, #[doc = "what for"] options: Options) -> Res<Page<Id>, InnerError>;
    fn old(
        &self, r#type: Kind, by: (u8, char),
    ) -> impl std::future::Future<Output = Result<(), Error>> + Send;
    async fn store(&self) -> Res<StoreClient<u32, String>>;
    async fn serve(&self, requests: StoreReqReceiver<u32, String>) -> Res<Duration>;
    async fn all(
        &self, id: Id, name: Name, unit: Unit, pair: Pair, trees: HashMap<String, Tree>,
        pages: BTreeMap<u32, Page<String>>,
    ) -> Res<Deep>;
    async fn forms(&self, tagged: Tagged, beside: Beside, any: Any, flat: Flat, chain: Chain) -> Res<()>;
    #[no_cancel]
    async fn channels(
        &mut self, a: rch::mpsc::Sender<u8, remoc::codec::Json>, b: rch::watch::Receiver<Tree>,
        c: rch::broadcast::Receiver<u8>, d: rch::bin::Sender, e: rch::io::Receiver, f: rch::lr::Sender<u8>,
    ) -> Res<()>;
    async fn objects(
        &mut self, a: Handle<std::sync::Mutex<u32>>, b: Lazy<Tree>, c: LazyBlob, d: RwLock<Id>,
        e: remoc::rfn::RFn<(u8, Tree), Result<u8, remoc::rfn::CallError>>, f: remoc::rfn::RFnOnce<(), Vec<u8>>,
    ) -> Res<()>;
    async fn others(
        &self, a: uuid::Uuid, b: bytes::Bytes, c: std::num::NonZeroU8, d: std::borrow::Cow<'static, str>,
        e: Box<[u16]>, f: std::ops::Range<u32>, g: std::net::SocketAddr,
    ) -> Res<()>;
}
