//! Responsible for reading YAML: text to a tree that knows the position of every node.
//!
//! Does not know what the fields mean.

mod alias_limits;
mod defect;
mod parser;
mod position;
mod scalar;
mod syntax_error;
mod tree;
mod tree_builder;

pub(super) use defect::Defect;
pub(super) use parser::parse;
pub(super) use position::{Mark, Span};
pub(super) use tree::{NodeRef, Tree};
