//! Colours of things.

use crate::canvas::Colour;
use crate::random::Random;

/// A colour by hue (in turns), saturation and brightness (both 0..=1).
pub(crate) fn hue(turns: f32, saturation: f32, value: f32) -> Colour {
    let sixth = (turns - turns.floor()) * 6.0;
    let part = |centre: f32| {
        let away = (sixth - centre).abs();
        let away = away.min(6.0 - away);
        255.0 * value * (1.0 - saturation * (away - 1.0).clamp(0.0, 1.0))
    };
    [part(0.0), part(2.0), part(4.0)]
}

/// Colours that occur in photographs: mostly muted, of any brightness, now and then a
/// vivid one.
pub(crate) fn natural(random: &mut Random) -> Colour {
    let muted = random.unit() * random.unit();
    let saturation = if random.chance(0.2) { random.between(0.5..0.95) } else { 0.05 + 0.55 * muted };
    // Skin, wood, earth and leaves are between red and green; sky and cloth elsewhere.
    let turns = if random.chance(0.65) { random.between(0.02..0.3) } else { random.unit() };
    hue(turns, saturation, random.between(0.12..0.95))
}

/// Colours of print, toys and programs.
pub(crate) fn vivid(random: &mut Random) -> Colour {
    hue(random.unit(), random.between(0.45..1.0), random.between(0.45..1.0))
}

/// Near white, or a tinted paper.
pub(crate) fn paper(random: &mut Random) -> Colour {
    hue(random.between(0.08..0.18), random.between(0.0..0.12), random.between(0.86..1.0))
}

/// Near black, or a dark ink.
pub(crate) fn ink(random: &mut Random) -> Colour {
    let saturation = if random.chance(0.3) { random.between(0.3..0.9) } else { 0.05 };
    hue(random.between(0.55..0.72), saturation, random.between(0.03..0.35))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hues_are_the_primaries_and_greys() {
        assert_eq!(hue(0.0, 1.0, 1.0), [255.0, 0.0, 0.0]);
        assert_eq!(hue(4.0 / 3.0, 1.0, 1.0).map(|part| part.round()), [0.0, 255.0, 0.0]);
        assert_eq!(hue(0.3, 0.0, 0.5), [127.5; 3]);
    }
}
