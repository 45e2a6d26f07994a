//! Settings of one end, checked once.

use crate::wire::{Capabilities, Generation, Hello};

/// Settings of this end. Sizes in bytes, times in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Config {
    /// Drop the connection when nothing was received for this long; 0 for never. Announced to the peer.
    pub timeout_ms: u64,
    /// Give up when the peer's Hello has not arrived after this long.
    pub handshake_timeout_ms: u64,
    /// Largest chunk accepted. Announced to the peer.
    pub chunk_size: u32,
    /// Largest chunk sent, even when the peer accepts more: what one message can put in front of another.
    pub max_send_chunk: u32,
    /// Credits granted per port and direction. Announced to the peer.
    pub port_receive_buffer: u32,
    /// Requests of the peer that may be unanswered at once. Announced to the peer.
    pub connect_queue: u16,
    /// Ports that may exist at once.
    pub max_ports: u32,
    /// Bytes of messages that are taken before the transport took them.
    pub send_queue_bytes: u32,
    /// Bytes that the peer may make this end keep, beside one message that the application waits for.
    pub buffered_bytes: u32,
    /// Form of the Hello sent.
    pub generation: Generation,
    /// Features announced; those that `generation` has no room for are not sent.
    pub capabilities: Capabilities,
}

/// A setting that cannot work.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConfigError {
    /// Chunks must hold at least 4 bytes and leave room for headers in a u32.
    ChunkSize,
    /// A port must be granted at least 4 bytes.
    PortReceiveBuffer,
    /// At least one request must be allowed.
    ConnectQueue,
    /// At least one port must be allowed, at most 2^16.
    MaxPorts,
}

/// The least chunk and window with which a port list can be sent (4 credits an entry).
const MIN_BYTES: u32 = 4;
/// remoc's own limit: a frame length must fit a u32 with its header.
const MAX_CHUNK: u32 = u32::MAX - 16;
/// Keys of ports have room for 2^20 slots, of which quarantined ones take a part.
const MAX_PORTS: u32 = 1 << 16;

impl Default for Config {
    fn default() -> Self {
        Self {
            timeout_ms: 60_000,
            handshake_timeout_ms: 10_000,
            // The only control over how finely a remoc peer interleaves: half of 0.20's own default.
            chunk_size: 16_384,
            max_send_chunk: 16_384,
            port_receive_buffer: 131_072,
            connect_queue: 128,
            max_ports: 8_192,
            send_queue_bytes: 65_536,
            buffered_bytes: 16_777_216,
            generation: Generation::V18,
            capabilities: Capabilities::classic(PROTOCOL_VERSION),
        }
    }
}

/// The protocol version of remoc 0.12 to 0.20.
const PROTOCOL_VERSION: u8 = 3;

impl Config {
    /// Checks every setting.
    ///
    /// # Errors
    /// Names the first setting that cannot work.
    pub fn check(&self) -> Result<(), ConfigError> {
        if !(MIN_BYTES..=MAX_CHUNK).contains(&self.chunk_size) || self.max_send_chunk < MIN_BYTES {
            return Err(ConfigError::ChunkSize);
        }
        if self.port_receive_buffer < MIN_BYTES {
            return Err(ConfigError::PortReceiveBuffer);
        }
        if self.connect_queue == 0 {
            return Err(ConfigError::ConnectQueue);
        }
        if !(1..=MAX_PORTS).contains(&self.max_ports) {
            return Err(ConfigError::MaxPorts);
        }
        Ok(())
    }

    /// What the Hello tells the peer.
    #[must_use]
    pub fn announced(&self) -> Capabilities {
        match self.generation {
            Generation::V20 => self.capabilities,
            _ => Capabilities::classic(PROTOCOL_VERSION),
        }
    }

    /// The Hello that announces these settings.
    #[must_use]
    pub fn hello(&self) -> Hello {
        Hello {
            version: PROTOCOL_VERSION,
            timeout_ms: self.timeout_ms,
            chunk_size: self.chunk_size,
            port_receive_buffer: self.port_receive_buffer,
            connect_queue: self.connect_queue,
            generation: self.generation,
            capabilities: self.capabilities,
        }
    }

    /// The longest frame that can be a legal header: a port list as long as `chunk_size` allows at 4 credits an
    /// entry, each with number, id and flags byte.
    #[must_use]
    pub fn max_header(&self) -> u32 {
        const FIXED: u32 = 64;
        const ENTRY: u32 = 11;
        (self.chunk_size / 4).saturating_mul(ENTRY).saturating_add(FIXED)
    }
}
