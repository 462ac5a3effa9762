//! What the budget arguments ask for, of each image.
//!
//! Overrides may be for pixels, so that images of different sizes have different
//! policies. All of them are proved before a plugin is loaded: where the size of an
//! image matters, its header is read for that.

use std::path::PathBuf;

use arrcoc::{
    Bounds, Error, Grid, Limits, Photo, Policy, Rule, Total,
    decision::Authority,
    regions::{RegionRule, Regions},
    request, together,
};

use super::args::{AllocateArgs, OverrideArgs};

/// The budget of every image.
pub(crate) struct Budget {
    pub(crate) grid: Grid,
    pub(crate) authority: Option<Authority>,
    /// Without overrides.
    policy: Policy,
    regions: Regions,
    /// The total of all images, where they share one.
    pub(crate) together: Option<Total>,
    /// The least and the most of an image that shares it.
    each: Option<Total>,
}

impl Budget {
    /// Reads the arguments, and the masks that they name.
    pub(crate) fn read(args: &AllocateArgs, limits: &Limits) -> Result<Budget, Error> {
        let grid: Grid = args.grid.parse()?;
        let policy = policy(args)?;
        let rules = rules(&args.overrides)?;
        let authority = authority(args, policy.force_uniform || !rules.is_empty())?;
        let regions = Regions::new(&rules, grid, limits)?;
        let each = given_total(args.each.as_deref(), None).map_err(|e| in_each(e, args))?;
        if let Some(text) = args.each.as_ref().filter(|_| !matches!(each, Some(Total::Range { .. }))) {
            return Err(Error::new(format!("--each is `{text}`"), EACH));
        }
        let together = args.together.then_some(policy.total);
        Ok(Budget { grid, authority, policy, regions, together, each })
    }

    /// The policy for an image of this width and height, with a total of its own where it has one, proved feasible.
    pub(crate) fn policy(&self, image: Option<(u32, u32)>, total: Option<Total>) -> Result<Policy, Error> {
        let mut policy = self.policy.clone();
        policy.total = total.unwrap_or(policy.total);
        policy.overrides = self.regions.overrides(image)?;
        if self.together.is_some() {
            let open = Policy { total: self.each.unwrap_or(policy.total), ..policy };
            let terms =
                together::terms(&open, self.grid.patches()).map_err(|e| with_positions(e, self.grid))?;
            let total = Total::Range { lo: terms.lo(), hi: terms.hi() };
            return Ok(Policy { total, ..open });
        }
        request::terms(&policy, self.grid).map_err(|e| with_positions(e, self.grid))?;
        Ok(policy)
    }

    /// Checks that images can share their total, as far as their headers can be read.
    fn check_together(&self, images: &[PathBuf], total: Total, limits: &Limits) -> Result<(), Error> {
        let mut each = Vec::with_capacity(images.len());
        for path in images {
            let size = match self.regions.need_image() {
                false => None,
                true => match Photo::size(path, limits) {
                    Ok(size) => Some(size),
                    Err(_) => return Ok(()),
                },
            };
            let policy = self.policy(size, None).map_err(|e| e.in_file(path))?;
            each.push(together::terms(&policy, self.grid.patches())?);
        }
        together::check(&each, total)
    }

    /// Checks the policy of every image. An image whose header cannot be read is told of at its turn.
    pub(crate) fn check(&self, images: &[PathBuf], limits: &Limits) -> Result<(), Error> {
        if let Some(total) = self.together.filter(|_| !images.is_empty()) {
            return self.check_together(images, total, limits);
        }
        if !self.regions.need_image() {
            return self.policy(None, None).map(|_| ());
        }
        for path in images {
            if let Ok(size) = Photo::size(path, limits) {
                self.policy(Some(size), None).map_err(|e| e.in_file(path))?;
            }
        }
        Ok(())
    }
}

const EACH: &str = "give the fewest and the most, such as 20000..90000";

/// The error of a range of tokens, said of `--each`.
fn in_each(mut e: Error, args: &AllocateArgs) -> Error {
    e.message = format!("--each is `{}`", args.each.as_deref().unwrap_or_default());
    e.hint = Some(EACH.into());
    e
}

