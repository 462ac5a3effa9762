//! Document-like pictures: pages with titles, paragraphs, rules, tables, fields and
//! pictures, as scanned or as exported.

use crate::camera::Camera;
use crate::canvas::{Canvas, Colour, blend, lift, scale};
use crate::noise::Noise;
use crate::random::Random;
use crate::scenery::{Pen, Script, palette, still};
use crate::shape::{Point, Shape};

use super::frame;

/// A page that is being filled from the top.
struct Page {
    canvas: Canvas,
    script: Script,
    paper: Colour,
    ink: Colour,
    /// Size of the body's print in pixels, and the distance of its lines in ems.
    body: f32,
    leading: f32,
    weight: f32,
    slope: f32,
}

/// A column of a page: its left side, its width and where it ends.
#[derive(Clone, Copy)]
struct Column {
    left: f32,
    width: f32,
    bottom: f32,
}

pub(super) fn draw(random: &mut Random) -> Canvas {
    let (width, height) = frame(random);
    let (paper, ink) = (palette::paper(random), palette::ink(random));
    // Now and then print is light on dark.
    let (paper, ink) = if random.chance(0.1) { (ink, paper) } else { (paper, ink) };
    let scanned = random.chance(0.55);
    let mut page = Page {
        canvas: Canvas::new(width, height, paper),
        script: Script::new(random),
        paper,
        ink,
        body: random.between(8.0..22.0),
        leading: random.between(1.15..1.7),
        weight: random.between(0.07..0.14),
        slope: if scanned { random.between(-0.015..0.015) } else { 0.0 },
    };
    page.compose(random);
    let mut canvas = page.canvas;
    if scanned {
        weather(&mut canvas, random);
    }
    let camera = if scanned {
        Camera {
            softness: random.between(0.4..1.0),
            vignette: if random.chance(0.3) { random.between(0.0..0.3) } else { 0.0 },
            noise: random.between(0.5..3.0),
            grain: 0.0,
            quantiser: if random.chance(0.5) { random.between(1.0..6.0) } else { 0.0 },
        }
    } else {
        Camera::drawn(random)
    };
    camera.take(&mut canvas, random);
    canvas
}

/// Paper that is not quite even, lit from one side.
fn weather(canvas: &mut Canvas, random: &mut Random) {
    let (w, h) = (canvas.width(), canvas.height());
    let (fibres, stains) = (Noise::new(random), Noise::new(random));
    let (fall, relief) = (random.between(0.0..0.2), random.between(0.5..3.0));
    canvas.each(|[x, y], pixel| {
        let light = 1.0 - fall * (0.4 * x / w + 0.6 * y / h) + 0.03 * stains.at(3.0 * x / w, 3.0 * y / h);
        lift(scale(pixel, light), relief * fibres.octaves(x / 3.0, y / 3.0, 2, 0.6))
    });
}

impl Page {
    fn compose(&mut self, random: &mut Random) {
        let (w, h) = (self.canvas.width(), self.canvas.height());
        let margin = w.min(h) * random.between(0.04..0.14);
        let columns = if w > 500.0 && self.body < 13.0 { random.whole(1..4) } else { 1 };
        let gap = 2.0 * self.body;
        let width = (w - 2.0 * margin - gap * (columns - 1) as f32) / columns as f32;
        let mut top = margin;
        if random.chance(0.6) {
            let whole = Column { left: margin, width: w - 2.0 * margin, bottom: h - margin };
            top = self.title(random, whole, top, 2.2);
        }
        let form = random.chance(0.3);
        for column in 0..columns {
            // The last column may end early: pages have empty parts.
            let end =
                if column + 1 == columns && random.chance(0.4) { random.between(0.5..1.0) } else { 1.0 };
            let column =
                Column { left: margin + column as f32 * (width + gap), width, bottom: (h - margin) * end };
            let mut y = top;
            while y + 2.0 * self.body < column.bottom {
                let kind = if form { random.pick([4, 4, 4, 4, 0, 1, 3]) } else { random.below(10) };
                y = match kind {
                    0 => self.title(random, column, y, 1.4),
                    1 => self.rule(random, column, y),
                    2 => self.picture(random, column, y),
                    3 => self.table(random, column, y),
                    4 => self.fields(random, column, y),
                    _ => self.paragraph(random, column, y),
                };
                y += self.body * random.between(0.3..1.8);
            }
        }
    }

    fn pen(&self, size: f32) -> Pen {
        Pen { size, weight: self.weight, colour: self.ink, slope: self.slope }
    }

    /// A line of the page, which leans as the page does.
    fn stroke(&mut self, from: Point, to: Point, thickness: f32) {
        let lean = |[x, y]: Point| [x, y + self.slope * x];
        self.canvas.fill(&Shape::Stroke { from: lean(from), to: lean(to), half: thickness / 2.0 }, self.ink);
    }

