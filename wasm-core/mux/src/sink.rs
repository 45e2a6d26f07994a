//! What was collected to be sent: headers, and which payloads follow them.

use alloc::vec::Vec;

use crate::store::Key;
use crate::wire::{Encoding, Message};

/// The part of a message that follows a Data header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Body {
    /// The port; the message is the oldest one queued on it that has not left whole.
    pub key: Key,
    /// Where the part starts in the message, in bytes.
    pub offset: u32,
    /// Its length; may be 0.
    pub len: u32,
    /// Nothing of the message remains.
    pub last: bool,
}

/// A message to be sent: a header frame and, when `has_body`, the payload frame right after it. Plain numbers, so that
/// it can be read from outside.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
struct Record {
    header_start: u32,
    header_len: u32,
    key: u32,
    offset: u32,
    len: u32,
    /// 0: no payload frame. 1: payload frame. 3: payload frame, the last of its message. 4: no payload frame, and the
    /// end of the list behind a message of `key`. 8: no frame at all, but an acknowledgement of `len` bytes, the last of
    /// which came `offset` ms ago.
    body: u32,
}

/// Collects what is to be sent; reused between flushes.
#[derive(Debug, Default)]
pub struct FrameSink {
    bytes: Vec<u8>,
    records: Vec<Record>,
    /// Payload bytes of the collected messages.
    payload: u64,
    /// Bytes of Reset and Hello, which are not acknowledged.
    greeting: u64,
    /// How messages are written.
    encoding: Encoding,
}

const BODY: u32 = 1;
const BODY_LAST: u32 = 3;
const LIST_LAST: u32 = 4;
const ACK: u32 = 8;

impl FrameSink {
    /// u32 values per record: header start, header length, key, offset, length, body flags.
    pub const RECORD_LEN: usize = 6;

    /// Messages collected.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether nothing was collected.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The header frame of message `index`.
    #[must_use]
    pub fn header(&self, index: usize) -> Option<&[u8]> {
        let record = self.records.get(index)?;
        let start = record.header_start as usize;
        self.bytes.get(start..start + record.header_len as usize)
    }

    /// The payload frame that follows header `index`.
    #[must_use]
    pub fn body(&self, index: usize) -> Option<Body> {
        let record = self.records.get(index)?;
        (record.body & BODY != 0).then(|| Body {
            key: Key::from_raw(record.key),
            offset: record.offset,
            len: record.len,
            last: record.body == BODY_LAST,
        })
    }

    /// When message `index` is an acknowledgement: bytes, and how many ms ago the last of them came.
    #[must_use]
    pub fn ack(&self, index: usize) -> Option<(u32, u32)> {
        self.records.get(index).filter(|record| record.body == ACK).map(|record| (record.len, record.offset))
    }

    /// Address of the header bytes, for an embedder that reads them in place.
    #[must_use]
    pub fn bytes_ptr(&self) -> *const u8 {
        self.bytes.as_ptr()
    }

    /// Address of the records, [`FrameSink::RECORD_LEN`] numbers each.
    #[must_use]
    pub fn records_ptr(&self) -> *const u32 {
        self.records.as_ptr().cast()
    }

    pub(crate) fn clear(&mut self, encoding: Encoding) {
        self.encoding = encoding;
        self.bytes.clear();
        self.records.clear();
        self.payload = 0;
        self.greeting = 0;
    }

    /// Notes that the list just pushed is sent whole.
    pub(crate) fn end_list(&mut self, key: Key) {
        if let Some(record) = self.records.last_mut() {
            record.key = key.raw();
            record.body = LIST_LAST;
        }
    }

    pub(crate) fn push(&mut self, message: &Message<'_>) {
        let header_start = self.bytes.len() as u32;
        message.encode(&mut self.bytes, self.encoding);
        let header_len = self.bytes.len() as u32 - header_start;
        self.records.push(Record { header_start, header_len, ..Record::default() });
    }

    /// A part of a message follows what was just pushed.
    pub(crate) fn push_body(&mut self, body: Body) {
        if let Some(record) = self.records.last_mut() {
            record.key = body.key.raw();
            record.offset = body.offset;
            record.len = body.len;
            record.body = if body.last { BODY_LAST } else { BODY };
            self.payload += u64::from(body.len);
        }
    }

    /// Bytes that the collected frames will occupy on the transport.
    pub(crate) fn weight(&self) -> u64 {
        self.payload + self.bytes.len() as u64
    }

    /// What was collected so far is Reset and Hello.
    pub(crate) fn end_greeting(&mut self) {
        self.greeting = self.weight();
    }

    /// Bytes that the peer acknowledges.
    pub(crate) fn counted(&self) -> u64 {
        self.weight() - self.greeting
    }

    pub(crate) fn headers_len(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn has_payload(&self) -> bool {
        self.payload > 0
    }

    pub(crate) fn push_ack(&mut self, len: u32, offset: u32) {
        let header_start = self.bytes.len() as u32;
        self.records.push(Record { header_start, len, offset, body: ACK, ..Record::default() });
    }
}
