//! Responsible for limiting the number of values and the depth, aliases expanded.
//!
//! Counts the size and height of anchored values. Does not expand aliases.

use crate::config::limits;
use std::collections::HashMap;

/// The limit that a file exceeds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum LimitExceeded {
    Depth,
    Values,
}

/// An anchored value.
#[derive(Clone, Copy)]
pub(super) struct Anchor {
    /// The node with the anchor.
    pub(super) node: u32,
    size: u64,
    height: u64,
    state: AnchorState,
}

/// Whether the anchored value is parsed to its end.
#[derive(Clone, Copy, PartialEq)]
enum AnchorState {
    Open,
    Complete,
}

/// The counts of a collection that is still open.
struct OpenCollection {
    anchor: usize,
    size: u64,
    height: u64,
}

/// The counts of one file.
#[derive(Default)]
pub(super) struct AliasLimits {
    open: Vec<OpenCollection>,
    anchors: HashMap<usize, Anchor>,
    expanded: u64,
    aliased: u64,
}

impl AliasLimits {
    /// The anchored value of an alias, if the value is complete.
    pub(super) fn anchor(&self, id: usize) -> Option<Anchor> {
        self.anchors
            .get(&id)
            .copied()
            .filter(|anchor| anchor.state == AnchorState::Complete)
    }

    /// The number of anchors.
    pub(super) fn anchors(&self) -> usize {
        self.anchors.len()
    }

    /// Counts a scalar.
    pub(super) fn scalar(&mut self, anchor: usize, node: u32) -> Result<(), LimitExceeded> {
        self.add_anchor(anchor, node, AnchorState::Complete);
        self.grow(1, 0)?;
        self.inside(1, 0);
        Ok(())
    }

    /// Counts all values of an alias's target.
    pub(super) fn alias(&mut self, anchor: Anchor) -> Result<(), LimitExceeded> {
        self.aliased = self.aliased.saturating_add(anchor.size);
        if self.aliased > limits::ALIASED_NODES {
            return Err(LimitExceeded::Values);
        }
        self.grow(anchor.size, anchor.height)?;
        self.inside(anchor.size, anchor.height);
        Ok(())
    }

    /// Counts a collection. `close` adds its size to the enclosing collection.
    pub(super) fn open(&mut self, anchor: usize, node: u32) -> Result<(), LimitExceeded> {
        self.add_anchor(anchor, node, AnchorState::Open);
        self.grow(1, 1)?;
        self.open.push(OpenCollection {
            anchor,
            size: 1,
            height: 1,
        });
        Ok(())
    }

    /// Completes the innermost collection.
    pub(super) fn close(&mut self) {
        let Some(closed) = self.open.pop() else {
            return;
        };
        if let Some(anchor) = self.anchors.get_mut(&closed.anchor) {
            anchor.size = closed.size;
            anchor.height = closed.height;
            anchor.state = AnchorState::Complete;
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

    /// Adds the anchor of a node. The scanner numbers anchors from 1; 0 is a node without an anchor.
    fn add_anchor(&mut self, anchor: usize, node: u32, state: AnchorState) {
        if anchor > 0 {
            let value = Anchor {
                node,
                size: 1,
                height: 0,
                state,
            };
            self.anchors.insert(anchor, value);
        }
    }
}
