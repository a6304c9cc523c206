//! Responsible for parsing argument values.

use crate::model::CountOrPercent;
use clap::builder::RangedU64ValueParser;

/// Parses a timeout. The maximum of one year keeps the sum of timeout and present time valid.
pub(super) fn seconds() -> RangedU64ValueParser {
    RangedU64ValueParser::new().range(0..=31_536_000)
}

pub(super) fn parse_count_or_percent(text: &str) -> Result<CountOrPercent, &'static str> {
    let wrong = "a limit is a count such as 20, or a percentage from 0% to 100%";
    match text.strip_suffix('%') {
        None => text.parse().map(CountOrPercent::Count).map_err(|_| wrong),
        Some(percent) => match percent.parse() {
            Ok(percent) if percent <= 100 => Ok(CountOrPercent::Percent(percent)),
            _ => Err(wrong),
        },
    }
}

pub(super) fn parse_rate(text: &str) -> Result<f64, &'static str> {
    match text.parse() {
        Ok(rate) if (0.01..=10_000.0).contains(&rate) => Ok(rate),
        _ => Err("a rate is a number from 0.01 to 10000"),
    }
}

#[cfg(test)]
mod tests {
    use super::{parse_count_or_percent, parse_rate};
    use crate::model::CountOrPercent;

    #[test]
    fn parse_count_or_percent_accepts_counts_and_percentages() {
        assert_eq!(parse_count_or_percent("20"), Ok(CountOrPercent::Count(20)));
        assert_eq!(
            parse_count_or_percent("15%"),
            Ok(CountOrPercent::Percent(15))
        );
    }

    #[test]
    fn parse_count_or_percent_of_anything_else_is_an_error() {
        for wrong in ["", "%", "-1", "101%", "1.5", "all"] {
            assert!(parse_count_or_percent(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn parse_rate_accepts_positive_numbers() {
        assert_eq!(parse_rate("5"), Ok(5.0));
        assert_eq!(parse_rate("0.5"), Ok(0.5));
    }

    #[test]
    fn parse_rate_of_anything_else_is_an_error() {
        for wrong in ["", "0", "-1", "inf", "NaN", "1e9", "5/s"] {
            assert!(parse_rate(wrong).is_err(), "{wrong}");
        }
    }
}