/// The policy, without overrides.
fn policy(args: &AllocateArgs) -> Result<Policy, Error> {
    let bounds: Bounds = args.bounds.parse()?;
    let mut policy = Policy::new(bounds, total(args, bounds)?);
    policy.levels = args.levels.parse()?;
    if let Some(sampling) = &args.sampling {
        policy.sampling = sampling.parse()?;
    }
    policy.force_uniform = args.uniform;
    Ok(policy)
}

/// The overrides, as they are written.
pub(crate) fn rules(args: &OverrideArgs) -> Result<Vec<RegionRule>, Error> {
    let of = |texts: &[String], rule: fn(u32) -> Rule| {
        texts.iter().map(|text| RegionRule::parse(text, rule)).collect::<Result<Vec<_>, Error>>()
    };
    let mut rules = of(&args.pin, Rule::Pin)?;
    rules.extend(of(&args.floor, Rule::Floor)?);
    rules.extend(of(&args.ceil, Rule::Ceil)?);
    for text in &args.ban {
        rules.push(RegionRule::ban(text)?);
    }
    Ok(rules)
}

/// Who overrules, and why.
fn authority(args: &AllocateArgs, overrules: bool) -> Result<Option<Authority>, Error> {
    let option = match (&args.who, &args.why) {
        (None, None) => return Ok(None),
        (Some(_), _) => "who",
        (None, Some(_)) => "why",
    };
    if !overrules {
        return Err(Error::new(
            format!("--{option} is given, but nothing is overruled"),
            "add --pin, --floor, --ceil, --ban or --uniform, or leave it out",
        ));
    }
    Ok(Some(Authority { who: args.who.clone(), why: args.why.clone() }))
}

/// The total of the arguments. Without one: the usual average, or half of the patches when bounds prune.
fn total(args: &AllocateArgs, bounds: Bounds) -> Result<Total, Error> {
    Ok(given_total(args.budget.as_deref(), args.average.as_deref())?.unwrap_or_else(|| {
        let usual = request::DEFAULT_AVERAGE;
        let fits = (f64::from(bounds.min())..=f64::from(bounds.max())).contains(&usual);
        let middle = f64::from(bounds.min()) / 2.0 + f64::from(bounds.max()) / 2.0;
        Total::Average(if fits { usual } else { middle })
    }))
}

/// The total that is asked for, if one is.
pub(crate) fn given_total(budget: Option<&str>, average: Option<&str>) -> Result<Option<Total>, Error> {
    if let Some(text) = average {
        let average = text.trim().parse::<f64>().ok().filter(|x| x.is_finite());
        return average.map(|average| Some(Total::Average(average))).ok_or_else(|| {
            Error::new(format!("--average is `{text}`"), "give a number of tokens per patch, such as 150")
        });
    }
    let Some(text) = budget else { return Ok(None) };
    let hint = "give a number of tokens such as 86400, or a range such as 50000..90000";
    let read = |part: &str| {
        let part = part.trim();
        part.parse::<u64>().map_err(|_| Error::new(format!("--budget is `{text}`"), hint))
    };
    Ok(Some(match text.split_once("..") {
        Some((lo, hi)) => Total::Range { lo: read(lo)?, hi: read(hi)? },
        None => Total::Exact(read(text)?),
    }))
}

/// Policy errors count patches; people count rows and columns.
pub(crate) fn with_positions(mut e: Error, grid: Grid) -> Error {
    e.message = placed(&e.message, grid);
    e.hint = e.hint.map(|hint| placed(&hint, grid));
    e
}

fn placed(text: &str, grid: Grid) -> String {
    let Some((before, after)) = text.split_once("on patch ") else { return text.to_owned() };
    let digits = after.chars().take_while(char::is_ascii_digit).count();
    match after[..digits].parse::<usize>() {
        Ok(index) if index < grid.patches() => {
            let (row, col) = grid.position(index);
            format!("{before}on patch {row},{col}{}", &after[digits..])
        }
        _ => text.to_owned(),
    }
}
