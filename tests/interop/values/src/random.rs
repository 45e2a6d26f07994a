//! Random values, with those at the edges of their types more often than others.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    marker::PhantomData,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6},
    ops::{Bound, Range, RangeFrom, RangeInclusive, RangeTo},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_bytes::ByteBuf;
use uuid::Uuid;

/// A source of randomness that knows how deep the present value stands in others.
pub struct Source {
    rng: fastrand::Rng,
    depth: u32,
}

impl Source {
    pub fn new(seed: u64) -> Self {
        Self { rng: fastrand::Rng::with_seed(seed), depth: 0 }
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: u32) -> u32 {
        self.rng.u32(..limit)
    }

    /// A value one level deeper.
    pub fn inside<T: Random>(&mut self) -> T {
        self.depth += 1;
        let value = T::random(self);
        self.depth -= 1;
        value
    }

    /// How many elements a container has: few, and none when it stands deep.
    fn len(&mut self) -> usize {
        if self.depth >= 5 { 0 } else { self.rng.usize(..4) }
    }

    fn bits(&mut self) -> u128 {
        self.rng.u128(..) >> self.below(128)
    }
}

pub trait Random {
    fn random(source: &mut Source) -> Self;
}

macro_rules! integers {
    ($($type:ty),*) => { $(
        impl Random for $type {
            fn random(source: &mut Source) -> Self {
                match source.below(8) {
                    0 => Self::MIN,
                    1 => Self::MAX,
                    2 => 0,
                    3 => (source.bits() as Self).wrapping_neg(),
                    // Around the powers of two, where encodings change their length.
                    4 => ((1_u128 << source.below(127)) as Self).wrapping_sub(source.below(3) as Self).wrapping_add(1),
                    _ => source.bits() as Self,
                }
            }
        }
    )* };
}

integers!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize);

macro_rules! floats {
    ($($type:ty),*) => { $(
        /// Only finite ones: JSON has no others.
        impl Random for $type {
            fn random(source: &mut Source) -> Self {
                match source.below(6) {
                    0 => 0.0,
                    1 => -0.5,
                    2 => source.below(1000) as Self,
                    3 => <$type>::random_bits(source),
                    4 => <$type>::MAX,
                    _ => source.rng.f64() as Self * 1000.0,
                }
            }
        }
    )* };
}

trait RandomBits {
    fn random_bits(source: &mut Source) -> Self;
}
impl RandomBits for f32 {
    fn random_bits(source: &mut Source) -> Self {
        let value = f32::from_bits(source.rng.u32(..));
        if value.is_finite() { value } else { 1.5 }
    }
}
impl RandomBits for f64 {
    fn random_bits(source: &mut Source) -> Self {
        let value = f64::from_bits(source.rng.u64(..));
        if value.is_finite() { value } else { 0.1 }
    }
}
floats!(f32, f64);

impl Random for bool {
    fn random(source: &mut Source) -> Self {
        source.rng.bool()
    }
}

impl Random for char {
    fn random(source: &mut Source) -> Self {
        match source.below(6) {
            0 => source.rng.char(..),
            1 => '\u{0}',
            2 => ['é', '"', '\\', '\n', '\u{7f}', '\u{2028}', '😀', '\u{10ffff}'][source.rng.usize(..8)],
            _ => source.rng.char('a'..='z'),
        }
    }
}

impl Random for String {
    fn random(source: &mut Source) -> Self {
        let len = match source.below(12) {
            0 => 0,
            // Around where lengths, and names in Postbag, need another form.
            1 => source.rng.usize(60..68),
            2 => source.rng.usize(120..132),
            _ => source.rng.usize(..9),
        };
        (0..len).map(|_| char::random(source)).collect()
    }
}

impl Random for ByteBuf {
    fn random(source: &mut Source) -> Self {
        let len = if source.below(10) == 0 { source.rng.usize(120..130) } else { source.rng.usize(..6) };
        Self::from((0..len).map(|_| source.rng.u8(..)).collect::<Vec<_>>())
    }
}

