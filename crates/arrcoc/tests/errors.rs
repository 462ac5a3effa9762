//! Bad input of every kind: one line that says what and where, a hint, exit 2,
//! and no half-written output.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it breaks")]

mod support;

use std::fmt::Write as _;

use support::{Desk, fixture, png, stable};

/// Runs each request, asserts that it is refused, and collects what a person reads.
fn texts(desk: &Desk, requests: &[&[&str]]) -> String {
    let mut out = String::new();
    for args in requests {
        let before = desk.names();
        let text = desk.run(args).refused();
        assert_eq!(desk.names(), before, "{args:?} left something behind");
        let _ = writeln!(out, "$ arrcoc {}\n{}", args.join(" "), stable(&text, desk));
    }
    out
}

#[test]
fn images() {
    let desk = Desk::new();
    desk.write("empty.png", b"");
    desk.write("text.png", b"this is not a picture, it is a line of text\n");
    let whole = png(240, 192);
    desk.write("cut.png", &whole[..whole.len() / 2]);
    desk.write("small.png", &png(20, 30));
    // Headers that promise 60000 × 60000 pixels in files of a few bytes.
    desk.write("promise.ppm", b"P6 60000 60000 255\n and no pixels");
    let mut bmp = b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0".to_vec();
    bmp.extend([60000u32, 60000].iter().flat_map(|side| side.to_le_bytes()));
    bmp.extend(b"\x01\0\x18\0\0\0\0\0\x10\0\0\0\x13\x0b\0\0\x13\x0b\0\0\0\0\0\0\0\0\0\0");
    bmp.extend([0; 16]);
    desk.write("promise.bmp", &bmp);
    let mut damaged = whole.clone();
    damaged[20] ^= 1;
    desk.write("damaged.png", &damaged);
    std::fs::create_dir(desk.path("folder.png")).unwrap();
    insta::assert_snapshot!(texts(
        &desk,
        &[
            &["allocate", "missing.png"],
            &["allocate", "empty.png"],
            &["allocate", "text.png"],
            &["allocate", "cut.png", "--json", "d.json", "--overlay", "o.png"],
            &["allocate", "folder.png"],
            &["allocate", "small.png"],
            &["allocate", "page.png", "--grid", "200x300"],
            &["allocate", "page.png", "--max-pixels", "1000"],
            &["allocate", "promise.ppm", "--max-pixels", "99999999999"],
            &["allocate", "promise.bmp", "--max-pixels", "100G", "--whole-pixels", "100G"],
            &["allocate", "damaged.png"],
        ]
    ));
}

#[test]
fn budgets() {
    let desk = Desk::new();
    insta::assert_snapshot!(texts(
        &desk,
        &[
            &["allocate", "page.png", "--budget", "20000"],
            &["allocate", "page.png", "--budget", "300000"],
            &["allocate", "page.png", "--budget", "0"],
            &["allocate", "page.png", "--budget", "-5"],
            &["allocate", "page.png", "--budget", "many"],
            &["allocate", "page.png", "--budget", "90000..50000"],
            &["allocate", "page.png", "--budget", "20000..50000"],
            &["allocate", "page.png", "--average", "63.9"],
            &["allocate", "page.png", "--average", "-1"],
            &["allocate", "page.png", "--average", "NaN"],
            &["allocate", "page.png", "--bounds", "400..64"],
            &["allocate", "page.png", "--bounds", "64"],
            &["allocate", "page.png", "--levels", "cubes"],
            &["allocate", "page.png", "--sampling", "some"],
            &["allocate", "page.png", "--grid", "0x24"],
            &["allocate", "page.png", "--max-pixels", "0"],
            &["allocate", "page.png", "--budget", "1", "--average", "1"],
        ]
    ));
}

