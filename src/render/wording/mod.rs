//! Responsible for the sentences about blocks, refusals and results of steps, which `plan` and
//! `apply` report as data.

mod apply;
mod plan;

pub(crate) use apply::{STEPS, problem, warning};
pub(crate) use plan::{blocked, limit_source, plan_warning, refused};
