//! Writes random values of many types in every codec, reads what the other side made of them, and compares.
//!
//! `values SEED COUNT` writes to stdout, for COUNT values of each type, one line for each codec that can carry the type:
//! its name, the codec, the number of the value, and the bytes in hex. Lines of one value stand together. An empty line
//! ends it. Then it reads lines of the same form from stdin, in any order and up to the end: the bytes after the other side
//! has read and written the value. Each must be the same bytes, and give the same value. What differs is written to stdout,
//! one line each, at most two of each type and codec; the last line is `checked N, D differ`.

mod codecs;
mod random;
mod types;

use std::{
    collections::BTreeMap,
    io::{self, BufWriter, Read, Write},
};

use codecs::Codec;
use types::TYPES;

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let seed = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(0);
    let count = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(100);
    write_all(seed, count)?;
    let mut input = String::new();
    io::stdin().read_to_string(&mut input)?;
    let mut differences = BTreeMap::<String, u32>::new();
    let mut checked = 0;
    for line in input.lines() {
        checked += 1;
        if let Err(problem) = check(seed, line) {
            let kind = line.split(' ').take(2).collect::<Vec<_>>().join(" ");
            let seen = differences.entry(kind).or_default();
            *seen += 1;
            if *seen <= 2 {
                println!("{line}: {problem}");
            }
        }
    }
    println!("checked {checked}, {} differ", differences.values().sum::<u32>());
    Ok(())
}

fn write_all(seed: u64, count: u64) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    for kind in TYPES {
        for number in 0..count {
            for codec in kind.codecs {
                let bytes = (kind.encode)(*codec, seed_of(seed, kind.name, number))
                    .unwrap_or_else(|error| panic!("{} in {codec:?}: {error}", kind.name));
                writeln!(out, "{} {} {number} {}", kind.name, codec.name(), hex(&bytes))?;
            }
        }
    }
    writeln!(out)?;
    out.flush()
}

fn check(seed: u64, line: &str) -> Result<(), String> {
    let mut parts = line.split(' ');
    let mut next = || parts.next().ok_or("a part of the line is missing");
    let (name, codec, number, text) = (next()?, next()?, next()?, next()?);
    let kind = TYPES.iter().find(|kind| kind.name == name).ok_or("no such type")?;
    let codec = Codec::ALL.iter().copied().find(|known| known.name() == codec).ok_or("no such codec")?;
    let number: u64 = number.parse().map_err(|_| "no number")?;
    (kind.check)(codec, seed_of(seed, name, number), &bytes(text)?)
}

/// The seed of one value, whatever others there are.
fn seed_of(seed: u64, name: &str, number: u64) -> u64 {
    let mut hash = seed ^ 0xcbf2_9ce4_8422_2325;
    for byte in name.bytes().chain(number.to_le_bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash
}

/// Bytes as hex digits; `-` for none.
pub fn hex(bytes: &[u8]) -> String {
    if bytes.is_empty() { "-".to_owned() } else { bytes.iter().map(|byte| format!("{byte:02x}")).collect() }
}

fn bytes(text: &str) -> Result<Vec<u8>, String> {
    let digits = if text == "-" { "" } else { text };
    (0..digits.len())
        .step_by(2)
        .map(|i| {
            digits
                .get(i..i + 2)
                .and_then(|pair| u8::from_str_radix(pair, 16).ok())
                .ok_or(format!("no hex: {text}"))
        })
        .collect()
}
