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
    pub(super) fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        if r.bytes::<6>()? != MAGIC {
            return Err(WireError::BadMagic);
        }
        let version = r.u8()?;
        let mut hello = Self {
            version,
            timeout_ms: r.u64()?,
            chunk_size: r.u32()?,
            port_receive_buffer: r.u32()?,
            connect_queue: r.u16()?,
            generation: Generation::V18,
            capabilities: Capabilities::classic(version),
        };
        // Stopping early is not an error: the remaining fields keep their defaults.
        let _ = hello.decode_capabilities(r);
        Ok(hello)
    }

    fn decode_capabilities(&mut self, r: &mut Reader<'_>) -> Result<(), WireError> {
        let caps = &mut self.capabilities;
        let pool = r.u32()?;
        caps.global_credits = Some(pool);
        self.generation = Generation::V19;
        caps.received_report = r.u8()? != 0;
        caps.port_side = r.u8()? != 0;
        self.generation = Generation::V20;
        caps.pre_connect = r.u8()? != 0;
        caps.varint = r.u8()? != 0;
        caps.frame_len_varint = r.u8()? != 0;
        caps.compact_transported = r.u8()? != 0;
        caps.postbag_version = r.u8()?;
        caps.postbag_allow_skip = r.u8()? != 0;
        caps.port_id = r.u8()? != 0;
        if r.u8()? == 0 {
            caps.global_credits = None;
        }
        Ok(())
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        let caps = &self.capabilities;
        out.push(id::HELLO);
        out.extend_from_slice(&MAGIC);
        out.push(self.version);
        out.extend_from_slice(&self.timeout_ms.to_le_bytes());
        out.extend_from_slice(&self.chunk_size.to_le_bytes());
        out.extend_from_slice(&self.port_receive_buffer.to_le_bytes());
        out.extend_from_slice(&self.connect_queue.to_le_bytes());
        if self.generation >= Generation::V19 {
            out.extend_from_slice(&caps.global_credits.unwrap_or(0).to_le_bytes());
            out.push(u8::from(caps.received_report));
        }
        if self.generation >= Generation::V20 {
            out.extend_from_slice(&[
                u8::from(caps.port_side),
                u8::from(caps.pre_connect),
                u8::from(caps.varint),
                u8::from(caps.frame_len_varint),
                u8::from(caps.compact_transported),
                caps.postbag_version,
                u8::from(caps.postbag_allow_skip),
                u8::from(caps.port_id),
                u8::from(caps.global_credits.is_some()),
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
