//! Observable collections: the peer owns them, mirrors them, or passes them on.

use remoc::{
    codec::Codec,
    rch::{mpsc, oneshot},
    robs::{
        hash_map::{HashMapSubscription, MirroredHashMap},
        hash_set::{HashSetSubscription, MirroredHashSet},
        list::{ListSubscription, MirroredList},
        vec::{MirroredVec, VecSubscription},
        vec_deque::{MirroredVecDeque, VecDequeSubscription},
    },
};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

use super::{
    super::{
        Failure,
        connection::{Connection, next},
        log,
    },
    collections_ops::{Op, Owner},
    ended,
};

/// One subscription of each kind. Lists cannot be passed on.
#[derive(Serialize, Deserialize)]
#[serde(bound = "C: Codec")]
pub struct Subscriptions<C: Codec> {
    pub vec: VecSubscription<u32, C>,
    pub deque: VecDequeSubscription<u32, C>,
    pub map: HashMapSubscription<String, u32, C>,
    pub pairs: HashMapSubscription<(u32, u32), String, C>,
    pub set: HashSetSubscription<u32, C>,
    pub list: Option<ListSubscription<u32, C>>,
}

/// What collections hold; those without an order are sorted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Content {
    pub vec: Vec<u32>,
    pub deque: Vec<u32>,
    pub map: Vec<(String, u32)>,
    pub pairs: Vec<((u32, u32), String)>,
    pub set: Vec<u32>,
    pub list: Vec<u32>,
}

/// How mirrors are doing.
#[derive(Default, Serialize, Deserialize)]
pub struct Mirrored {
    pub content: Content,
    /// Names of the errors of those that have failed.
    pub errors: Vec<String>,
    /// How many are done.
    pub done: u32,
    pub complete: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(bound = "C: Codec")]
pub enum Ask<C: Codec> {
    /// Own collections: do what is asked in batches, and answer each with what they hold then.
    Own {
        incremental: bool,
        buffer: u32,
        start: Vec<Op>,
        batches: mpsc::Receiver<Vec<Op>, C>,
        contents: mpsc::Sender<Content, C>,
        reply: oneshot::Sender<Subscriptions<C>, C>,
    },
    /// Mirror them; answer each check when the mirrors hold what is expected, or after a while.
    Mirror {
        from: Subscriptions<C>,
        max_size: u32,
        checks: mpsc::Receiver<Check, C>,
        answers: mpsc::Sender<Mirrored, C>,
    },
    /// Mirror them, and give subscriptions of the mirrors.
    Relay {
        from: Subscriptions<C>,
        incremental: bool,
        end: oneshot::Receiver<(), C>,
        reply: oneshot::Sender<Subscriptions<C>, C>,
    },
}

#[derive(Serialize, Deserialize)]
pub enum Check {
    /// Until all mirrors hold this.
    Holds(Content),
    /// Until so many have failed.
    Failed(u32),
    /// Until so many are done.
    Done(u32),
}

pub async fn peer<C: Codec>(connection: Connection<(), Ask<C>, C>) -> Result<(), Failure> {
    let Connection { tx, mut rx, ending } = connection;
    let mut jobs = JoinSet::new();
    while let Some(ask) = next(&mut rx).await {
        jobs.spawn(async move {
            if let Err(failure) = serve(ask).await {
                log(format_args!("collections: {failure}"));
            }
        });
    }
    jobs.join_all().await;
    drop((tx, rx));
    ended(ending).await
}

async fn serve<C: Codec>(ask: Ask<C>) -> Result<(), Failure> {
    match ask {
        Ask::Own { incremental, buffer, start, mut batches, contents, reply } => {
            let mut owner = Owner::<C>::default();
            for op in start {
                owner.apply(op);
            }
            let subscriptions = owner.subscribe(incremental, buffer as usize);
            reply.send(subscriptions).map_err(text)?.await.map_err(text)?;
            while let Some(batch) = batches.recv().await? {
                for op in batch {
                    owner.apply(op);
                }
                contents.send(owner.content().await).await.map_err(text)?;
            }
        }
        Ask::Mirror { from, max_size, mut checks, answers } => {
            let mirrors = Mirrors::new(from, max_size as usize);
            while let Some(check) = checks.recv().await? {
                answers.send(mirrors.check(check).await).await.map_err(text)?;
            }
        }
        Ask::Relay { from, incremental, end, reply } => {
            let mirrors = Mirrors::new(from, usize::MAX);
            let subscriptions = mirrors.subscribe(incremental).await?;
            reply.send(subscriptions).map_err(text)?.await.map_err(text)?;
            let _ = end.await;
        }
    }
    Ok(())
}

