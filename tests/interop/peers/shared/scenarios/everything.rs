//! One struct with every serde shape.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::super::route::CodecName;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Everything {
    pub flag: bool,
    pub u8: u8,
    pub u16: u16,
    pub u32: u32,
    pub u64: u64,
    pub u128: u128,
    pub i8: i8,
    pub i16: i16,
    pub i32: i32,
    pub i64: i64,
    pub i128: i128,
    pub f32: f32,
    pub f64: f64,
    pub char: char,
    pub text: String,
    /// One block of bytes.
    pub bytes: ByteBuf,
    /// A sequence of numbers.
    pub byte_list: Vec<u8>,
    pub maybe: Option<u32>,
    pub maybe_maybe: Option<Option<u32>>,
    pub list: Vec<String>,
    pub tuple: (u32, bool, String),
    pub array: [u16; 3],
    pub map: BTreeMap<String, u32>,
    pub number_map: BTreeMap<u32, String>,
    pub set: BTreeSet<u32>,
    pub nested: Nested,
    pub unit_struct: Marker,
    pub newtype: Meters,
    pub tuple_struct: Point,
    pub shapes: Vec<Shape>,
    pub result: Result<u32, String>,
    pub duration: Duration,
    pub unit: (),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Nested {
    pub id: u32,
    pub label: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Marker;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Meters(pub f64);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point(pub i32, pub i32);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Shape {
    Empty,
    Circle(f64),
    Rectangle(u32, u32),
    Label { text: String, size: u8 },
}

impl Everything {
    /// Values with small, lowest and highest contents that survive the codec unchanged.
    pub fn samples(codec: CodecName) -> Vec<Self> {
        // JSON cannot tell Some(None) from None.
        let some_none = match codec {
            CodecName::Postbag => Some(None),
            _ => Some(Some(0)),
        };
        vec![small(), Self { maybe_maybe: some_none, ..lowest() }, highest()]
    }
}

fn small() -> Everything {
    Everything {
        flag: true,
        u8: 1,
        u16: 300,
        u32: 70_000,
        u64: 5_000_000_000,
        u128: 20_000_000_000_000_000_000,
        i8: -1,
        i16: -300,
        i32: -70_000,
        i64: -5_000_000_000,
        i128: -20_000_000_000_000_000_000,
        f32: 1.5,
        f64: -0.1,
        char: 'ä',
        text: "grüße 🦑".to_owned(),
        bytes: ByteBuf::from([0, 1, 127, 128, 255]),
        byte_list: vec![0, 1, 127, 128, 255],
        maybe: Some(7),
        maybe_maybe: Some(Some(7)),
        list: vec!["one".to_owned(), String::new(), "three".to_owned()],
        tuple: (1, true, "two".to_owned()),
        array: [1, 300, 65_535],
        map: BTreeMap::from([("a".to_owned(), 1), ("b".to_owned(), 2)]),
        number_map: BTreeMap::from([(1, "a".to_owned()), (300, "b".to_owned())]),
        set: BTreeSet::from([3, 1, 2]),
        nested: Nested { id: 9, label: Some("inner".to_owned()) },
        unit_struct: Marker,
        newtype: Meters(2.5),
        tuple_struct: Point(-3, 4),
        shapes: vec![
            Shape::Empty,
            Shape::Circle(0.5),
            Shape::Rectangle(3, 4),
            Shape::Label { text: "hi".to_owned(), size: 12 },
        ],
        result: Ok(5),
        duration: Duration::new(90, 5),
        unit: (),
    }
}

fn lowest() -> Everything {
    Everything {
        flag: false,
        u8: u8::MIN,
        u16: u16::MIN,
        u32: u32::MIN,
        u64: u64::MIN,
        u128: u128::MIN,
        i8: i8::MIN,
        i16: i16::MIN,
        i32: i32::MIN,
        i64: i64::MIN,
        i128: i128::MIN,
        f32: f32::MIN,
        f64: f64::MIN,
        char: '\0',
        text: String::new(),
        bytes: ByteBuf::new(),
        byte_list: Vec::new(),
        maybe: None,
        maybe_maybe: None,
        list: Vec::new(),
        tuple: (0, false, String::new()),
        array: [0; 3],
        map: BTreeMap::new(),
        number_map: BTreeMap::new(),
        set: BTreeSet::new(),
        nested: Nested { id: 0, label: None },
        unit_struct: Marker,
        newtype: Meters(0.0),
        tuple_struct: Point(i32::MIN, i32::MAX),
        shapes: Vec::new(),
        result: Err(String::new()),
        duration: Duration::ZERO,
        unit: (),
    }
}

fn highest() -> Everything {
    Everything {
        u8: u8::MAX,
        u16: u16::MAX,
        u32: u32::MAX,
        u64: u64::MAX,
        u128: u128::MAX,
        i8: i8::MAX,
        i16: i16::MAX,
        i32: i32::MAX,
        i64: i64::MAX,
        i128: i128::MAX,
        f32: f32::MAX,
        f64: f64::MAX,
        char: char::MAX,
        result: Err("no".to_owned()),
        duration: Duration::new(u64::MAX, 999_999_999),
        ..small()
    }
}
