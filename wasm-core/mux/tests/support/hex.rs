//! Frames as text.

use super::end::Frame;

/// Bytes of hex digits; blanks are skipped.
pub fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        hex.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_digit(16).unwrap() as u8).collect();
    assert!(digits.len().is_multiple_of(2), "odd number of digits in {hex:?}");
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// Hex digits without blanks.
pub fn text(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `header` or `header|payload`, blanks in `hex` skipped.
pub fn frame(hex: &str) -> Frame {
    match hex.split_once('|') {
        Some((header, payload)) => Frame { header: bytes(header), payload: Some(bytes(payload)) },
        None => Frame { header: bytes(hex), payload: None },
    }
}

/// The inverse of [`frame`].
pub fn of_frame(frame: &Frame) -> String {
    match &frame.payload {
        Some(payload) => format!("{}|{}", text(&frame.header), text(payload)),
        None => text(&frame.header),
    }
}

/// Without blanks.
pub fn squeeze(hex: &str) -> String {
    hex.chars().filter(|c| !c.is_whitespace()).collect()
}
