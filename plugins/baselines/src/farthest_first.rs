//! The order of the max–min rule, without the table of all distances.
//!
//! The rule: first the row whose nearest other row is farthest; then, again and
//! again, the row whose nearest *chosen* row is farthest. Distance is one minus
//! the cosine, so "farthest" is "least cosine"; cosines are compared as the integer
//! products of [`crate::cosines`], and of equals the first row wins.
//! Written down, that takes N²·D products for the first row and N·D for each of
//! the others. Most of them cannot change the answer, and the two parts below
//! leave those out. They are exact: a row is passed over only once a cosine that
//! was computed shows that it cannot win.
//!
//! **The first row.** Every cosine bounds the nearest neighbour of two rows. Once
//! one row's nearest neighbour is known, any row with a nearer one is out, and
//! most rows have many such neighbours. Rows are compared with tiles of the eight
//! rows that are the most alone so far; each tile settles eight rows and throws
//! out others, until nobody is left.
//!
//! **The others.** A row's nearest chosen row only gets nearer as rows are chosen,
//! so what was computed long ago still bounds it. Rows are kept in two groups:
//! *contenders*, which are compared with every choice at once, and the *waiting*,
//! whose bounds are all beyond a limit. While the best contender is within the
//! limit no waiting row can beat it. When none is, the best of the waiting catch
//! up with the choices they missed, tile by tile, and drop out as soon as they
//! are beyond the new limit. (Lazy evaluation of this kind is Minoux 1978, there
//! for submodular functions.)

use crate::cosines::{TILE, Tile, UnitRows};

/// A row's largest product with others, as far as it is known, and the row. The least is
/// the most alone; of equals the first row.
type Key = (i32, usize);

/// Beyond every row.
const LAST: Key = (i32::MAX, usize::MAX);

/// Below every product.
const NONE: i32 = i32::MIN;

/// The first rows in the max–min order, up to and with the one that is `enough`.
///
/// `check` is called every millisecond or so.
///
/// # Errors
/// Those of `check`.
pub fn farthest_first<E>(
    rows: &UnitRows,
    mut enough: impl FnMut(usize) -> bool,
    check: impl Fn() -> Result<(), E>,
) -> Result<Vec<usize>, E> {
    let mut order = Vec::new();
    if rows.is_empty() {
        return Ok(order);
    }
    let first = most_alone(rows, &check)?;
    let mut race = Race::new(rows, first);
    order.push(first);
    let mut done = enough(first);
    while !done && order.len() < rows.len() {
        let next = race.next(&check)?;
        order.push(next);
        done = enough(next);
    }
    Ok(order)
}

/// The row whose largest product to another row is least; of equals the first.
fn most_alone<E>(rows: &UnitRows, check: &impl Fn() -> Result<(), E>) -> Result<usize, E> {
    let mut nearest = vec![NONE; rows.len()];
    // Patches beside each other are often alike: one product each throws many out.
    let mut product = [0];
    for row in 1..rows.len() {
        rows.products(row - 1, &[row], &mut product);
        let [product] = product;
        nearest[row - 1] = product.max(nearest[row - 1]);
        nearest[row] = product.max(nearest[row]);
    }
    let mut best = LAST;
    let mut open: Vec<usize> = (0..rows.len()).collect();
    let mut closed: Vec<usize> = Vec::with_capacity(rows.len());
    let mut tile = Tile::new(rows);
    let mut products = Vec::new();
    while !open.is_empty() {
        let least = TILE.min(open.len());
        if least < open.len() {
            open.select_nth_unstable_by_key(least, |&row| (nearest[row], row));
        }
        let tiled: Vec<usize> = open.drain(..least).collect();
        tiled.iter().enumerate().for_each(|(place, &row)| tile.put(place, rows, row));
        let mut compare = |others: &[usize], nearest: &mut [i32]| {
            products.resize(others.len(), [0; TILE]);
            tile.products(rows, others, &mut products);
            for (&other, products) in others.iter().zip(&products) {
                for (&row, &product) in tiled.iter().zip(products) {
                    if row != other {
                        nearest[row] = product.max(nearest[row]);
                        nearest[other] = product.max(nearest[other]);
                    }
                }
            }
        };
        compare(&tiled, &mut nearest);
        for others in open.chunks(256) {
            check()?;
            compare(others, &mut nearest);
        }
        // The closed rows matter to the tile alone, while any of it can still win.
        for others in closed.chunks(64) {
            if !tiled.iter().any(|&row| (nearest[row], row) < best) {
                break;
            }
            check()?;
            compare(others, &mut nearest);
        }
        // A row that was not compared with all has shown that it is beyond the best.
        let settled = tiled.iter().map(|&row| (nearest[row], row));
        best = settled.fold(best, Key::min);
        closed.extend(&tiled);
        open.retain(|&row| {
            let stays = (nearest[row], row) < best;
            if !stays {
                closed.push(row);
            }
            stays
        });
    }
    Ok(best.1)
}

