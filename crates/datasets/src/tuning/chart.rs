//! Charts and windows of programs: flat areas, thin lines, small labels.

use crate::camera::Camera;
use crate::canvas::{Canvas, Colour, blend, grey};
use crate::noise::Noise;
use crate::random::Random;
use crate::scenery::{Pen, Script, palette, still};
use crate::shape::{Point, Shape, UPRIGHT};

use super::frame;

/// A screen that is being drawn.
struct Screen {
    canvas: Canvas,
    script: Script,
    ground: Colour,
    ink: Colour,
    /// Size of labels in pixels.
    label: f32,
}

/// A part of the screen: its corner and its sides.
#[derive(Clone, Copy)]
struct Pane {
    at: Point,
    size: Point,
}

impl Pane {
    fn inset(self, by: f32) -> Self {
        Self {
            at: [self.at[0] + by, self.at[1] + by],
            size: self.size.map(|side| (side - 2.0 * by).max(1.0)),
        }
    }

    /// Cuts the pane in two along its longer side.
    fn cut(self, share: f32) -> [Self; 2] {
        let [w, h] = self.size;
        if w > h {
            let [one, other] = [w * share, w * (1.0 - share)];
            [Self { size: [one, h], ..self }, Self { at: [self.at[0] + one, self.at[1]], size: [other, h] }]
        } else {
            let [one, other] = [h * share, h * (1.0 - share)];
            [Self { size: [w, one], ..self }, Self { at: [self.at[0], self.at[1] + one], size: [w, other] }]
        }
    }
}

pub(super) fn draw(random: &mut Random) -> Canvas {
    let (width, height) = frame(random);
    let dark = random.chance(0.3);
    let (ground, ink) = if dark { (grey(32.0), grey(215.0)) } else { (grey(250.0), grey(40.0)) };
    let mut screen = Screen {
        canvas: Canvas::new(width, height, ground),
        script: Script::new(random),
        ground,
        ink,
        label: random.between(8.0..14.0),
    };
    let whole = Pane { at: [0.0, 0.0], size: [width as f32, height as f32] };
    if random.chance(0.5) {
        screen.plot(random, whole.inset(12.0));
    } else {
        let whole = screen.bar(random, whole);
        screen.panes(random, whole, 3);
    }
    Camera::drawn(random).take(&mut screen.canvas, random);
    screen.canvas
}

impl Screen {
    fn label(&mut self, random: &mut Random, at: Point, width: f32, size: f32) -> f32 {
        let pen = Pen { size, weight: 0.1, colour: self.ink, slope: 0.0 };
        self.script.line(&mut self.canvas, random, at, width, &pen)
    }

    fn line(&mut self, from: Point, to: Point, thickness: f32, colour: Colour) {
        self.canvas.fill(&Shape::Stroke { from, to, half: thickness / 2.0 }, colour);
    }

    /// A title bar over the pane; returns what is left of it.
    fn bar(&mut self, random: &mut Random, pane: Pane) -> Pane {
        let height = 2.4 * self.label;
        let colour = blend(self.ground, palette::vivid(random), random.between(0.1..0.9));
        self.canvas.fill(&Shape::area(pane.at, [pane.size[0], height]), colour);
        let width = pane.size[0] * 0.5;
        self.label(random, [pane.at[0] + self.label, pane.at[1] + 1.5 * self.label], width, self.label);
        for button in 0..3 {
            let x = pane.at[0] + pane.size[0] - self.label * (1.2 + 1.5 * button as f32);
            let dot = Shape::circle([x, pane.at[1] + height / 2.0], self.label * 0.4);
            let colour = palette::vivid(random);
            self.canvas.fill(&dot, colour);
        }
        Pane { at: [pane.at[0], pane.at[1] + height], size: [pane.size[0], pane.size[1] - height] }
    }

    /// Cuts a pane into smaller ones and fills those.
    fn panes(&mut self, random: &mut Random, pane: Pane, depth: u32) {
        let small = pane.size[0].max(pane.size[1]) < 160.0;
        if depth > 0 && !small {
            for part in pane.cut(random.between(0.3..0.7)) {
                self.panes(random, part, depth - 1);
            }
            return;
        }
        let colour = blend(self.ground, grey(128.0), random.between(0.0..0.2));
        self.canvas.fill(&Shape::area(pane.at, pane.size), colour);
        let edge = blend(self.ground, self.ink, 0.3);
        let [x, y] = pane.at;
        self.line([x, y], [x + pane.size[0], y], 1.0, edge);
        self.line([x, y], [x, y + pane.size[1]], 1.0, edge);
        match random.below(6) {
            0 => {}
            1 => {
                let inner = pane.inset(6.0);
                let picture = still(random, inner.size[0] as u32, inner.size[1] as u32);
                self.canvas.place(&picture, inner.at[0] as usize, inner.at[1] as usize);
            }
            2 => self.plot(random, pane.inset(6.0)),
            3 => self.buttons(random, pane.inset(8.0)),
            _ => self.list(random, pane.inset(8.0)),
        }
    }

