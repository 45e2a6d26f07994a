//! Channel halves deep inside a recursive value.

use remoc::{
    codec::Codec,
    rch::{mpsc, oneshot},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tokio::task::JoinSet;

use super::{
    super::{
        Failure, channel,
        connection::{Connection, next},
        log,
    },
    ended, hang_up,
};

#[derive(Serialize, Deserialize)]
#[serde(bound = "C: Codec")]
pub struct Tree<C> {
    pub name: String,
    pub tx: Option<mpsc::Sender<String, C>>,
    pub children: Vec<Tree<C>>,
    pub extra: BTreeMap<String, (u8, Leaf<C>)>,
}

#[derive(Serialize, Deserialize)]
#[serde(bound = "C: Codec")]
pub enum Leaf<C> {
    None,
    /// Gets its path, then is dropped.
    Tx(mpsc::Sender<String, C>),
    /// `a` gets the sum of all numbers from `b` as text.
    Pair {
        a: oneshot::Sender<String, C>,
        b: mpsc::Receiver<u32, C>,
    },
}

pub async fn peer<C: Codec>(connection: Connection<(), Tree<C>, C>) -> Result<(), Failure> {
    let Connection { tx, mut rx, ending } = connection;
    let mut halves = JoinSet::new();
    while let Some(tree) = next(&mut rx).await {
        visit(tree, "", &mut halves);
    }
    halves.join_all().await;
    drop((tx, rx));
    ended(ending).await
}

/// Serves all halves at once, so the page may use them in any order.
fn visit<C: Codec>(tree: Tree<C>, parent: &str, halves: &mut JoinSet<()>) {
    let path = if parent.is_empty() { tree.name } else { format!("{parent}/{}", tree.name) };
    if let Some(tx) = tree.tx {
        halves.spawn(tell(tx, path.clone()));
    }
    for child in tree.children {
        visit(child, &path, halves);
    }
    for (key, (_, leaf)) in tree.extra {
        let path = format!("{path}/{key}");
        match leaf {
            Leaf::None => (),
            Leaf::Tx(tx) => drop(halves.spawn(tell(tx, path))),
            Leaf::Pair { a, b } => drop(halves.spawn(sum(a, b, path))),
        }
    }
}

async fn tell<C: Codec>(tx: mpsc::Sender<String, C>, path: String) {
    if let Err(error) = tx.send(path.clone()).await {
        log(format_args!("tree: {path} was not sent: {error}"));
    }
}

async fn sum<C: Codec>(a: oneshot::Sender<String, C>, mut b: mpsc::Receiver<u32, C>, path: String) {
    let mut sum = 0;
    loop {
        match b.recv().await {
            Ok(Some(number)) => sum += u64::from(number),
            Ok(None) => break,
            Err(error) => return log(format_args!("tree: {path}: {error}")),
        }
    }
    if let Err(error) = a.send(sum.to_string()) {
        log(format_args!("tree: the sum of {path} was not sent: {error}"));
    }
}

pub async fn page<C: Codec>(connection: Connection<Tree<C>, (), C>) -> Result<Value, Failure> {
    let Connection { mut tx, rx, ending } = connection;
    let (root_tx, root_rx) = channel();
    let (leaf_tx, leaf_rx) = channel();
    let (a, answer) = oneshot::channel();
    let (numbers, b) = channel();
    let extra = BTreeMap::from([
        ("none".to_owned(), (0, Leaf::None)),
        ("pair".to_owned(), (1, Leaf::Pair { a, b })),
        ("tx".to_owned(), (2, Leaf::Tx(leaf_tx))),
    ]);
    let child = Tree { name: "child".to_owned(), tx: None, children: Vec::new(), extra };
    let root =
        Tree { name: "root".to_owned(), tx: Some(root_tx), children: vec![child], extra: BTreeMap::new() };
    tx.send(root).await.map_err(|error| error.to_string())?;
    for number in [1, 2, 39] {
        numbers.send(number).await?;
    }
    drop(numbers);
    let told = [only_item(root_rx).await?, only_item(leaf_rx).await?, answer.await?];
    drop((tx, rx));
    hang_up(ending).await;
    if told != ["root", "root/child/tx", "42"] {
        return Err(format!("the halves told {told:?}").into());
    }
    Ok(json!({ "told": told }))
}

async fn only_item<C: Codec>(mut rx: mpsc::Receiver<String, C>) -> Result<String, Failure> {
    let item = rx.recv().await?.ok_or("no item")?;
    match rx.recv().await? {
        None => Ok(item),
        Some(more) => Err(format!("{more} after {item}").into()),
    }
}
