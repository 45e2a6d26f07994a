//! The codecs of remoc, by the names that the TypeScript side has for them.

use bincode::{config, serde as bincode_serde};
use postbag_1::cfg::Cfg;
use serde::{Serialize, de::DeserializeOwned};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    Json,
    Cbor,
    MessagePack,
    Postbag,
    PostbagSlim,
    Postbag1,
    Postbag1Slim,
    Postcard,
    Bincode,
    Bincode2,
}

impl Codec {
    pub const ALL: &[Self] = &[
        Self::Json,
        Self::Cbor,
        Self::MessagePack,
        Self::Postbag,
        Self::PostbagSlim,
        Self::Postbag1,
        Self::Postbag1Slim,
        Self::Postcard,
        Self::Bincode,
        Self::Bincode2,
    ];
    /// All but JSON, which has no NaN and no keys that are not strings.
    pub const BINARY: &[Self] = Self::ALL.split_at(1).1;
    /// Those whose bytes say what they are.
    pub const DESCRIBED: &[Self] = Self::ALL.split_at(3).0;
    /// Those whose bytes do not say what they are, so that nothing collapses.
    pub const EXACT: &[Self] = Self::ALL.split_at(3).1;
    /// Those with names for fields.
    pub const NAMED: &[Self] = &[Self::Json, Self::Cbor, Self::MessagePack, Self::Postbag, Self::Postbag1];

    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Cbor => "cbor",
            Self::MessagePack => "messagePack",
            Self::Postbag => "postbag",
            Self::PostbagSlim => "postbagSlim",
            Self::Postbag1 => "postbag1",
            Self::Postbag1Slim => "postbag1Slim",
            Self::Postcard => "postcard",
            Self::Bincode => "bincode",
            Self::Bincode2 => "bincode2",
        }
    }

    pub fn encode<T: Serialize>(self, value: &T) -> Result<Vec<u8>, String> {
        match self {
            Self::Json => serde_json::to_vec(value).map_err(text),
            Self::Cbor => {
                let mut bytes = Vec::new();
                ciborium::into_writer(value, &mut bytes).map_err(text)?;
                Ok(bytes)
            }
            Self::MessagePack => rmp_serde::to_vec_named(value).map_err(text),
            Self::Postbag => postbag_0_4::to_full_vec(value).map_err(text),
            Self::PostbagSlim => postbag_0_4::to_slim_vec(value).map_err(text),
            Self::Postbag1 => postbag_1::to_vec(postbag::<true>(), value).map_err(text),
            Self::Postbag1Slim => postbag_1::to_vec(postbag::<false>(), value).map_err(text),
            Self::Postcard => postcard::to_stdvec(value).map_err(text),
            Self::Bincode => bincode_serde::encode_to_vec(value, config::legacy()).map_err(text),
            Self::Bincode2 => bincode_serde::encode_to_vec(value, config::standard()).map_err(text),
        }
    }

    pub fn decode<T: DeserializeOwned>(self, bytes: &[u8]) -> Result<T, String> {
        match self {
            Self::Json => serde_json::from_slice(bytes).map_err(text),
            Self::Cbor => ciborium::from_reader(bytes).map_err(text),
            Self::MessagePack => rmp_serde::from_slice(bytes).map_err(text),
            Self::Postbag => postbag_0_4::from_full_slice(bytes).map_err(text),
            Self::PostbagSlim => postbag_0_4::from_slim_slice(bytes).map_err(text),
            Self::Postbag1 => postbag_1::deserialize(postbag::<true>(), bytes).map_err(text),
            Self::Postbag1Slim => postbag_1::deserialize(postbag::<false>(), bytes).map_err(text),
            Self::Postcard => postcard::from_bytes(bytes).map_err(text),
            Self::Bincode => bincode_serde::decode_from_slice(bytes, config::legacy())
                .map(|(value, _)| value)
                .map_err(text),
            Self::Bincode2 => bincode_serde::decode_from_slice(bytes, config::standard())
                .map(|(value, _)| value)
                .map_err(text),
        }
    }
}

/// As remoc, whose messages have no header.
fn postbag<const WITH_IDENTS: bool>() -> Cfg<WITH_IDENTS> {
    Cfg::new().with_header(false)
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