    /// Lines of text, each with an icon before it or not.
    fn list(&mut self, random: &mut Random, pane: Pane) {
        let step = self.label * random.between(1.6..2.6);
        let icons = random.chance(0.5);
        for line in 1..(pane.size[1] / step) as u32 {
            let y = pane.at[1] + line as f32 * step;
            let mut x = pane.at[0];
            if icons {
                let colour = palette::vivid(random);
                let side = self.label * 0.9;
                let half = [side / 2.0; 2];
                let centre = [x + half[0], y - half[1] * 0.7];
                let icon = Shape::Rectangle { centre, half, turn: UPRIGHT, round: 2.0 };
                self.canvas.fill(&icon, colour);
                x += 1.5 * self.label;
            }
            let width = (pane.size[0] + pane.at[0] - x) * random.between(0.2..0.95);
            self.label(random, [x, y], width, self.label);
        }
    }

    fn buttons(&mut self, random: &mut Random, pane: Pane) {
        let size = [self.label * 7.0, self.label * 2.2];
        let colour = blend(self.ground, palette::vivid(random), 0.6);
        let (columns, rows) =
            ((pane.size[0] / (size[0] + 8.0)) as u32, (pane.size[1] / (size[1] + 8.0)) as u32);
        for place in 0..columns * rows {
            if random.chance(0.3) {
                continue;
            }
            let (column, row) = ((place % columns) as f32, (place / columns) as f32);
            let at = [pane.at[0] + column * (size[0] + 8.0), pane.at[1] + row * (size[1] + 8.0)];
            let half = size.map(|side| side / 2.0);
            let centre = [at[0] + half[0], at[1] + half[1]];
            self.canvas.fill(&Shape::Rectangle { centre, half, turn: UPRIGHT, round: 4.0 }, colour);
            self.label(
                random,
                [at[0] + self.label, at[1] + 1.4 * self.label],
                size[0] - self.label,
                self.label,
            );
        }
    }

    /// Axes with a grid, labels and one kind of marks.
    fn plot(&mut self, random: &mut Random, pane: Pane) {
        let margin = 3.0 * self.label;
        let inner = Pane {
            at: [pane.at[0] + margin, pane.at[1] + 0.7 * margin],
            size: [pane.size[0] - 1.3 * margin, pane.size[1] - 1.6 * margin],
        };
        let ([x, y], [w, h]) = (inner.at, inner.size);
        if w < 60.0 || h < 40.0 {
            return;
        }
        self.label(random, [x, y - 0.5 * self.label], w * 0.6, 1.2 * self.label);
        let faint = blend(self.ground, self.ink, 0.15);
        for tick in 0..=5 {
            let (u, v) = (x + w * tick as f32 / 5.0, y + h * tick as f32 / 5.0);
            self.line([x, v], [x + w, v], 1.0, faint);
            self.label(random, [pane.at[0], v + 0.3 * self.label], margin * 0.8, 0.8 * self.label);
            self.label(random, [u - self.label, y + h + 1.3 * self.label], margin * 0.9, 0.8 * self.label);
        }
        self.line([x, y], [x, y + h], 1.5, self.ink);
        self.line([x, y + h], [x + w, y + h], 1.5, self.ink);
        match random.below(3) {
            0 => self.bars(random, inner),
            1 => self.scatter(random, inner),
            _ => self.curves(random, inner),
        }
    }

    fn bars(&mut self, random: &mut Random, Pane { at: [x, y], size: [w, h] }: Pane) {
        let count = random.whole(4..16);
        let step = w / count as f32;
        let colour = palette::vivid(random);
        for bar in 0..count {
            let height = h * random.between(0.05..0.95);
            let left = x + (bar as f32 + 0.2) * step;
            self.canvas.fill(&Shape::area([left, y + h - height], [0.6 * step, height]), colour);
        }
    }

    fn scatter(&mut self, random: &mut Random, Pane { at: [x, y], size: [w, h] }: Pane) {
        let colours = [palette::vivid(random), palette::vivid(random)];
        let radius = random.between(1.5..4.0);
        for _ in 0..random.whole(30..250) {
            let u = random.unit();
            let v = (0.2 + 0.6 * u + 0.12 * random.normal()).clamp(0.02, 0.98);
            let colour = random.pick(colours);
            self.canvas.fill(&Shape::circle([x + u * w, y + h - v * h], radius), colour);
        }
    }

    fn curves(&mut self, random: &mut Random, Pane { at: [x, y], size: [w, h] }: Pane) {
        for _ in 0..random.whole(1..5) {
            let noise = Noise::new(random);
            let (colour, scale) = (palette::vivid(random), random.between(2.0..9.0));
            let thickness = random.between(1.0..2.8);
            let height = |step: u32| {
                let value = 0.5 + 0.6 * noise.octaves(step as f32 / 60.0 * scale, 0.0, 3, 0.5);
                y + h * (1.0 - value.clamp(0.02, 0.98))
            };
            for step in 0..60 {
                let at = |step: u32| [x + w * step as f32 / 60.0, height(step)];
                self.line(at(step), at(step + 1), thickness, colour);
            }
        }
    }
}
