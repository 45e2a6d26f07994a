//! Hello: what its sender is ready to receive. 26 bytes up to 0.18, 31 in 0.19, 40 in 0.20; always fixed integers.

use alloc::vec::Vec;

use super::{WireError, id};
use crate::reader::Reader;

const MAGIC: [u8; 6] = *b"CHMUX\0";

/// The oldest version whose requests carry ids.
const VERSION_WITH_PORT_IDS: u8 = 3;

/// Which remoc a Hello comes from, told by its length. Decides names of errors and fields in values.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Generation {
    /// 26 bytes: remoc 0.12 to 0.18.
    V18,
    /// 30 or 31 bytes: remoc 0.19.
    V19,
    /// 32 bytes and more: remoc 0.20.
    V20,
}

/// What the sender of a Hello can do beyond 0.18. A value, negotiated per direction, never a compile-time choice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Capabilities {
    /// Initial size of the connection-wide pool that the peer may use; `None` when there is none.
    pub global_credits: Option<u32>,
    /// Answers requests for received reports.
    pub received_report: bool,
    /// Accepts that its plain requests are answered with its own number.
    pub port_side: bool,
    /// Accepts requests for ports that are used at once.
    pub pre_connect: bool,
    /// Numbers in messages may be varints (both sides must say so).
    pub varint: bool,
    /// Frame lengths on byte streams may be varints (both sides must say so).
    pub frame_len_varint: bool,
    /// remoc's own types may use their compact form (both sides must say so).
    pub compact_transported: bool,
    /// Postbag format, 0 for 0.4 (the smaller of both sides counts).
    pub postbag_version: u8,
    /// Default-valued fields may be left out of Postbag structs.
    pub postbag_allow_skip: bool,
    /// Requests carry ids.
    pub port_id: bool,
}

impl Capabilities {
    /// What a peer of 0.18 can do; `version` decides about ids.
    #[must_use]
    pub fn classic(version: u8) -> Self {
        Self {
            global_credits: None,
            received_report: false,
            port_side: false,
            pre_connect: false,
            varint: false,
            frame_len_varint: false,
            compact_transported: false,
            postbag_version: 0,
            postbag_allow_skip: false,
            port_id: version == VERSION_WITH_PORT_IDS,
        }
    }

    /// Takes a copy of the reader, because stopping early is not an error.
    fn decode(mut r: Reader<'_>, version: u8) -> Self {
        let pool = (r.left() >= size_of::<u32>()).then(|| r.u32());
        let classic = Self::classic(version);
        if pool.is_none() {
            return classic;
        }
        let mut bytes = [0, 0, 0, 0, 0, 0, 0, 0, classic.port_id.into(), 1];
        for byte in bytes.iter_mut().take(r.left()) {
            *byte = r.u8();
        }
        let [report, side, pre_connect, varint, frame_len, compact, postbag_version, skip, port_id, has_pool] =
            bytes;
        Self {
            global_credits: pool.filter(|_| has_pool != 0),
            received_report: report != 0,
            port_side: side != 0,
            pre_connect: pre_connect != 0,
            varint: varint != 0,
            frame_len_varint: frame_len != 0,
            compact_transported: compact != 0,
            postbag_version,
            postbag_allow_skip: skip != 0,
            port_id: port_id != 0,
        }
    }

    /// The features that are on or off as bits, in the order of Hello: from received_report, bit 0, to
    /// postbag_allow_skip, bit 7. Postbag counts as on from version 1.
    #[must_use]
    pub fn bits(&self) -> u32 {
        let flags = [
            self.received_report,
            self.port_side,
            self.pre_connect,
            self.varint,
            self.frame_len_varint,
            self.compact_transported,
            self.postbag_version > 0,
            self.postbag_allow_skip,
        ];
        flags.iter().rev().fold(0, |bits, flag| bits << 1 | u32::from(*flag))
    }

