//! The types: every shape of the serde data model, alone and within others. `tests/interop/values-types.ts` describes the
//! same ones by the same names.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fmt::Debug,
    marker::PhantomData,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6},
    num::Wrapping,
    ops::{Bound, Range, RangeFrom, RangeInclusive, RangeTo},
    time::{Duration, SystemTime},
};

use postbag_1::{compact, fixint, recoverable, varfloat};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_bytes::ByteBuf;
use uuid::Uuid;

use crate::{
    codecs::Codec,
    hex,
    random::{Random, Source},
};

/// A type, and what is done with its values.
pub struct Kind {
    pub name: &'static str,
    /// The codecs that can carry it.
    pub codecs: &'static [Codec],
    /// The bytes of the value that a seed makes.
    pub encode: fn(Codec, u64) -> Result<Vec<u8>, String>,
    /// Whether these are the same bytes, and those of the same value.
    pub check: fn(Codec, u64, &[u8]) -> Result<(), String>,
}

const fn kind<T: Value>(name: &'static str, codecs: &'static [Codec]) -> Kind {
    Kind { name, codecs, encode: encode::<T>, check: check::<T> }
}

pub trait Value: Random + Serialize + DeserializeOwned + PartialEq + Debug {}
impl<T: Random + Serialize + DeserializeOwned + PartialEq + Debug> Value for T {}

fn encode<T: Value>(codec: Codec, seed: u64) -> Result<Vec<u8>, String> {
    codec.encode(&T::random(&mut Source::new(seed)))
}

fn check<T: Value>(codec: Codec, seed: u64, bytes: &[u8]) -> Result<(), String> {
    let value = T::random(&mut Source::new(seed));
    let expected = codec.encode(&value)?;
    let read: T = codec.decode(bytes)?;
    if read != value {
        return Err(format!("the value is {value:?}"));
    }
    if bytes != expected { Err(format!("the bytes are {}", hex(&expected))) } else { Ok(()) }
}

pub const TYPES: &[Kind] = &[
    kind::<Scalars>("Scalars", Codec::ALL),
    kind::<Units>("Units", Codec::ALL),
    kind::<Binary>("Binary", Codec::ALL),
    kind::<Options>("Options", Codec::ALL),
    kind::<Tuples>("Tuples", Codec::ALL),
    kind::<Sequences>("Sequences", Codec::ALL),
    kind::<Maps>("Maps", Codec::ALL),
    kind::<Vec<E>>("Enums", Codec::ALL),
    kind::<Results>("Results", Codec::ALL),
    kind::<Tree>("Tree", Codec::ALL),
    kind::<Standard>("Standard", Codec::ALL),
    kind::<Addresses>("Addresses", Codec::ALL),
    kind::<Names>("Names", Codec::ALL),
    kind::<Page<E>>("Page", Codec::ALL),
    kind::<Compact>("Compact", Codec::ALL),
    kind::<Recoverables>("Recoverables", Codec::ALL),
    kind::<Vec<Outer>>("Nested", Codec::ALL),
    kind::<Varfloats>("Varfloats", Codec::BINARY),
    kind::<AnyKeys>("AnyKeys", Codec::BINARY),
    kind::<Vec<Float>>("Floats", Codec::BINARY),
    kind::<NestedOptions>("NestedOptions", Codec::EXACT),
    kind::<Skipping>("Skipping", Codec::NAMED),
    kind::<Vec<Adjacent>>("Adjacent", Codec::NAMED),
    kind::<Vec<AdjacentStruct>>("AdjacentStruct", Codec::DESCRIBED),
    kind::<Vec<Internal>>("Internal", Codec::DESCRIBED),
    kind::<Vec<Untagged>>("Untagged", Codec::DESCRIBED),
    kind::<Flat>("Flat", Codec::DESCRIBED),
];

