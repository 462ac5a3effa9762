//! What is not the pinned files is refused in one line that names the file.

use std::fs;

use super::*;

/// The line that says why a folder is refused.
fn refusal(folder: &Path) -> String {
    let fault = Models::open(folder).err().expect("a refusal");
    assert!(!fault.message.contains('\n'), "{}", fault.message);
    let named = [DETECTOR.name, RECOGNISER.name].iter().any(|name| fault.message.contains(name));
    assert!(named && fault.message.contains("`cargo xtask fetch ocr`"), "{}", fault.message);
    fault.message
}

#[test]
fn what_is_not_there_or_not_a_file_is_refused() {
    let folder = tempfile::TempDir::new().unwrap();
    assert!(refusal(&folder.path().join("nowhere")).contains("cannot read the model"));
    let path = folder.path().join(DETECTOR.name);
    fs::create_dir(&path).unwrap();
    assert!(refusal(folder.path()).contains("not a file"));
    fs::remove_dir(&path).unwrap();
    fs::write(&path, "short").unwrap();
    assert!(refusal(folder.path()).contains("it has 5 bytes, not 4745517"));
    fs::write(&path, vec![0; DETECTOR.length as usize]).unwrap();
    assert!(refusal(folder.path()).contains("its content differs"));
}

#[test]
fn a_file_that_was_changed_cut_or_swapped_is_refused() {
    let Some(asset) = crate::tests::asset() else { return };
    let folder = tempfile::TempDir::new().unwrap();
    let put = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    let own = [DETECTOR.name, RECOGNISER.name].map(|name| fs::read(asset.join(name)).unwrap());
    put(DETECTOR.name, &own[0]);
    let wrong = |bytes: &[u8], why: &str| {
        put(RECOGNISER.name, bytes);
        let message = refusal(folder.path());
        assert!(message.contains(RECOGNISER.name) && message.contains(why), "{message}");
    };
    wrong(&own[1][..1000], "it has 1000 bytes");
    wrong(&own[0], "bytes, not 10857958");
    let mut changed = own[1].clone();
    changed[5_000_000] ^= 1;
    wrong(&changed, "its content differs");
    put(RECOGNISER.name, &own[1]);
    let models = Models::open(folder.path()).ok().unwrap();
    assert_eq!(models.classes.len(), 6625);
    assert_eq!(models.classes[6624], ' ');
}

#[test]
#[cfg(target_os = "linux")]
fn what_never_ends_is_refused_before_it_is_opened() {
    let folder = tempfile::TempDir::new().unwrap();
    std::os::unix::fs::symlink("/dev/zero", folder.path().join(DETECTOR.name)).unwrap();
    assert!(refusal(folder.path()).contains("not a file"));
}
