//! Responsible for the limits on values and depth, with aliases expanded.
//!
//! Counts the size and height of anchored values. Does not expand anything.

use crate::config::limits;
use std::collections::HashMap;

/// A limit that a file breaks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum LimitExceeded {
    Depth,
    Values,
}

/// What is known of an anchored value.
#[derive(Clone, Copy)]
pub(super) struct Anchor {
    /// The node that it names.
    pub(super) node: u32,
    size: u64,
    height: u64,
    open: bool,
}

/// A collection that is still open, as far as it is read.
struct Open {
    anchor: usize,
    size: u64,
    height: u64,
}

/// The counts of one file.
#[derive(Default)]
pub(super) struct AliasLimits {
    open: Vec<Open>,
    anchors: HashMap<usize, Anchor>,
    expanded: u64,
}

impl AliasLimits {
    /// The anchored value that an alias stands for, if it is complete.
    pub(super) fn anchor(&self, id: usize) -> Option<Anchor> {
        self.anchors.get(&id).copied().filter(|anchor| !anchor.open)
    }

    /// Counts a scalar.
    pub(super) fn scalar(&mut self, anchor: usize, node: u32) -> Result<(), LimitExceeded> {
        self.remember(anchor, node, false);
        self.grow(1, 0)?;
        self.inside(1, 0);
        Ok(())
    }

    /// Counts everything that an alias stands for.
    pub(super) fn alias(&mut self, anchor: Anchor) -> Result<(), LimitExceeded> {
        self.grow(anchor.size, anchor.height)?;
        self.inside(anchor.size, anchor.height);
        Ok(())
    }

    /// Counts a collection, which adds itself to what it stands in when it closes.
    pub(super) fn open(&mut self, anchor: usize, node: u32) -> Result<(), LimitExceeded> {
        self.remember(anchor, node, true);
        self.grow(1, 1)?;
        self.open.push(Open {
            anchor,
            size: 1,
            height: 1,
        });
        Ok(())
    }

    /// The innermost collection is complete.
    pub(super) fn close(&mut self) {
        let Some(closed) = self.open.pop() else {
            return;
        };
        if let Some(anchor) = self.anchors.get_mut(&closed.anchor) {
            anchor.size = closed.size;
            anchor.height = closed.height;
            anchor.open = false;
        }
        self.inside(closed.size, closed.height);
    }

    fn grow(&mut self, size: u64, height: u64) -> Result<(), LimitExceeded> {
        self.expanded = self.expanded.saturating_add(size);
        if height.saturating_add(self.open.len() as u64) > limits::DEPTH {
            return Err(LimitExceeded::Depth);
        }
        if self.expanded > limits::NODES {
            return Err(LimitExceeded::Values);
        }
        Ok(())
    }

    fn inside(&mut self, size: u64, height: u64) {
        if let Some(open) = self.open.last_mut() {
            open.size = open.size.saturating_add(size);
            open.height = open.height.max(height.saturating_add(1));
        }
    }

    fn remember(&mut self, anchor: usize, node: u32, open: bool) {
        if anchor > 0 {
            let (size, height) = (1, 0);
            let known = Anchor {
                node,
                size,
                height,
                open,
            };
            self.anchors.insert(anchor, known);
        }
    }
}
