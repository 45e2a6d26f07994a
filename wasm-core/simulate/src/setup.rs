//! The two ends and the network between them, in numbers that a regression test can repeat.
//!
//! Everything that depends on the fields of [`Config`] is here.

use cuttle_mux::{Capabilities, Config, Generation};

use crate::choices::Choices;

/// Two ends and the two directions between them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Setup {
    /// Of each end.
    pub ends: [Sizes; 2],
    /// `carriers[0]` carries from `ends[0]`.
    pub carriers: [Carrier; 2],
    /// Both ends acknowledge what they receive, as cuttle does.
    pub acks: bool,
}

/// Settings of one end; the names are short forms of those of [`Config`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "see the fields of Config")]
pub struct Sizes {
    pub features: Features,
    pub chunk: u32,
    pub send_chunk: u32,
    pub window: u32,
    pub connect_queue: u16,
    pub ports: u32,
    pub send_queue: u32,
    pub budget: u32,
    /// 0 for never.
    pub timeout_ms: u32,
}

/// What an end announces.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Features {
    /// The Hello of 0.18.
    Classic,
    /// The Hello of 0.20 with nothing beyond 0.18.
    Nothing,
    /// Numbers may be varints.
    Varint,
    /// A port may have one number, its asker's.
    PortSide,
    /// Received reports are answered; nobody asks for them here.
    Reports,
    /// Ports may be used before they are accepted.
    Early,
    /// Everything of 0.20 but a pool.
    All,
    /// A pool of credits for all ports, and nothing else.
    Pool,
    /// The pool as remoc 0.19 announces it.
    Pool19,
}

/// One of them is drawn for each end. A new feature is tested by a line here and one in [`Sizes::config`].
const FEATURES: &[Features] = &[
    Features::Classic,
    Features::Nothing,
    Features::Varint,
    Features::PortSide,
    Features::Reports,
    Features::Early,
    Features::All,
    Features::Pool,
    Features::Pool19,
];

/// One direction of the network.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Carrier {
    /// From the end of sending to arrival.
    pub latency_ms: u32,
    /// 0 for unlimited.
    pub bytes_per_ms: u32,
    /// Takes further frames only while fewer bytes than this wait to be sent.
    pub buffer_bytes: u32,
}

impl Sizes {
    /// Sizes so small that a message of 30 bytes is cut and blocked.
    pub const TINY: Self = Self {
        features: Features::Classic,
        chunk: 8,
        send_chunk: 8,
        window: 16,
        connect_queue: 4,
        ports: 8,
        send_queue: 64,
        budget: 1 << 24,
        timeout_ms: 0,
    };

    /// What this end may do with `peer`: what the peer announces, when this end knows it.
    pub(crate) fn may(&self, peer: &Self) -> Capabilities {
        match self.config().generation {
            Generation::V20 => peer.config().announced(),
            _ => Config::default().capabilities,
        }
    }

    /// The configuration of the core.
    #[must_use]
    pub fn config(&self) -> Config {
        let base = Config::default();
        let classic = base.capabilities;
        let (generation, capabilities) = match self.features {
            Features::Classic => (Generation::V18, classic),
            Features::Nothing => (Generation::V20, classic),
            Features::Varint => (Generation::V20, Capabilities { varint: true, ..classic }),
            Features::PortSide => (Generation::V20, Capabilities { port_side: true, ..classic }),
            Features::Reports => (Generation::V20, Capabilities { received_report: true, ..classic }),
            Features::Early => (Generation::V20, Capabilities { pre_connect: true, ..classic }),
            Features::All => (Generation::V20, Capabilities::from_bits(u32::MAX)),
            Features::Pool => (Generation::V20, Capabilities { global_credits: self.pool(), ..classic }),
            Features::Pool19 => (Generation::V19, Capabilities { global_credits: self.pool(), ..classic }),
        };
        Config {
            timeout_ms: self.timeout_ms.into(),
            chunk_size: self.chunk,
            max_send_chunk: self.send_chunk,
            port_receive_buffer: self.window,
            connect_queue: self.connect_queue,
            max_ports: self.ports,
            send_queue_bytes: self.send_queue,
            buffered_bytes: self.budget,
            generation,
            capabilities,
            ..base
        }
    }

    fn pool(&self) -> Option<u32> {
        Some(self.window * 2)
    }

    /// Sizes so small that most messages are cut and blocked; once in six, sizes at which ports compete for turns.
    pub(crate) fn generate(choices: &mut impl Choices, is_bulk: bool) -> Self {
        let features = choices.one_of(FEATURES);
        if is_bulk {
            return Self {
                features,
                chunk: choices.between(2_000, 16_384),
                send_chunk: choices.between(2_000, 16_384),
                window: choices.between(60_000, 400_000),
                connect_queue: 16,
                ports: choices.between(4, 12),
                send_queue: choices.below(200_000),
                budget: choices.one_of(&[16_777_216, 16_777_216, 300_000]),
                timeout_ms: 0,
            };
        }
        Self {
            features,
            chunk: choices.between(4, 64),
            send_chunk: choices.between(4, 64),
            window: choices.between(4, 104),
            connect_queue: choices.between(1, 5) as u16,
            ports: choices.between(1, 24),
            send_queue: choices.below(200),
            budget: choices.one_of(&[16_777_216, 16_777_216, 16_777_216, 1_000]),
            timeout_ms: choices.one_of(&[0, 0, 2_000, 10_000]),
        }
    }
}

impl Carrier {
    /// Everything arrives at once.
    pub const INSTANT: Self = Self { latency_ms: 0, bytes_per_ms: 0, buffer_bytes: 1 };
    /// Everything arrives late.
    pub const LATE: Self = Self { latency_ms: 20, ..Self::INSTANT };

    pub(crate) fn generate(choices: &mut impl Choices, is_bulk: bool) -> Self {
        let latency_ms = choices.one_of(&[0, 0, 1, 20]);
        // So fast that no chunk takes as long as a timeout.
        let bytes_per_ms =
            if is_bulk { choices.one_of(&[0, 500, 5_000]) } else { choices.one_of(&[0, 1, 10, 50]) };
        let buffer_bytes = if is_bulk { choices.between(1, 40_000) } else { choices.between(1, 100) };
        Self { latency_ms, bytes_per_ms, buffer_bytes }
    }
}

impl Setup {
    /// Two tiny ends that are alike.
    pub const TINY: Self = Self { ends: [Sizes::TINY; 2], carriers: [Carrier::INSTANT; 2], acks: false };

    pub(crate) fn generate(choices: &mut impl Choices) -> (Self, bool) {
        let is_bulk = choices.once_in(6);
        let mut ends = [(); 2].map(|()| Sizes::generate(choices, is_bulk));
        // An end with the Hello of 0.18 uses the pool of remoc 0.20; an end of this core would take that for a violation.
        if ends.iter().any(|end| end.config().capabilities.global_credits.is_some()) {
            for end in ends.iter_mut().filter(|end| end.features == Features::Classic) {
                end.features = Features::Nothing;
            }
        }
        let carriers = [(); 2].map(|()| Carrier::generate(choices, is_bulk));
        (Self { ends, carriers, acks: choices.once_in(3) }, is_bulk)
    }
}
