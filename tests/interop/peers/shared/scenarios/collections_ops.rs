//! Changes of collections, as the page asks for them. Places are taken modulo the length.

use remoc::{
    codec::Codec,
    robs::{
        hash_map::ObservableHashMap, hash_set::ObservableHashSet, list::ObservableList, vec::ObservableVec,
        vec_deque::ObservableVecDeque,
    },
};
use serde::{Deserialize, Serialize};

use super::collections::{Content, Subscriptions, sorted};

/// One change; what ends in `Retain` keeps what is not a multiple.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Op {
    VecPush(u32),
    VecPop,
    VecInsert(u32, u32),
    VecSet(u32, u32),
    VecSetAll(u32),
    VecRemove(u32),
    VecSwapRemove(u32),
    VecFill(u32),
    VecResize(u32, u32),
    VecTruncate(u32),
    VecRetain(u32),
    VecClear,
    VecShrink,
    DequePushBack(u32),
    DequePushFront(u32),
    DequePopBack,
    DequePopFront,
    DequeInsert(u32, u32),
    DequeSet(u32, u32),
    DequeRemove(u32),
    DequeSwapRemoveBack(u32),
    DequeSwapRemoveFront(u32),
    DequeResize(u32, u32),
    DequeTruncate(u32),
    DequeRetain(u32),
    DequeClear,
    DequeShrink,
    MapInsert(String, u32),
    MapRemove(String),
    MapGetMut(String, u32),
    MapEntry(String, u32),
    MapRetain(u32),
    MapClear,
    MapShrink,
    PairsInsert((u32, u32), String),
    PairsRemove((u32, u32)),
    SetInsert(u32),
    SetReplace(u32),
    SetRemove(u32),
    SetTake(u32),
    SetRetain(u32),
    SetClear,
    SetShrink,
    ListPush(u32),
    Done,
}

/// One collection of each kind.
pub struct Owner<C: Codec> {
    vec: ObservableVec<u32, C>,
    deque: ObservableVecDeque<u32, C>,
    map: ObservableHashMap<String, u32, C>,
    pairs: ObservableHashMap<(u32, u32), String, C>,
    set: ObservableHashSet<u32, C>,
    list: ObservableList<u32, C>,
}

impl<C: Codec> Default for Owner<C> {
    fn default() -> Self {
        Self {
            vec: ObservableVec::new(),
            deque: ObservableVecDeque::new(),
            map: ObservableHashMap::new(),
            pairs: ObservableHashMap::new(),
            set: ObservableHashSet::new(),
            list: ObservableList::new(),
        }
    }
}

/// The place in something of that length; `None` when it is empty.
fn place(index: u32, len: usize) -> Option<usize> {
    (index as usize).checked_rem(len)
}

impl<C: Codec> Owner<C> {
    pub fn subscribe(&self, incremental: bool, buffer: usize) -> Subscriptions<C> {
        if incremental {
            Subscriptions {
                vec: self.vec.subscribe_incremental(buffer),
                deque: self.deque.subscribe_incremental(buffer),
                map: self.map.subscribe_incremental(buffer),
                pairs: self.pairs.subscribe_incremental(buffer),
                set: self.set.subscribe_incremental(buffer),
                list: Some(self.list.subscribe()),
            }
        } else {
            Subscriptions {
                vec: self.vec.subscribe(buffer),
                deque: self.deque.subscribe(buffer),
                map: self.map.subscribe(buffer),
                // Keys that are tuples do not go into the keys of a JSON object.
                pairs: self.pairs.subscribe_incremental(buffer),
                set: self.set.subscribe(buffer),
                list: Some(self.list.subscribe()),
            }
        }
    }

    pub async fn content(&self) -> Content {
        Content {
            vec: self.vec.to_vec(),
            deque: self.deque.iter().copied().collect(),
            map: sorted(self.map.iter().map(|(key, value)| (key.clone(), *value))),
            pairs: sorted(self.pairs.iter().map(|(key, value)| (*key, value.clone()))),
            set: sorted(self.set.iter().copied()),
            list: self.list.borrow().await.to_vec(),
        }
    }

