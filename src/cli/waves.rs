//! Responsible for the flags of an apply in waves.

use super::values::{parse_count_or_percent, parse_label, parse_wave};
use crate::model::{CountOrPercent, Wave};
use clap::{Args, ValueEnum};
use jiff::SignedDuration;
use std::time::Duration;

/// The longest pause between two waves.
const LONGEST_PAUSE: Duration = Duration::from_hours(24);

/// The waves of an apply.
#[derive(Args, Clone, Debug, Default)]
pub struct WaveArgs {
    /// Apply in waves of customers: cumulative sizes such as 1,5%,25%,100%, or labels such as
    /// label:tier=canary
    #[arg(
        long,
        value_name = "N|P%|label:KEY=VALUE,…",
        value_delimiter = ',',
        value_parser = parse_customer_wave,
        help_heading = "Waves"
    )]
    pub waves: Vec<Wave>,
    /// What has to be healthy before the next wave starts
    #[arg(
        long,
        value_name = "GATE",
        value_enum,
        default_value_t,
        requires = "waves",
        help_heading = "Waves"
    )]
    pub gate: HealthGate,
    /// Stop before the next wave after more failed or unhealthy customers than this
    #[arg(
        long,
        value_name = "N|P%",
        default_value = "0",
        requires = "waves",
        value_parser = parse_count_or_percent,
        help_heading = "Waves"
    )]
    pub wave_failures: Option<CountOrPercent>,
    /// How long to wait between two waves, such as 90s or 5m
    #[arg(long, value_name = "DURATION", requires = "waves", value_parser = parse_pause, help_heading = "Waves")]
    pub wave_pause: Option<Duration>,
}

/// The value of `--gate`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum HealthGate {
    /// The API's check of each connector that the wave wrote.
    #[default]
    Check,
    /// One read through each connector, which the vendor meters.
    Execute,
    /// No gate: only failed operations count.
    None,
}

fn parse_customer_wave(text: &str) -> Result<Wave, &'static str> {
    match text.strip_prefix("label:") {
        Some(label) => parse_label(label).map(|(key, value)| Wave::Label { key, value }),
        None => parse_wave(text).map(Wave::Size).map_err(
            |_| "a wave is a count from 1, a percentage from 1% to 100%, or label:KEY=VALUE",
        ),
    }
}

fn parse_pause(text: &str) -> Result<Duration, &'static str> {
    let duration = text.parse::<SignedDuration>().ok();
    duration
        .and_then(|duration| Duration::try_from(duration).ok())
        .filter(|duration| *duration <= LONGEST_PAUSE)
        .ok_or("a pause is a duration up to 24h, such as 90s or 5m")
}
