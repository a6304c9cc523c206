//! Responsible for parsing argument values.

use super::AdoptTarget;
use crate::model::{AddressError, CountOrPercent, Shard, WebOrigin};
use clap::builder::RangedU64ValueParser;
use std::num::NonZeroU16;
use uuid::Uuid;

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

/// A reason, which is reported, so that it is not blank.
pub(super) fn parse_reason(text: &str) -> Result<String, &'static str> {
    let reason = text.trim();
    if reason.is_empty() {
        return Err("a reason has at least one word");
    }
    Ok(reason.to_owned())
}

/// Parses the size of a wave. A wave without connectors would do nothing.
pub(super) fn parse_wave(text: &str) -> Result<CountOrPercent, &'static str> {
    match parse_count_or_percent(text) {
        Ok(CountOrPercent::Count(0) | CountOrPercent::Percent(0)) | Err(_) => {
            Err("a wave is a count from 1, or a percentage from 1% to 100%")
        }
        wave => wave,
    }
}

/// Parses a number of shards.
pub(super) fn parse_shards(text: &str) -> Result<NonZeroU16, String> {
    let count = format!("0/{text}").parse::<Shard>();
    let count = count.map_err(|_| "a number of shards is from 1 to 256".to_owned())?;
    NonZeroU16::new(count.count()).ok_or_else(|| "a number of shards is from 1 to 256".to_owned())
}

/// Parses `KEY=VALUE`.
pub(super) fn parse_label(text: &str) -> Result<(String, String), &'static str> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("a label is KEY=VALUE, such as tier=trial"),
    }
}

/// Whether a proxy is named by a URL with a host.
pub(super) fn is_proxy(text: &str) -> bool {
    ["http://", "https://"]
        .iter()
        .find_map(|scheme| text.strip_prefix(scheme))
        .is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['/', ':', '?', '#']))
}

/// Parses `SELECTOR`, `SELECTOR=ID`, `ID` or a table. A name may contain `=`, so only a UUID after the last
/// one is an id.
pub(super) fn parse_adopt_target(text: &str) -> Result<AdoptTarget, String> {
    if let Ok(id) = text.parse() {
        return Ok(AdoptTarget::Object(id));
    }
    if [".csv", ".json"]
        .iter()
        .any(|ending| text.ends_with(ending))
    {
        return Ok(AdoptTarget::Table(text.into()));
    }
    let wrong = |error: AddressError| error.to_string();
    let with_id = text.rsplit_once('=').and_then(|(address, id)| {
        let id: Uuid = id.parse().ok()?;
        Some((address, id))
    });
    match with_id {
        Some((address, id)) => {
            let address = address.parse().map_err(wrong)?;
            Ok(AdoptTarget::DeclaredAs(address, id))
        }
        None => text.parse().map(AdoptTarget::Declared).map_err(wrong),
    }
}

/// A web address, encrypted or of this machine. Its start is an origin, so that it has no user name.
pub(super) fn parse_web_url(text: &str) -> Result<String, String> {
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("write spaces and characters outside ASCII as %20 and the like".to_owned());
    }
    let (scheme, rest) = text.split_once("://").unwrap_or((text, ""));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    match format!("{scheme}://{authority}").parse::<WebOrigin>() {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(error.to_string()),
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
    use super::{
        is_proxy, parse_adopt_target, parse_count_or_percent, parse_rate, parse_wave, parse_web_url,
    };
    use crate::cli::AdoptTarget;
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
    fn parse_wave_of_nothing_is_an_error() {
        assert_eq!(parse_wave("1"), Ok(CountOrPercent::Count(1)));
        assert_eq!(parse_wave("100%"), Ok(CountOrPercent::Percent(100)));
        for wrong in ["0", "0%", "00", "", "all"] {
            assert!(parse_wave(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn is_proxy_accepts_urls_only() {
        assert!(is_proxy("http://proxy:3128") && is_proxy("https://user:x@proxy"));
        for wrong in [
            "foo",
            "proxy:3128",
            "http://",
            "http:///x",
            "ftp://proxy",
            "",
        ] {
            assert!(!is_proxy(wrong), "{wrong}");
        }
    }

    #[test]
    fn parse_web_url_of_own_page_is_accepted() {
        for text in [
            "https://app.example.com",
            "https://app.example.com:8443/connected?from=airlift#top",
            "https://app.example.com?next=https://b.example/@x",
            "http://localhost:3000/done",
            "http://127.0.0.1/",
        ] {
            assert_eq!(parse_web_url(text).as_deref(), Ok(text));
        }
    }

    #[test]
    fn parse_web_url_of_other_host_or_with_user_name_is_an_error() {
        for wrong in [
            "http://localhost.evil.example/",
            "http://127.0.0.1.evil",
            "https://user:pw@app.example.com",
            "https://app.example.com\\@evil.example",
            "https:///x",
            "https://",
            "https://a.example/a b",
            "https://a.example/é",
            "javascript:alert(1)",
            "/connected",
        ] {
            assert!(parse_web_url(wrong).is_err(), "{wrong}");
        }
    }

    const ID: &str = "5b0c6f0e-6a51-4f2f-9f6d-2f6f5a1f3c11";

    #[test]
    fn parse_adopt_target_of_selector_is_declared() {
        let target = AdoptTarget::Declared("acme/a=b".parse().unwrap());
        assert_eq!(parse_adopt_target("acme/a=b"), Ok(target));
    }

    #[test]
    fn parse_adopt_target_of_selector_and_id_is_declared_as() {
        let target = AdoptTarget::DeclaredAs("acme/a=b".parse().unwrap(), ID.parse().unwrap());
        assert_eq!(parse_adopt_target(&format!("acme/a=b={ID}")), Ok(target));
    }

    #[test]
    fn parse_adopt_target_of_id_is_object() {
        let target = AdoptTarget::Object(ID.parse().unwrap());
        assert_eq!(parse_adopt_target(ID), Ok(target));
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
