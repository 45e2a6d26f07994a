//! Where the choices of a generator come from.

use crate::support::rng::Rng;

/// A source of choices.
pub trait Choices {
    /// A number below `end`, which must not be 0.
    fn below(&mut self, end: u32) -> u32;

    /// Whether nothing is left to choose from; then every choice is 0.
    fn is_exhausted(&self) -> bool;

    /// True once in `count` times.
    fn once_in(&mut self, count: u32) -> bool {
        self.below(count) == 1
    }

    /// A number from `low` to `high`, both included.
    fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.below(high - low + 1)
    }

    /// One of `from`, which must not be empty.
    fn one_of<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u32) as usize]
    }
}

/// Choices that a seed gives, without end.
pub struct Seeded(Rng);

impl Seeded {
    /// The same seed gives the same choices.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Rng::new(seed))
    }
}

impl Choices for Seeded {
    fn below(&mut self, end: u32) -> u32 {
        self.0.below(u64::from(end)) as u32
    }

    fn is_exhausted(&self) -> bool {
        false
    }
}

/// Choices that the bytes of a fuzzer give, few bytes for each, so that changing one changes one choice.
pub struct Bytes<'a>(pub &'a [u8]);

impl Choices for Bytes<'_> {
    fn below(&mut self, end: u32) -> u32 {
        let wanted = if end <= 1 << 8 { 1 } else { 4 };
        let (taken, rest) = self.0.split_at(wanted.min(self.0.len()));
        self.0 = rest;
        taken.iter().rev().fold(0u32, |value, byte| value << 8 | u32::from(*byte)) % end
    }

    fn is_exhausted(&self) -> bool {
        self.0.is_empty()
    }
}
