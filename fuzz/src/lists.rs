//! Lists of images that a user brings: JSON lines, and COCO instances.

use std::path::{Component, Path};

use arrcoc_datasets::files::{self, ReadError, Record, Source};
use arrcoc_picture::{Image, Limits, encode_png};

use crate::{is_a_line, scratch};

/// The most records whose places are drawn.
const DRAWN: usize = 4;

/// A list of items.
pub(crate) fn items(bytes: &[u8]) {
    scratch::file(bytes, |path| {
        let folder = path.parent().unwrap_or(Path::new(""));
        read(files::manifest(path), folder);
    });
}

/// COCO instances.
pub(crate) fn instances(bytes: &[u8]) {
    let folder = Path::new("images");
    scratch::file(bytes, |path| read(files::coco(path, folder), folder));
}

/// Every image is below its folder, and every place is on its image or refused.
fn read(records: Result<Vec<Record>, ReadError>, folder: &Path) {
    let records = match records {
        Ok(records) => records,
        Err(error) => return is_a_line(&error.to_string()),
    };
    let picture = Image::from_rgb(8, 6, vec![200; 8 * 6 * 3]).ok().and_then(|image| encode_png(&image).ok());
    let picture = picture.unwrap_or_default();
    for (number, record) in records.into_iter().enumerate() {
        let Source::Path(path) = &record.image else { panic!("an image that is not a file") };
        assert!(below(path, folder), "`{}` is outside of its folder", path.display());
        if number < DRAWN {
            let record = Record { image: Source::Bytes(picture.clone()), size: None, ..record };
            if let Err(error) = record.load(&Limits { max_pixels: 64, whole_pixels: 64 }) {
                is_a_line(&error.to_string());
            }
        }
    }
}

fn below(path: &Path, folder: &Path) -> bool {
    let named = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    path.strip_prefix(folder).is_ok_and(|rest| rest.components().all(named))
}
