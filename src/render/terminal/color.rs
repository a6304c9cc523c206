//! Responsible for whether a stream is colored.

/// Whether labels are written as colors.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Color {
    /// Labels are colors.
    On,
    /// Labels have no effect.
    Off,
}

impl From<Color> for anstream::ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::On => Self::Always,
            Color::Off => Self::Never,
        }
    }
}
