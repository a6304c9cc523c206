//! Rules about a customer's own fields.

use super::super::code::Code;
use super::super::raw::RawCustomer;
use super::super::source::{Findings, Place};
use super::did_you_mean;

pub(super) fn check(raw: &RawCustomer, place: Place<'_>, findings: &mut Findings) {
    let Some(region) = &raw.region else {
        return;
    };
    let known = ["us", "eu"].contains(&region.as_str()) || region.parse::<uuid::Uuid>().is_ok();
    if !known {
        let message = "`region` takes `us`, `eu` or a region's UUID";
        let help = did_you_mean(region, ["us", "eu"]);
        findings.at(place.key("region"), Code::InvalidValue, message, help);
    }
}
