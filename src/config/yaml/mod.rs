//! Responsible for parsing YAML into a tree with the position of each node.
//!
//! Does not interpret fields.

mod alias_limits;
mod defect;
mod directives;
mod indentation;
mod parser;
mod position;
mod scalar;
pub(super) mod spaces;
mod syntax_error;
mod tree;
mod tree_builder;
pub(super) mod typos;

pub(super) use defect::Defect;
pub(super) use parser::{parse, parse_each};
pub(super) use position::{Mark, Span};
pub(super) use tree::{NodeRef, NodeValue, Tree};
