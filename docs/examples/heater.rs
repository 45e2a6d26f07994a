//! A remote trait in Rust, for `cuttle import`. Cargo.toml: remoc, serde (feature "derive").

// #region readme
use remoc::prelude::*;
use std::time::Duration;

/// Heating failed.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub enum HeatError {
    /// It would become too hot.
    TooHot {
        /// What is allowed, in degrees.
        limit: u32,
    },
    /// The call itself failed.
    Call(rtc::CallError),
}

impl From<rtc::CallError> for HeatError {
    fn from(error: rtc::CallError) -> Self {
        Self::Call(error)
    }
}

/// A heater in another room.
#[rtc::remote(server(SharedMut, ReqReceiver))]
pub trait Heater {
    /// How hot it is, in degrees.
    async fn temperature(&self) -> Result<u32, rtc::CallError>;

    /// Tells how hot it is whenever that changes.
    async fn watch(&mut self) -> Result<rch::watch::Receiver<u32>, rtc::CallError>;

    /// Makes it hotter.
    async fn heat(&mut self, #[doc = "degrees to add"] by: u32) -> Result<(), HeatError>;

    /// Measures as often as told, with a pause between.
    async fn measure(&self, times: u32, pause: Duration) -> Result<rch::mpsc::Receiver<u32>, rtc::CallError>;
}
// #endregion