#[test]
fn overrides() {
    let desk = Desk::new();
    insta::assert_snapshot!(texts(
        &desk,
        &[
            &["allocate", "page.png", "--budget", "36864", "--pin", "0,0=400"],
            &["allocate", "page.png", "--budget", "230400", "--ban", "3,4"],
            &["allocate", "page.png", "--pin", "24,0=100"],
            &["allocate", "page.png", "--pin", "0,0"],
            &["allocate", "page.png", "--pin", "0,0=100", "--pin", "0,0=200"],
            &["allocate", "page.png", "--floor", "1,2=200", "--ceil", "1,2=100"],
        ]
    ));
}

#[test]
fn names() {
    let desk = Desk::new();
    insta::assert_snapshot!(texts(
        &desk,
        &[
            &["allocate", "page.png", "--scorer", "propositionl"],
            &["allocate", "page.png", "--allocator", "uniforn"],
            &["allocate", "page.png", "--allocator", "best"],
            &["allocate", "page.png", "--backend", "metal"],
            &["allocate", "page.png", "--param", "random.sede=1"],
            &["allocate", "page.png", "--param", "random.seed=-1"],
            &["allocate", "page.png", "--param", "randm.seed=1"],
            &["allocate", "page.png", "--param", "seed=1"],
            &["allocate", "page.png", "--scorer", "features", "--query", "what?"],
            &["allocate", "page.png", "--budgets", "5"],
            &["alocate", "page.png"],
        ]
    ));
}

#[test]
fn plugin_files() {
    let desk = Desk::new();
    desk.write("notes.so", b"not a library\n");
    desk.write("empty.so", b"");
    let bytes = std::fs::read(fixture()).unwrap();
    // The same plugin, with a manifest that says it was built for ABI 7.0.
    let at = find(&bytes, b"ARR-COC plugin\0\x01").expect("the manifest is in the file");
    let mut other_abi = bytes.clone();
    other_abi[at + 20] = 7;
    desk.write("other_abi.so", &other_abi);
    desk.write("cut.so", &bytes[..4000]);
    std::fs::create_dir(desk.path("folder.so")).unwrap();
    desk.write("config.toml", b"plugins = [\"gone.so\"]\n");
    insta::assert_snapshot!(texts(
        &desk,
        &[
            &["allocate", "page.png", "--plugin", "gone.so"],
            &["allocate", "page.png", "--plugin", "folder.so"],
            &["allocate", "page.png", "--plugin", "notes.so"],
            &["allocate", "page.png", "--plugin", "empty.so"],
            &["allocate", "page.png", "--plugin", "other_abi.so"],
            &["allocate", "page.png", "--plugin", "cut.so"],
            &["allocate", "page.png", "--plugin-dir", "gone"],
            &["allocate", "page.png", "--config", "config.toml"],
            &["allocate", "page.png", "--config", "gone.toml"],
            &["plugins", "inspect", "notes.so"],
        ]
    ));
}

/// A library that is no plugin: some other library of the system.
#[test]
#[cfg(target_os = "linux")]
fn another_library_is_not_a_plugin() {
    let desk = Desk::new();
    let candidates = [
        "/lib/x86_64-linux-gnu/libm.so.6",
        "/usr/lib/libm.so.6",
        "/lib64/libm.so.6",
        "/lib/aarch64-linux-gnu/libm.so.6",
    ];
    let Some(libm) = candidates.into_iter().find(|p| std::path::Path::new(p).exists()) else {
        println!("skipped: no libm.so.6 in the usual places");
        return;
    };
    let text = desk.run(&["allocate", "page.png", "--plugin", libm]).refused();
    assert!(text.contains("it is a shared library, but not an ARR-COC plugin"), "{text}");
}

