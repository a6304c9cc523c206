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

/// Refuses sizes that do not grow. A size counts all waves up to its own, so that such a wave would have nothing.
/// A count and a percentage cannot be compared before the total is known.
pub(super) fn check_growing(waves: impl Iterator<Item = Wave>) -> Result<(), String> {
    let (mut count, mut percent) = (None, None);
    for wave in waves {
        let is_after_all = percent == Some(100);
        let is_larger = match wave {
            Wave::Size(CountOrPercent::Count(size)) => count.replace(size) < Some(size),
            Wave::Size(CountOrPercent::Percent(size)) => percent.replace(size) < Some(size),
            Wave::Label { .. } => true,
        };
        if is_after_all || !is_larger {
            return Err(format!(
                "--waves: the wave {wave} selects nothing more, because sizes are cumulative and have to grow, as in 1,5%,25%,100%"
            ));
        }
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::{check_growing, parse_customer_wave};

    #[test]
    fn check_growing_refuses_waves_without_further_customers() {
        let check = |text: &str| {
            let waves: Result<Vec<_>, _> = text.split(',').map(parse_customer_wave).collect();
            check_growing(waves.unwrap().into_iter())
        };
        for text in [
            "1,5%,25%,100%",
            "label:a=b,1,10,50%",
            "10,5%",
            "50%,label:a=b,60%",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        for (text, wave) in [
            ("25%,5%", "5%"),
            ("1,50%,50%", "50%"),
            ("10,label:a=b,2", "2"),
            ("100%,label:a=b", "label:a=b"),
            ("100%,2000", "2000"),
        ] {
            let error = check(text).unwrap_err();
            assert!(
                error.contains(&format!("the wave {wave} selects")),
                "{error}"
            );
        }
    }
}
