//! The list of requested ports that a PortData message carries.

use super::writer::{Writer, bit};
use super::{PortRef, flag, id};
use crate::reader::Reader;

/// One requested port.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PortEntry {
    /// The requester's number.
    pub port: u32,
    /// The label by which values name the port; equal to the number unless a forwarder chose it.
    pub id: u32,
    /// Whether the requester already uses the port (0.20).
    pub pre_connect: bool,
}

/// Requested ports, either still in the frame that brought them (nothing is allocated for them) or in a list to be
/// written.
#[derive(Clone, Copy, Debug)]
pub struct Entries<'a>(Source<'a>);

#[derive(Clone, Copy, Debug)]
enum Source<'a> {
    /// Checked by [`Entries::decode`], so reading it again cannot fail.
    Frame {
        reader: Reader<'a>,
        layout: Layout,
    },
    List(&'a [PortEntry]),
}

#[derive(Clone, Copy, Debug)]
struct Layout {
    ids: bool,
    flags: bool,
    all_pre_connect: bool,
}

impl<'a> Entries<'a> {
    /// Entries to be encoded.
    #[must_use]
    pub fn list(entries: &'a [PortEntry]) -> Self {
        Self(Source::List(entries))
    }

    /// Checks the rest of a frame. Leftover bytes that are no whole entry are dropped when entries are bare numbers,
    /// and an error when they have ids or flags, as remoc does.
    pub(super) fn decode(r: &mut Reader<'a>, flags: u8) -> Self {
        let layout = Layout {
            ids: flags & flag::PORTS_IDS != 0,
            flags: flags & flag::PORTS_PER_PORT_FLAGS != 0,
            all_pre_connect: flags & flag::PORTS_ALL_PRE_CONNECT != 0,
        };
        let reader = *r;
        while next(r, layout).is_some() {}
        Self(Source::Frame { reader, layout })
    }

    /// The entries in wire order.
    pub fn iter(&self) -> impl Iterator<Item = PortEntry> + use<'a> {
        let mut source = self.0;
        core::iter::from_fn(move || match &mut source {
            Source::Frame { reader, layout } => next(reader, *layout),
            Source::List(list) => {
                let (first, rest) = list.split_first()?;
                *list = rest;
                Some(*first)
            }
        })
    }
}

impl PartialEq for Entries<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

/// Nothing at the end, and where the reader failed.
fn next(reader: &mut Reader<'_>, layout: Layout) -> Option<PortEntry> {
    if reader.left() == 0 {
        return None;
    }
    let port = reader.number();
    // What is left was no whole number.
    if reader.forgive_truncation() {
        return None;
    }
    let id = if layout.ids { reader.number() } else { port };
    let pre_connect =
        if layout.flags { reader.u8() & flag::ENTRY_PRE_CONNECT != 0 } else { layout.all_pre_connect };
    reader.error().is_none().then_some(PortEntry { port, id, pre_connect })
}

/// Writes a PortData message; `ends` is first, last, wait. Ids are always written, as 0.18 does, unless the peer cannot
/// read them, or all equal their ports and the peer writes flags bytes (0.20), which leaves them out.
pub(super) fn encode(w: &mut Writer<'_>, port: PortRef, ends: [bool; 3], entries: &Entries<'_>) {
    let [first, last, wait] = ends;
    let [mut some, mut all, mut labelled] = [false, true, !w.encoding.flags_byte];
    for entry in entries.iter() {
        some |= entry.pre_connect;
        all &= entry.pre_connect;
        labelled |= entry.id != entry.port;
    }
    let ids = w.encoding.port_ids && labelled;
    let mixed = some && !all;
    w.u8(id::PORT_DATA);
    w.number(port.number);
    w.u8(bit(first, flag::FIRST)
        | bit(last, flag::LAST)
        | bit(wait, flag::PORTS_WAIT)
        | bit(ids, flag::PORTS_IDS)
        | port.flag(flag::LOCAL)
        | bit(mixed, flag::PORTS_PER_PORT_FLAGS)
        | bit(some && all, flag::PORTS_ALL_PRE_CONNECT));
    for entry in entries.iter() {
        w.number(entry.port);
        if ids {
            w.number(entry.id);
        }
        if mixed {
            w.u8(bit(entry.pre_connect, flag::ENTRY_PRE_CONNECT));
        }
    }
}