    fn text(&mut self, random: &mut Random, at: Point, width: f32, pen: &Pen) -> f32 {
        let at = [at[0], at[1] + self.slope * at[0]];
        self.script.line(&mut self.canvas, random, at, width, pen)
    }

    fn title(&mut self, random: &mut Random, column: Column, y: f32, ratio: f32) -> f32 {
        let size = self.body * ratio * random.between(0.8..1.4);
        let pen = Pen { weight: self.weight * 1.5, ..self.pen(size) };
        let width = column.width * random.between(0.4..1.0);
        let left = column.left + if random.chance(0.3) { (column.width - width) / 2.0 } else { 0.0 };
        self.text(random, [left, y + 0.8 * size], width, &pen);
        y + 1.4 * size
    }

    fn paragraph(&mut self, random: &mut Random, column: Column, mut y: f32) -> f32 {
        let lines = random.whole(2..12);
        let pen = self.pen(self.body);
        for line in 0..lines {
            if y + self.body > column.bottom {
                break;
            }
            let last = line + 1 == lines;
            let width = column.width * if last { random.between(0.3..1.0) } else { 1.0 };
            self.text(random, [column.left, y + 0.8 * self.body], width, &pen);
            y += self.leading * self.body;
        }
        y
    }

    fn rule(&mut self, random: &mut Random, column: Column, y: f32) -> f32 {
        let thickness = random.between(0.8..2.5);
        self.stroke([column.left, y], [column.left + column.width, y], thickness);
        y + self.body
    }

    fn picture(&mut self, random: &mut Random, column: Column, y: f32) -> f32 {
        let height = (column.width * random.between(0.4..0.8)).min(column.bottom - y);
        if height < 24.0 {
            return y;
        }
        let picture = still(random, column.width as u32, height as u32);
        self.canvas.place(&picture, column.left as usize, y as usize);
        y + height
    }

    fn table(&mut self, random: &mut Random, column: Column, y: f32) -> f32 {
        let step = self.body * random.between(1.5..2.2);
        let room = ((column.bottom - y) / step) as u32;
        let rows = random.whole(3..10).min(room);
        let cells = random.whole(2..6);
        let width = column.width / cells as f32;
        let pen = self.pen(self.body * 0.9);
        let boxed = random.chance(0.6);
        if random.chance(0.5) {
            let shade = blend(self.paper, self.ink, 0.12);
            self.canvas.fill(&Shape::area([column.left, y], [column.width, step]), shade);
        }
        for row in 0..=rows {
            let line = y + row as f32 * step;
            if boxed || row <= 1 || row == rows {
                self.stroke([column.left, line], [column.left + column.width, line], 1.0);
            }
            for cell in (0..cells).filter(|_| row < rows) {
                let left = column.left + (cell as f32 + 0.1) * width;
                let room = width * random.between(0.3..0.85);
                self.text(random, [left, line + 0.65 * step], room, &pen);
            }
        }
        for cell in (0..=cells).filter(|_| boxed) {
            let x = column.left + cell as f32 * width;
            self.stroke([x, y], [x, y + rows as f32 * step], 1.0);
        }
        y + rows as f32 * step + 0.5 * self.body
    }

    /// Labels, each with a box or a dotted line, some of them filled in.
    fn fields(&mut self, random: &mut Random, column: Column, y: f32) -> f32 {
        let step = 2.4 * self.body;
        let split = column.width * random.between(0.25..0.45);
        let boxed = random.chance(0.5);
        let mut line = y;
        for _ in 0..random.whole(2..7) {
            if line + step > column.bottom {
                break;
            }
            let base = line + 0.65 * step;
            let pen = self.pen(self.body);
            self.text(random, [column.left, base], split * 0.9, &pen);
            let (left, right) = (column.left + split, column.left + column.width);
            if boxed {
                let (top, bottom) = (line + 0.15 * step, line + 0.85 * step);
                self.stroke([left, top], [right, top], 1.0);
                self.stroke([left, bottom], [right, bottom], 1.0);
                self.stroke([left, top], [left, bottom], 1.0);
                self.stroke([right, top], [right, bottom], 1.0);
            } else {
                self.stroke([left, base + 2.0], [right, base + 2.0], 0.8);
            }
            if random.chance(0.6) {
                let pen = Pen { colour: palette::ink(random), ..self.pen(self.body * 1.1) };
                let pen =
                    Pen { colour: if self.ink[0] > self.paper[0] { self.ink } else { pen.colour }, ..pen };
                let width = (right - left) * random.between(0.3..0.9);
                self.text(random, [left + 0.5 * self.body, base], width, &pen);
            }
            line += step;
        }
        line
    }
}