/// A struct whose fields are random.
macro_rules! structs {
    ($($(#[$meta:meta])* struct $name:ident $(<$T:ident>)? { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* })*) => { $(
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        $(#[$meta])*
        pub struct $name $(<$T>)? { $($(#[$field_meta])* $field: $type,)* }

        impl $(<$T: Random>)? Random for $name $(<$T>)? {
            #[allow(unused_variables)]
            fn random(source: &mut Source) -> Self {
                Self { $($field: source.inside(),)* }
            }
        }
    )* };
}

structs! {
    struct Scalars {
        bool: bool,
        u8: u8,
        u16: u16,
        u32: u32,
        u64: u64,
        u128: u128,
        usize: usize,
        i8: i8,
        i16: i16,
        i32: i32,
        i64: i64,
        i128: i128,
        isize: isize,
        f32: f32,
        f64: f64,
        char: char,
        str: String,
    }
    struct Units {
        unit: (),
        unit_struct: Unit,
        phantom: PhantomData<u8>,
        empty: Empty,
        list: Vec<()>,
        u8: u8,
    }
    struct Empty {}
    struct Binary {
        bytes: ByteBuf,
        vec: Vec<u8>,
        array: [u8; 5],
        maybe: Option<ByteBuf>,
        list: Vec<ByteBuf>,
    }
    struct Options {
        u32: Option<u32>,
        str: Option<String>,
        seq: Option<Vec<Option<i8>>>,
        variant: Option<E>,
        boxed: Option<Box<Options>>,
    }
    struct NestedOptions {
        twice: Option<Option<u32>>,
        unit: Option<()>,
        unit_struct: Option<Unit>,
        thrice: Vec<Option<Option<Option<bool>>>>,
    }
    struct Tuples {
        one: (u32,),
        many: (u8, String, (bool, i16)),
        newtype: Newtype,
        pair: Pair,
        nothing: Nothing,
        array: [[i16; 2]; 3],
    }
    struct Sequences {
        vec: Vec<Vec<i32>>,
        deque: VecDeque<String>,
        set: BTreeSet<u16>,
        chars: Vec<char>,
        structs: Vec<P>,
    }
    struct Maps {
        str: BTreeMap<String, u32>,
        u32: BTreeMap<u32, String>,
        i64: BTreeMap<i64, bool>,
        u128: BTreeMap<u128, u8>,
        char: BTreeMap<char, i32>,
        bool: BTreeMap<bool, i32>,
        unit: BTreeMap<Key, u8>,
        newtype: BTreeMap<KeyOf, P>,
        nested: BTreeMap<String, BTreeMap<String, Vec<u8>>>,
    }
    struct AnyKeys {
        tuple: BTreeMap<(u8, i8), String>,
        seq: BTreeMap<Vec<u16>, u8>,
        option: BTreeMap<Option<u8>, u8>,
        set: BTreeSet<(bool, char)>,
    }
    #[derive(Default)]
    struct P {
        x: u32,
        y: String,
    }
    struct Results {
        value: Result<u32, String>,
        nothing: Result<(), E>,
        nested: Vec<Result<Result<i8, ()>, P>>,
    }
    struct Tree {
        value: u8,
        children: Vec<Tree>,
        next: Option<Box<Tree>>,
    }
    struct Standard {
        duration: Duration,
        time: SystemTime,
        uuid: Uuid,
        range: Range<u8>,
        inclusive: RangeInclusive<i16>,
        from: RangeFrom<u32>,
        to: RangeTo<u64>,
        bound: Bound<u16>,
        wrapping: Wrap,
    }
    struct Addresses {
        v4: Ipv4Addr,
        v6: Ipv6Addr,
        ip: IpAddr,
        socket_v4: SocketAddrV4,
        socket_v6: SocketAddrV6,
        sockets: Vec<SocketAddr>,
    }
    struct Names {
        _0: u8,
        _59: u8,
        _60: u8,
        #[serde(rename = "with space é")]
        renamed: u8,
        #[serde(rename = "type")]
        kind: Numbered,
        #[serde(rename = "a23456789b123456789b123456789b123456789b123456789b123456789b123")]
        long: u8,
        #[serde(rename = "a23456789b123456789b123456789b123456789b123456789b123456789b1234")]
        longer: u8,
        r#__proto__: u8,
        constructor: String,
    }
    struct Page<T> {
        items: Vec<T>,
        next: Option<u32>,
    }
    struct Compact {
        #[serde(with = "compact")]
        result: Result<u32, String>,
        #[serde(with = "compact")]
        duration: Duration,
        #[serde(with = "compact")]
        time: SystemTime,
        #[serde(with = "compact")]
        range: Range<u32>,
        #[serde(with = "compact")]
        inclusive: RangeInclusive<u32>,
        #[serde(with = "compact")]
        from: RangeFrom<u32>,
        #[serde(with = "compact")]
        to: RangeTo<u32>,
        #[serde(with = "compact")]
        bound: Bound<u32>,
        #[serde(with = "compact")]
        ip: IpAddr,
        #[serde(with = "compact")]
        socket: SocketAddr,
        #[serde(with = "fixint")]
        fixed: u32,
        #[serde(with = "fixint")]
        fixed_i16: i16,
    }
    struct Varfloats {
        #[serde(with = "varfloat")]
        f32: f32,
        #[serde(with = "varfloat")]
        f64: f64,
    }
    struct Recoverables {
        #[serde(with = "recoverable")]
        str: String,
        #[serde(with = "recoverable")]
        seq: Vec<u32>,
        #[serde(with = "recoverable")]
        variant: E,
        u8: u8,
        #[serde(with = "recoverable")]
        inner: P,
    }
    struct Outer {
        inner: P,
        list: Vec<P>,
        opt: Option<P>,
        en: Vec<E>,
        e: E,
        map: BTreeMap<String, E>,
        tuple: (E, Option<Vec<Newtype>>),
    }
    struct Skipping {
        #[serde(skip_serializing_if = "Option::is_none")]
        a: Option<u32>,
        b: u8,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        c: Vec<u8>,
        #[serde(default)]
        d: String,
    }
    struct Flat {
        id: u32,
        #[serde(flatten)]
        page: Point,
        name: String,
        #[serde(flatten)]
        kind: External,
        #[serde(flatten)]
        maybe: Option<Extra>,
        #[serde(flatten)]
        rest: Rest,
    }
    struct Point {
        px: i32,
        py: Option<i32>,
    }
    struct Extra {
        extra: Vec<u8>,
        more: bool,
    }
}

/// The entries that nobody else has: their names begin with a letter that no field has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rest(BTreeMap<String, Vec<i8>>);
impl Random for Rest {
    fn random(source: &mut Source) -> Self {
        let map: BTreeMap<String, Vec<i8>> = source.inside();
        Self(map.into_iter().map(|(key, value)| (format!("z{key}"), value)).collect())
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Unit;
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Newtype(u32);
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pair(u32, bool);
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Nothing();
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct KeyOf(i16);
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Wrap(Wrapping<u32>);

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub enum E {
    #[default]
    U,
    N(u32),
    T(u32, bool),
    S {
        a: u8,
        b: Option<u8>,
    },
    Empty {},
    EmptyTuple(),
    Nested(Box<E>),
    Text(String),
    List(Vec<E>),
    UnitOf(()),
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Key {
    A,
    #[serde(rename = "b key")]
    B,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Numbered {
    _0,
    _1(u32),
    _59 { _0: u8 },
    _60,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t", content = "c")]
pub enum Adjacent {
    Unit,
    New(P),
    Number(u32),
    #[serde(rename = "tuple variant")]
    Tuple(u8, String),
}

/// Of its own, because serde reads such variants by looking ahead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t", content = "c")]
pub enum AdjacentStruct {
    Unit,
    Struct { a: Option<bool>, b: Vec<u8> },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum Internal {
    Unit,
    New(P),
    #[serde(rename = "structure")]
    Struct {
        a: Option<bool>,
        b: Vec<i32>,
    },
    Open(BTreeMap<String, String>),
    Inner(Inner),
    Flat(Merged),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "inner")]
pub enum Inner {
    A,
    B { x: u8 },
}

structs! {
    struct Merged {
        own: u8,
        #[serde(flatten)]
        point: Point,
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Untagged {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    List(Vec<Untagged>),
    Struct { u: u8, v: Box<Untagged> },
    Tagged(Internal),
    Map(BTreeMap<String, u8>),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum External {
    Ext0(u8),
    Ext1 { q: bool },
    Ext2(u8, u8),
}

/// Equal by its bits, so that NaN equals itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Float(f64, f32);
impl PartialEq for Float {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits() && self.1.to_bits() == other.1.to_bits()
    }
}

impl Random for Float {
    fn random(source: &mut Source) -> Self {
        let special = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 5e-324, 1e16, 0.1];
        let value = special[source.below(7) as usize];
        Self(value, if value.is_nan() { f32::NAN } else { value as f32 })
    }
}
impl Random for Unit {
    fn random(_source: &mut Source) -> Self {
        Self
    }
}
impl Random for Newtype {
    fn random(source: &mut Source) -> Self {
        Self(u32::random(source))
    }
}
impl Random for Pair {
    fn random(source: &mut Source) -> Self {
        Self(u32::random(source), bool::random(source))
    }
}
impl Random for Nothing {
    fn random(_source: &mut Source) -> Self {
        Self()
    }
}
impl Random for KeyOf {
    fn random(source: &mut Source) -> Self {
        Self(i16::random(source))
    }
}
impl Random for Wrap {
    fn random(source: &mut Source) -> Self {
        Self(Wrapping(u32::random(source)))
    }
}
impl Random for Key {
    fn random(source: &mut Source) -> Self {
        if bool::random(source) { Self::A } else { Self::B }
    }
}
impl Random for Numbered {
    fn random(source: &mut Source) -> Self {
        match source.below(4) {
            0 => Self::_0,
            1 => Self::_1(source.inside()),
            2 => Self::_59 { _0: source.inside() },
            _ => Self::_60,
        }
    }
}
impl Random for E {
    fn random(source: &mut Source) -> Self {
        match source.below(10) {
            1 => Self::N(source.inside()),
            2 => Self::T(source.inside(), source.inside()),
            3 => Self::S { a: source.inside(), b: source.inside() },
            4 => Self::Empty {},
            5 => Self::EmptyTuple(),
            6 => Self::Nested(source.inside()),
            7 => Self::Text(source.inside()),
            8 => Self::List(source.inside()),
            9 => Self::UnitOf(()),
            _ => Self::U,
        }
    }
}
impl Random for Adjacent {
    fn random(source: &mut Source) -> Self {
        match source.below(4) {
            0 => Self::New(source.inside()),
            1 => Self::Number(source.inside()),
            2 => Self::Tuple(source.inside(), source.inside()),
            _ => Self::Unit,
        }
    }
}
impl Random for AdjacentStruct {
    fn random(source: &mut Source) -> Self {
        if bool::random(source) {
            Self::Unit
        } else {
            Self::Struct { a: source.inside(), b: source.inside() }
        }
    }
}
impl Random for Internal {
    fn random(source: &mut Source) -> Self {
        match source.below(6) {
            0 => Self::New(source.inside()),
            1 => Self::Struct { a: source.inside(), b: source.inside() },
            2 => Self::Open(source.inside()),
            3 => Self::Inner(source.inside()),
            4 => Self::Flat(source.inside()),
            _ => Self::Unit,
        }
    }
}
impl Random for Inner {
    fn random(source: &mut Source) -> Self {
        if bool::random(source) { Self::A } else { Self::B { x: source.inside() } }
    }
}
impl Random for Untagged {
    fn random(source: &mut Source) -> Self {
        match source.below(9) {
            0 => Self::Bool(source.inside()),
            // A float of the same value would be read as an integer in MessagePack.
            1 => Self::Int(source.inside()),
            2 => Self::Float(f64::from(source.below(1000)) + 0.5),
            3 => Self::Text(source.inside()),
            4 => Self::List(source.inside()),
            5 => Self::Struct { u: source.inside(), v: source.inside() },
            6 => Self::Tagged(source.inside()),
            7 => Self::Map(source.inside()),
            _ => Self::Null,
        }
    }
}
impl Random for External {
    fn random(source: &mut Source) -> Self {
        match source.below(3) {
            0 => Self::Ext0(source.inside()),
            1 => Self::Ext1 { q: source.inside() },
            _ => Self::Ext2(source.inside(), source.inside()),
        }
    }
}