/// The rows that were not chosen yet.
struct Race<'a> {
    rows: &'a UnitRows,
    /// How many rows were chosen.
    chosen: usize,
    /// The chosen rows in order, eight to a tile.
    tiles: Vec<Tile>,
    /// For each row, its largest product to the first `seen` chosen rows.
    nearest: Vec<i32>,
    seen: Vec<usize>,
    /// Rows compared with every chosen row.
    contenders: Vec<usize>,
    /// Rows that are not before the limit.
    waiting: Vec<usize>,
    limit: Key,
    products: Vec<i32>,
    tiled: Vec<[i32; TILE]>,
}

impl<'a> Race<'a> {
    fn new(rows: &'a UnitRows, first: usize) -> Race<'a> {
        let mut race = Race {
            rows,
            chosen: 0,
            tiles: Vec::new(),
            nearest: vec![NONE; rows.len()],
            seen: vec![0; rows.len()],
            contenders: (0..rows.len()).filter(|&row| row != first).collect(),
            waiting: Vec::with_capacity(rows.len()),
            limit: LAST,
            products: Vec::new(),
            tiled: Vec::new(),
        };
        // Everybody meets the first; then all but the best wait.
        race.choose(first);
        race.waiting.append(&mut race.contenders);
        race.limit = (NONE, 0);
        race
    }

    fn key(&self, row: usize) -> Key {
        (self.nearest[row], row)
    }

    /// Chooses the next row; there is one.
    fn next<E>(&mut self, check: &impl Fn() -> Result<(), E>) -> Result<usize, E> {
        loop {
            let best = (0..self.contenders.len()).min_by_key(|&place| self.key(self.contenders[place]));
            if let Some(place) = best {
                let row = self.contenders.swap_remove(place);
                self.choose(row);
                return Ok(row);
            }
            check()?;
            self.refill(check)?;
        }
    }

    /// Takes a row into the chosen ones and compares the contenders with it.
    fn choose(&mut self, row: usize) {
        let place = self.chosen % TILE;
        if place == 0 {
            self.tiles.push(Tile::new(self.rows));
        }
        if let Some(tile) = self.tiles.last_mut() {
            tile.put(place, self.rows, row);
        }
        self.chosen += 1;
        self.products.resize(self.contenders.len(), 0);
        self.rows.products(row, &self.contenders, &mut self.products);
        for (&contender, &product) in self.contenders.iter().zip(&self.products) {
            self.nearest[contender] = product.max(self.nearest[contender]);
            self.seen[contender] = self.chosen;
        }
        let Race { contenders, waiting, nearest, limit, .. } = self;
        contenders.retain(|&row| {
            let stays = (nearest[row], row) < *limit;
            if !stays {
                waiting.push(row);
            }
            stays
        });
    }

    /// Moves the limit on, past some of the waiting, and has these catch up.
    fn refill<E>(&mut self, check: &impl Fn() -> Result<(), E>) -> Result<(), E> {
        let lot = (self.rows.len() / 32).clamp(16, 256);
        let nearest = &self.nearest;
        let mut late: Vec<usize> = if lot < self.waiting.len() {
            let (_, &mut beyond, _) =
                self.waiting.select_nth_unstable_by_key(lot, |&row| (nearest[row], row));
            self.limit = (nearest[beyond], beyond);
            self.waiting.drain(..lot).collect()
        } else {
            self.limit = LAST;
            std::mem::take(&mut self.waiting)
        };
        let from = late.iter().map(|&row| self.seen[row] / TILE).min().unwrap_or(0);
        for tile in from..self.tiles.len() {
            check()?;
            let filled = TILE.min(self.chosen - tile * TILE);
            let missed = tile * TILE..tile * TILE + filled;
            let now: Vec<usize> =
                late.iter().copied().filter(|&row| missed.contains(&self.seen[row])).collect();
            self.tiled.resize(now.len(), [0; TILE]);
            self.tiles[tile].products(self.rows, &now, &mut self.tiled);
            for (&row, products) in now.iter().zip(&self.tiled) {
                let most = products[..filled].iter().fold(self.nearest[row], |most, &c| c.max(most));
                self.nearest[row] = most;
                self.seen[row] = tile * TILE + filled;
            }
            let Race { waiting, nearest, limit, .. } = self;
            late.retain(|&row| {
                let stays = (nearest[row], row) < *limit;
                if !stays {
                    waiting.push(row);
                }
                stays
            });
        }
        self.contenders.append(&mut late);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn order(rows: &UnitRows, picks: usize) -> Vec<usize> {
        let mut left = picks;
        let enough = |_| {
            left -= 1;
            left == 0
        };
        farthest_first(rows, enough, || Ok::<(), ()>(())).unwrap()
    }

    /// The rule as it is written down, on the table of all cosines.
    fn written_down(rows: &UnitRows, picks: usize) -> Vec<usize> {
        let n = rows.len();
        let least = |largest: &dyn Fn(usize) -> i32, left: &[usize]| {
            left.iter().map(|&i| (largest(i), i)).min().unwrap().1
        };
        let mut left: Vec<usize> = (0..n).collect();
        let mut chosen = Vec::new();
        while chosen.len() < picks.min(n) {
            let against: &[usize] = if chosen.is_empty() { &left } else { &chosen };
            let largest = |i: usize| {
                let others: Vec<usize> = against.iter().copied().filter(|&j| j != i).collect();
                let mut products = vec![0; others.len()];
                rows.products(i, &others, &mut products);
                products.into_iter().max().unwrap_or(NONE)
            };
            let next = least(&largest, &left);
            left.retain(|&i| i != next);
            chosen.push(next);
        }
        chosen
    }

    #[test]
    fn a_small_example_by_hand() {
        // Directions at 0°, 10°, 40°, 100°, 220°. Angles to the nearest other: 10, 10, 30, 60, 120: row 4 is first.
        // Angles to row 4: 140, 150, 180, 120: row 2. To the nearest of 4 and 2: 40, 30, 60: row 3 at 60.
        // To the nearest of 4, 2 and 3: 40, 30: row 0, then row 1.
        let degrees = [0.0f64, 10.0, 40.0, 100.0, 220.0];
        let values: Vec<f32> = degrees
            .iter()
            .flat_map(|d| [libm::cos(d.to_radians()) as f32, libm::sin(d.to_radians()) as f32])
            .collect();
        let rows = UnitRows::new(&values, 5).unwrap();
        assert_eq!(order(&rows, 5), [4, 2, 3, 0, 1]);
        assert_eq!(order(&rows, 2), [4, 2]);
    }

    #[test]
    fn equal_rows_go_by_index() {
        let rows = UnitRows::new(&[1.0; 3 * 40], 40).unwrap();
        assert_eq!(order(&rows, 40), (0..40).collect::<Vec<_>>());
        let rows = UnitRows::new(&[0.0; 3 * 40], 40).unwrap();
        assert_eq!(order(&rows, 40), (0..40).collect::<Vec<_>>());
        assert_eq!(order(&UnitRows::new(&[2.0], 1).unwrap(), 1), [0]);
    }

    #[test]
    fn a_check_that_fails_ends_it() {
        let rows = UnitRows::new(&[1.0, 0.0, 0.0, 1.0], 2).unwrap();
        assert_eq!(farthest_first(&rows, |_| false, || Err("late")), Err("late"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        /// Few distinct values, so that many cosines tie.
        #[test]
        fn it_is_the_rule_as_written_down(
            n in 1usize..90, d in 1usize..5, picks in 1usize..90,
            values in proptest::collection::vec(-2i8..3, 90 * 5),
        ) {
            let values: Vec<f32> = values[..n * d].iter().map(|&v| f32::from(v)).collect();
            let rows = UnitRows::new(&values, n).unwrap();
            prop_assert_eq!(order(&rows, picks), written_down(&rows, picks));
        }

        #[test]
        fn it_is_the_rule_without_ties(
            n in 1usize..200, picks in 1usize..200,
            values in proptest::collection::vec(-1.0f32..1.0, 200 * 6),
        ) {
            let rows = UnitRows::new(&values[..n * 6], n).unwrap();
            prop_assert_eq!(order(&rows, picks), written_down(&rows, picks));
        }
    }
}