fn text(error: impl std::fmt::Display) -> Failure {
    error.to_string().into()
}

struct Mirrors<C: Codec> {
    vec: MirroredVec<u32, C>,
    deque: MirroredVecDeque<u32, C>,
    map: MirroredHashMap<String, u32, C>,
    pairs: MirroredHashMap<(u32, u32), String, C>,
    set: MirroredHashSet<u32, C>,
    list: Option<MirroredList<u32>>,
}

/// Notes how a mirror is doing and what it holds.
macro_rules! note {
    ($mirrored:ident, $mirror:expr, $content:expr) => {
        match $mirror.borrow().await {
            Ok(view) => {
                $mirrored.done += u32::from(view.is_done());
                $mirrored.complete += u32::from(view.is_complete());
                #[allow(clippy::redundant_closure_call)]
                ($content)(&view)
            }
            Err(error) => $mirrored.errors.push(format!("{error:?}")),
        }
    };
}

impl<C: Codec> Mirrors<C> {
    fn new(from: Subscriptions<C>, max_size: usize) -> Self {
        let Subscriptions { vec, deque, map, pairs, set, list } = from;
        Self {
            vec: vec.mirror(max_size),
            deque: deque.mirror(max_size),
            map: map.mirror(max_size),
            pairs: pairs.mirror(max_size),
            set: set.mirror(max_size),
            list: list.map(|list| list.mirror(max_size)),
        }
    }

    /// Looks again and again until what is expected has come, 10 seconds at most.
    async fn check(&self, check: Check) -> Mirrored {
        let end = Instant::now() + Duration::from_secs(10);
        loop {
            let now = self.now().await;
            let came = match &check {
                Check::Holds(content) => now.content == *content,
                Check::Failed(count) => now.errors.len() as u32 >= *count,
                Check::Done(count) => now.done >= *count,
            };
            if came || Instant::now() > end {
                return now;
            }
            sleep(Duration::from_millis(5)).await;
        }
    }

    async fn now(&self) -> Mirrored {
        let mut now = Mirrored::default();
        let mut content = Content::default();
        note!(now, self.vec, |view: &remoc::robs::vec::MirroredVecRef<'_, u32>| content.vec = view.to_vec());
        note!(now, self.deque, |view: &remoc::robs::vec_deque::MirroredVecDequeRef<'_, u32>| content.deque =
            view.iter().copied().collect());
        note!(now, self.map, |view: &remoc::robs::hash_map::MirroredHashMapRef<'_, String, u32>| content
            .map =
            sorted(view.iter().map(|(key, value)| (key.clone(), *value))));
        note!(now, self.pairs, |view: &remoc::robs::hash_map::MirroredHashMapRef<'_, (u32, u32), String>| {
            content.pairs = sorted(view.iter().map(|(key, value)| (*key, value.clone())))
        });
        note!(now, self.set, |view: &remoc::robs::hash_set::MirroredHashSetRef<'_, u32>| content.set =
            sorted(view.iter().copied()));
        if let Some(list) = &self.list {
            note!(now, list, |view: &remoc::robs::list::MirroredListRef<'_, u32>| content.list =
                view.to_vec());
        }
        now.content = content;
        now
    }

    async fn subscribe(&self, incremental: bool) -> Result<Subscriptions<C>, Failure> {
        const BUFFER: usize = 10_000;
        Ok(if incremental {
            Subscriptions {
                vec: self.vec.subscribe_incremental(BUFFER).await?,
                deque: self.deque.subscribe_incremental(BUFFER).await?,
                map: self.map.subscribe_incremental(BUFFER).await?,
                pairs: self.pairs.subscribe_incremental(BUFFER).await?,
                set: self.set.subscribe_incremental(BUFFER).await?,
                list: None,
            }
        } else {
            Subscriptions {
                vec: self.vec.subscribe(BUFFER).await?,
                deque: self.deque.subscribe(BUFFER).await?,
                map: self.map.subscribe(BUFFER).await?,
                pairs: self.pairs.subscribe_incremental(BUFFER).await?,
                set: self.set.subscribe(BUFFER).await?,
                list: None,
            }
        })
    }
}

pub fn sorted<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut sorted: Vec<T> = items.collect();
    sorted.sort();
    sorted
}
