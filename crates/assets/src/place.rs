//! Where the cache is. One rule for who fills it and who looks into it.

use std::{
    ffi::OsString,
    path::{Component, Path, PathBuf},
};

/// The folder that holds the assets' folders, absolute: `$ARRCOC_CACHE`, or `arrcoc` in the first of these that is
/// set: `$XDG_CACHE_HOME`; `%LOCALAPPDATA%` on Windows; `Library/Caches` in the home folder on macOS, `.cache` in it
/// elsewhere. `None` where the system names no such place. Nothing says that the folder exists.
pub fn cache() -> Option<PathBuf> {
    chosen(|name| std::env::var_os(name))
}

/// The place of a folder in the cache, as `ocr-971d7d5f`, whether or not it is there. A folder that is not of an asset of
/// the table has a place too: somebody may keep other weights in the cache.
///
/// `None` where the system names no cache, or where the name is not that of a folder right in it.
pub fn resolve(folder_name: &str) -> Option<PathBuf> {
    within(&cache()?, folder_name)
}

fn within(cache: &Path, name: &str) -> Option<PathBuf> {
    let mut parts = Path::new(name).components();
    let one = matches!((parts.next(), parts.next()), (Some(Component::Normal(part)), None) if part == name);
    one.then(|| cache.join(name))
}

fn chosen(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let path = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(own) = path("ARRCOC_CACHE") {
        return std::path::absolute(own).ok();
    }
    // The specification of base directories says to ignore a path that is not absolute.
    let user = path("XDG_CACHE_HOME").filter(|path| path.is_absolute()).or_else(|| {
        if cfg!(windows) {
            path("LOCALAPPDATA")
        } else {
            Some(path("HOME")?.join(if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" }))
        }
    });
    Some(user?.join("arrcoc"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn the_first_place_that_is_named_is_taken() {
        let find = |set: &[(&str, &str)]| {
            chosen(|name| {
                set.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
            })
        };
        let home = if cfg!(target_os = "macos") { "/me/Library/Caches/arrcoc" } else { "/me/.cache/arrcoc" };
        let all = [("ARRCOC_CACHE", "/own"), ("XDG_CACHE_HOME", "/xdg"), ("HOME", "/me")];
        assert_eq!(find(&all), Some("/own".into()));
        assert_eq!(find(&all[1..]), Some("/xdg/arrcoc".into()));
        assert_eq!(find(&all[2..]), Some(home.into()));
        assert_eq!(find(&[("ARRCOC_CACHE", ""), ("XDG_CACHE_HOME", "here"), all[2]]), Some(home.into()));
        assert_eq!(find(&[]), None);
        let here = find(&[("ARRCOC_CACHE", "here"), all[2]]).unwrap();
        assert!(here.is_absolute() && here.ends_with("here"), "{}", here.display());
    }

    #[test]
    fn only_a_folder_right_in_the_cache_has_a_place() {
        let cache = Path::new("cache");
        assert_eq!(within(cache, "ocr-971d7d5f"), Some(cache.join("ocr-971d7d5f")));
        for name in ["", ".", "..", "a/b", "a/", "/a", "../a", "./a"] {
            assert_eq!(within(cache, name), None, "{name}");
        }
    }
}
