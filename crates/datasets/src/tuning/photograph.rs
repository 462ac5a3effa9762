//! Photograph-like pictures: a still before a camera.

use crate::camera::Camera;
use crate::canvas::Canvas;
use crate::random::Random;
use crate::scenery::still;

use super::frame;

pub(super) fn draw(random: &mut Random) -> Canvas {
    let (width, height) = frame(random);
    let mut canvas = still(random, width, height);
    Camera::photograph(random).take(&mut canvas, random);
    canvas
}