impl Random for () {
    fn random(_source: &mut Source) -> Self {}
}
impl<T> Random for PhantomData<T> {
    fn random(_source: &mut Source) -> Self {
        Self
    }
}
impl<T: Random> Random for Option<T> {
    fn random(source: &mut Source) -> Self {
        if source.depth >= 6 || source.below(3) == 0 { None } else { Some(source.inside()) }
    }
}
impl<T: Random> Random for Box<T> {
    fn random(source: &mut Source) -> Self {
        Box::new(source.inside())
    }
}
impl<T: Random, E: Random> Random for Result<T, E> {
    fn random(source: &mut Source) -> Self {
        if source.rng.bool() { Ok(source.inside()) } else { Err(source.inside()) }
    }
}
impl<T: Random, const N: usize> Random for [T; N] {
    fn random(source: &mut Source) -> Self {
        std::array::from_fn(|_| source.inside())
    }
}

macro_rules! containers {
    ($($type:ident: $($bound:ident)*),*) => { $(
        impl<T: Random $(+ $bound)*> Random for $type<T> {
            fn random(source: &mut Source) -> Self {
                (0..source.len()).map(|_| source.inside()).collect()
            }
        }
    )* };
}

containers!(Vec:, VecDeque:, BTreeSet: Ord);

impl<K: Random + Ord, V: Random> Random for BTreeMap<K, V> {
    fn random(source: &mut Source) -> Self {
        (0..source.len()).map(|_| (source.inside(), source.inside())).collect()
    }
}

macro_rules! tuples {
    ($(($($type:ident)*)),*) => { $(
        impl<$($type: Random),*> Random for ($($type,)*) {
            fn random(source: &mut Source) -> Self {
                ($($type::random(source),)*)
            }
        }
    )* };
}

tuples!((A), (A B), (A B C), (A B C D));

impl Random for Duration {
    fn random(source: &mut Source) -> Self {
        Self::new(u64::random(source), source.below(1_000_000_000))
    }
}
impl Random for SystemTime {
    fn random(source: &mut Source) -> Self {
        UNIX_EPOCH + Duration::new(source.rng.u64(..1 << 40), source.below(1_000_000_000))
    }
}
impl Random for Uuid {
    fn random(source: &mut Source) -> Self {
        Self::from_u128(source.rng.u128(..))
    }
}
impl<T: Random> Random for Range<T> {
    fn random(source: &mut Source) -> Self {
        T::random(source)..T::random(source)
    }
}
impl<T: Random> Random for RangeInclusive<T> {
    fn random(source: &mut Source) -> Self {
        T::random(source)..=T::random(source)
    }
}
impl<T: Random> Random for RangeFrom<T> {
    fn random(source: &mut Source) -> Self {
        T::random(source)..
    }
}
impl<T: Random> Random for RangeTo<T> {
    fn random(source: &mut Source) -> Self {
        ..T::random(source)
    }
}
impl<T: Random> Random for Bound<T> {
    fn random(source: &mut Source) -> Self {
        match source.below(3) {
            0 => Self::Unbounded,
            1 => Self::Included(T::random(source)),
            _ => Self::Excluded(T::random(source)),
        }
    }
}

impl Random for Ipv4Addr {
    fn random(source: &mut Source) -> Self {
        Self::from_bits(source.rng.u32(..))
    }
}
impl Random for Ipv6Addr {
    fn random(source: &mut Source) -> Self {
        // Groups of zeros are what is shortened.
        let mut groups = [0; 8];
        for group in &mut groups {
            *group = if source.rng.bool() { 0 } else { u16::random(source) };
        }
        if source.below(8) == 0 { Ipv4Addr::random(source).to_ipv6_mapped() } else { Self::from(groups) }
    }
}
impl Random for IpAddr {
    fn random(source: &mut Source) -> Self {
        if source.rng.bool() {
            Self::V4(Ipv4Addr::random(source))
        } else {
            Self::V6(Ipv6Addr::random(source))
        }
    }
}
impl Random for SocketAddrV4 {
    fn random(source: &mut Source) -> Self {
        Self::new(Ipv4Addr::random(source), u16::random(source))
    }
}
impl Random for SocketAddrV6 {
    fn random(source: &mut Source) -> Self {
        Self::new(Ipv6Addr::random(source), u16::random(source), 0, 0)
    }
}
impl Random for SocketAddr {
    fn random(source: &mut Source) -> Self {
        if source.rng.bool() {
            Self::V4(SocketAddrV4::random(source))
        } else {
            Self::V6(SocketAddrV6::random(source))
        }
    }
}
