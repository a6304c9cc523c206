//! Responsible for values that are the mask of an excerpt, such as those that somebody copied from a terminal.

use super::MASKED;
use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::origin::Origin;

pub(super) const WITHOUT: &str = "write the value itself, or a reference to a secret";

/// Reports the mask in place of a value. The parser reports a text without quotation marks in the same words, and the
/// report has equal findings once.
pub(in crate::config) fn report_mask(origin: Origin<'_>, findings: &mut Findings) {
    let help = Some(WITHOUT.to_owned());
    findings.at(origin, Code::InvalidValue, MASKED, help);
}