    pub fn apply(&mut self, op: Op) {
        match op {
            Op::MapInsert(key, value) => {
                self.map.insert(key, value);
            }
            Op::MapRemove(key) => {
                self.map.remove(&key);
            }
            Op::MapGetMut(key, value) => {
                if let Some(mut entry) = self.map.get_mut(&key) {
                    *entry = value;
                }
            }
            Op::MapEntry(key, value) => *self.map.entry(key).or_default() += value,
            Op::MapRetain(factor) => self.map.retain(|_, value| *value % factor != 0),
            Op::MapClear => self.map.clear(),
            Op::MapShrink => self.map.shrink_to_fit(),
            Op::PairsInsert(key, value) => {
                self.pairs.insert(key, value);
            }
            Op::PairsRemove(key) => {
                self.pairs.remove(&key);
            }
            Op::SetInsert(value) => {
                self.set.insert(value);
            }
            Op::SetReplace(value) => {
                self.set.replace(value);
            }
            Op::SetRemove(value) => {
                self.set.remove(&value);
            }
            Op::SetTake(value) => {
                self.set.take(&value);
            }
            Op::SetRetain(factor) => self.set.retain(|value| *value % factor != 0),
            Op::SetClear => self.set.clear(),
            Op::SetShrink => self.set.shrink_to_fit(),
            Op::ListPush(value) => self.list.push(value),
            Op::Done => self.done(),
            sequence => self.apply_to_vec(sequence),
        }
    }

    fn done(&mut self) {
        self.vec.done();
        self.deque.done();
        self.map.done();
        self.pairs.done();
        self.set.done();
        self.list.done();
    }

    fn apply_to_vec(&mut self, op: Op) {
        let vec = &mut self.vec;
        let len = vec.len();
        match op {
            Op::VecPush(value) => vec.push(value),
            Op::VecPop => {
                vec.pop();
            }
            Op::VecInsert(index, value) => vec.insert(index as usize % (len + 1), value),
            Op::VecSet(index, value) => {
                if let Some(mut item) = place(index, len).and_then(|at| vec.get_mut(at)) {
                    *item = value;
                }
            }
            Op::VecSetAll(add) => {
                for mut item in vec.iter_mut() {
                    *item = item.wrapping_add(add);
                }
            }
            Op::VecRemove(index) => {
                place(index, len).map(|at| vec.remove(at));
            }
            Op::VecSwapRemove(index) => {
                place(index, len).map(|at| vec.swap_remove(at));
            }
            Op::VecFill(value) => vec.fill(value),
            Op::VecResize(length, value) => vec.resize(length as usize, value),
            Op::VecTruncate(length) => vec.truncate(length as usize),
            Op::VecRetain(factor) => vec.retain(|value| *value % factor != 0),
            Op::VecClear => vec.clear(),
            Op::VecShrink => vec.shrink_to_fit(),
            deque => self.apply_to_deque(deque),
        }
    }

    fn apply_to_deque(&mut self, op: Op) {
        let deque = &mut self.deque;
        let len = deque.len();
        match op {
            Op::DequePushBack(value) => deque.push_back(value),
            Op::DequePushFront(value) => deque.push_front(value),
            Op::DequePopBack => {
                deque.pop_back();
            }
            Op::DequePopFront => {
                deque.pop_front();
            }
            Op::DequeInsert(index, value) => deque.insert(index as usize % (len + 1), value),
            Op::DequeSet(index, value) => {
                if let Some(mut item) = place(index, len).and_then(|at| deque.get_mut(at)) {
                    *item = value;
                }
            }
            Op::DequeRemove(index) => {
                place(index, len).map(|at| deque.remove(at));
            }
            Op::DequeSwapRemoveBack(index) => {
                place(index, len).map(|at| deque.swap_remove_back(at));
            }
            Op::DequeSwapRemoveFront(index) => {
                place(index, len).map(|at| deque.swap_remove_front(at));
            }
            Op::DequeResize(length, value) => deque.resize(length as usize, value),
            Op::DequeTruncate(length) => deque.truncate(length as usize),
            Op::DequeRetain(factor) => deque.retain(|value| *value % factor != 0),
            Op::DequeClear => deque.clear(),
            Op::DequeShrink => deque.shrink_to_fit(),
            _ => unreachable!("all others are handled before"),
        }
    }
}