#[test]
#[cfg(unix)]
fn what_others_can_write_is_not_loaded() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::new();
    let set = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    std::fs::create_dir(desk.path("open")).unwrap();
    let plugin = desk.path("open/bad.so");
    std::fs::copy(fixture(), &plugin).unwrap();
    set(&plugin, 0o666);
    let run = || desk.run(&["allocate", "page.png", "--plugin", "open/bad.so"]);
    let text = run().refused();
    assert!(
        text.contains("it can be written by everybody") && text.contains("`chmod o-w` the file"),
        "{text}"
    );
    set(&plugin, 0o644);
    set(&desk.path("open"), 0o777);
    let text = run().refused();
    assert!(text.contains("its folder can be written by everybody"), "{text}");
    set(&desk.path("open"), 0o755);
    run().well();
}

#[test]
fn tensors() {
    let desk = Desk::new();
    let file = |name: &str, tensor: &str, dtype, shape: &[usize], bytes: &[u8]| {
        let view = safetensors::tensor::TensorView::new(dtype, shape.to_vec(), bytes).unwrap();
        desk.write(name, &safetensors::serialize([(tensor, view)], None).unwrap());
    };
    use safetensors::Dtype::{F32, I32, U8};
    file("patches.safetensors", "patch_features", F32, &[100, 1], &[0; 400]);
    file("dtype.safetensors", "cls_attention", U8, &[1, 576], &[0; 576]);
    file("rank.safetensors", "patch_features", F32, &[576], &[0; 2304]);
    file("type.safetensors", "mine", I32, &[1], &[0; 4]);
    let mut nan = vec![0; 576 * 4];
    nan[400..404].copy_from_slice(&f32::NAN.to_le_bytes());
    file("nan.safetensors", "patch_features", F32, &[576, 1], &nan);
    desk.write("text.safetensors", b"hello, this is no safetensors file");
    insta::assert_snapshot!(texts(
        &desk,
        &[
            &["allocate", "page.png", "--tensors", "gone.safetensors"],
            &["allocate", "page.png", "--tensors", "text.safetensors"],
            &["allocate", "page.png", "--tensors", "patches.safetensors"],
            &["allocate", "page.png", "--tensors", "dtype.safetensors"],
            &["allocate", "page.png", "--tensors", "rank.safetensors"],
            &["allocate", "page.png", "--tensors", "type.safetensors"],
            &["allocate", "page.png", "--tensors", "nan.safetensors"],
        ]
    ));
}

#[test]
fn outputs() {
    let desk = Desk::new();
    desk.write("file", b"");
    insta::assert_snapshot!(texts(
        &desk,
        &[
            &["allocate", "page.png", "--json", "gone/d.json"],
            &["allocate", "page.png", "--overlay", "file/o.png"],
            &["allocate", "page.png", "--render", "r.xyz"],
            &["allocate", "page.png", "--json", "."],
            &["allocate", "page.png", "page.png", "--overlay", "o.png"],
            &["allocate", "page.png", "--numbers"],
            &["explain", "gone.json"],
            &["explain", "page.png"],
            &["plugins", "new", "Bad_Name", "--kind", "scorer"],
            &["plugins", "new", "mine", "--kind", "sorter"],
        ]
    ));
}

/// A full disk: nothing half-written stays.
#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error_and_leaves_nothing() {
    let desk = Desk::new();
    let ran = desk.run(&["allocate", "page.png", "--json", "/dev/full"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("/dev/full: cannot write the file: no space left on device"), "{ran:?}");
    assert!(ran.stderr.contains("hint: free some space"), "{ran:?}");
}

/// One image of several is damaged: the others are decided, the exit code is 2.
#[test]
fn the_good_images_of_a_batch_are_not_lost() {
    let desk = Desk::new();
    desk.write("broken.png", b"\x89PNG\r\n\x1a\n and nothing more");
    let ran = desk.run(&["allocate", "broken.png", "page.png", "--json", "d.jsonl"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("broken.png"), "{ran:?}");
    let lines = std::fs::read_to_string(desk.path("d.jsonl")).unwrap();
    assert_eq!(lines.lines().count(), 1);
    arrcoc::Decision::from_json(lines.trim()).unwrap();
}

fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).position(|w| w == needle)
}