    /// Features from bits, with ids and a pool of nothing, by whose messages its owner can ask; see [`Capabilities::bits`].
    #[must_use]
    pub fn from_bits(bits: u32) -> Self {
        let has = |bit: u32| bits >> bit & 1 != 0;
        Self {
            global_credits: Some(0),
            received_report: has(0),
            port_side: has(1),
            pre_connect: has(2),
            varint: has(3),
            frame_len_varint: has(4),
            compact_transported: has(5),
            postbag_version: has(6).into(),
            postbag_allow_skip: has(7),
            port_id: true,
        }
    }
}

/// Settings of one side. Each describes what its sender is willing to receive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hello {
    /// Protocol version, 3 since remoc 0.12.
    pub version: u8,
    /// The sender drops the connection when it hears nothing for this long; 0 for never.
    pub timeout_ms: u64,
    /// Largest payload of a chunk.
    pub chunk_size: u32,
    /// Initial credits per port and direction, in bytes.
    pub port_receive_buffer: u32,
    /// Requests that may be unanswered at once.
    pub connect_queue: u16,
    /// Told by the length when decoding; decides the length when encoding.
    pub generation: Generation,
    /// Features beyond 0.18.
    pub capabilities: Capabilities,
}

/// A field of Hello whose value cannot work.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HelloField {
    /// Versions 0 and 1 are not understood by any known peer.
    Version,
    /// Must be at least 4.
    ChunkSize,
    /// Must be at least 4.
    PortReceiveBuffer,
    /// Must be at least 1.
    ConnectQueue,
}

impl Hello {
    /// Reads the body after the id byte. Fields beyond byte 26 are read in order; the first one that is missing or
    /// cut short ends the reading, later ones keep their default, and bytes beyond offset 39 are ignored.
    pub(super) fn decode(r: &mut Reader<'_>) -> Self {
        if MAGIC.map(|_| r.u8()) != MAGIC {
            r.fail(WireError::BadMagic);
        }
        let version = r.u8();
        Self {
            version,
            timeout_ms: r.u64(),
            chunk_size: r.u32(),
            port_receive_buffer: r.u32(),
            connect_queue: r.u16(),
            generation: match r.left() {
                0..=3 => Generation::V18,
                4..=5 => Generation::V19,
                _ => Generation::V20,
            },
            capabilities: Capabilities::decode(*r, version),
        }
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        let caps = &self.capabilities;
        out.push(id::HELLO);
        out.extend_from_slice(&MAGIC);
        let mut put = |value: u64, len: usize| out.extend(value.to_le_bytes().iter().take(len));
        put(self.version.into(), 1);
        put(self.timeout_ms, 8);
        put(self.chunk_size.into(), 4);
        put(self.port_receive_buffer.into(), 4);
        put(self.connect_queue.into(), 2);
        if self.generation >= Generation::V19 {
            put(caps.global_credits.unwrap_or(0).into(), 4);
            put(caps.received_report.into(), 1);
        }
        if self.generation >= Generation::V20 {
            out.extend_from_slice(&[
                caps.port_side.into(),
                caps.pre_connect.into(),
                caps.varint.into(),
                caps.frame_len_varint.into(),
                caps.compact_transported.into(),
                caps.postbag_version,
                caps.postbag_allow_skip.into(),
                caps.port_id.into(),
                caps.global_credits.is_some().into(),
            ]);
        }
    }

    /// The first field whose value cannot work, and that value.
    #[must_use]
    pub fn invalid_field(&self) -> Option<(HelloField, u32)> {
        const MIN_BYTES: u32 = 4;
        const MIN_VERSION: u8 = 2;
        if self.version < MIN_VERSION {
            return Some((HelloField::Version, u32::from(self.version)));
        }
        if self.chunk_size < MIN_BYTES {
            return Some((HelloField::ChunkSize, self.chunk_size));
        }
        if self.port_receive_buffer < MIN_BYTES {
            return Some((HelloField::PortReceiveBuffer, self.port_receive_buffer));
        }
        if self.connect_queue == 0 {
            return Some((HelloField::ConnectQueue, 0));
        }
        None
    }
}
