//! Responsible for the sentences about blocks, refusals, warnings and results of steps, which `plan` and
//! `apply` report as data.

mod apply;
mod plan;
mod plan_warning;

pub(crate) use apply::{STEPS, problem, warning};
pub(crate) use plan::{
    block_cause, block_code, block_detail, blocked, limit_source, refusal_code, refused,
};
pub(crate) use plan_warning::{escaped_name, plan_warning};
