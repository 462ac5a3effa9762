//! Folders that are wrong, each in its own way: one clear line that names the
//! file, and the tensor where there is one.

use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::made::{self, Files, Fixture, Width};
use crate::model::Settings;

/// What is said about a folder after a change to it.
fn said(fixture: &Fixture, files: Files, change: impl FnOnce(&Path)) -> String {
    let folder = fixture.folder(files, Width::F32);
    change(folder.path());
    let message = made::load(folder.path(), Settings::default()).map(|_| ()).unwrap_err().message;
    assert!(!message.contains('\n'), "{message}");
    message.replace(&format!("{}/", folder.path().display()), "")
}

fn clip(change: impl FnOnce(&Path)) -> String {
    said(&made::clip(), Files::One, change)
}

fn edit(folder: &Path, name: &str, change: impl FnOnce(&mut Value)) {
    let path = folder.join(name);
    let mut value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    change(&mut value);
    std::fs::write(path, value.to_string()).unwrap();
}

fn config(change: impl FnOnce(&mut Value)) -> String {
    clip(|folder| edit(folder, "config.json", change))
}

/// Rewrites the header of the weights; the data stay.
fn header(folder: &Path, change: impl FnOnce(&mut Value)) {
    let path = folder.join("model.safetensors");
    let bytes = std::fs::read(&path).unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let mut value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    change(&mut value);
    let text = value.to_string();
    let all = [&(text.len() as u64).to_le_bytes()[..], text.as_bytes(), &bytes[8 + length..]].concat();
    std::fs::write(path, all).unwrap();
}

fn cut(path: &Path, to: impl FnOnce(u64) -> u64) {
    let file = std::fs::File::options().write(true).open(path).unwrap();
    file.set_len(to(file.metadata().unwrap().len())).unwrap();
}

#[test]
fn a_file_that_is_missing_is_named() {
    for name in ["config.json", "tokenizer.json"] {
        let said = clip(|folder| std::fs::remove_file(folder.join(name)).unwrap());
        assert_eq!(said, format!("{name}: the file is missing"));
    }
    let said = clip(|folder| std::fs::remove_file(folder.join("model.safetensors")).unwrap());
    assert_eq!(said, "model.safetensors: the file is missing, and so is model.safetensors.index.json");
    let message =
        |path: &str| made::load(Path::new(path), Settings::default()).map(|_| ()).unwrap_err().message;
    assert!(message("").starts_with("parameter `model` is empty: give a folder"));
    assert_eq!(message("/no/such/folder"), "/no/such/folder: there is no such folder");
}

#[test]
fn what_is_no_plain_file_is_not_opened() {
    let said = clip(|folder| {
        std::fs::remove_file(folder.join("model.safetensors")).unwrap();
        std::fs::create_dir(folder.join("model.safetensors")).unwrap();
    });
    assert_eq!(said, "model.safetensors: is no plain file");
}

#[test]
fn a_config_that_is_wrong_names_its_key() {
    let broken = clip(|folder| std::fs::write(folder.join("config.json"), "{\"model_type\": ").unwrap());
    assert!(broken.starts_with("config.json: is no valid JSON: EOF"), "{broken}");
    let list = clip(|folder| std::fs::write(folder.join("config.json"), "[]").unwrap());
    assert_eq!(list, "config.json: is no JSON object");
    assert_eq!(
        config(|c| c["model_type"] = json!("bert")),
        "config.json: `model_type` is `bert`, not `clip` or `siglip`"
    );
    assert_eq!(
        config(|c| c["vision_config"]["hidden_size"] = json!(-48)),
        "config.json: `vision_config.hidden_size` is `-48`, not a whole number from 1 to 16384"
    );
    assert_eq!(
        config(|c| c["vision_config"]["num_attention_heads"] = json!(5)),
        "config.json: `vision_config.num_attention_heads` is 5, which does not divide `hidden_size`, 48"
    );
    assert_eq!(
        config(|c| c["text_config"]["hidden_act"] = json!("swish")),
        "config.json: `text_config.hidden_act` is `swish`, not one of quick_gelu, gelu, gelu_pytorch_tanh, gelu_new, relu"
    );
    assert_eq!(
        config(|c| c["vision_config"]["patch_size"] = json!(64)),
        "config.json: `vision_config.patch_size` is 64, more than the image's side of 32"
    );
    assert_eq!(
        config(|c| {
            c["vision_config"]["image_size"] = json!(4096);
            c["vision_config"]["patch_size"] = json!(1);
        }),
        "config.json: `vision_config.image_size` makes 16777217 tokens, too many for 3 attention heads"
    );
    assert_eq!(config(|c| c["text_config"] = json!(7)), "config.json: `text_config` is no object");
}

#[test]
fn siglip_without_a_shared_space_is_refused() {
    let config = |change: fn(&mut Value)| {
        said(&made::siglip(), Files::One, |folder| edit(folder, "config.json", change))
    };
    assert_eq!(
        config(|c| c["text_config"]["projection_size"] = json!(32)),
        "config.json: `vision_config.hidden_size` is 48, but texts have 32 numbers: there is no shared space"
    );
    assert!(config(|c| c["vision_config"]["vision_use_head"] = json!(false)).contains("without the head"));
}

#[test]
fn weights_that_are_truncated_or_damaged_are_found_in_the_header() {
    let weights = |change: fn(&Path)| clip(|folder| change(&folder.join("model.safetensors")));
    assert_eq!(
        weights(|path| cut(path, |_| 5)),
        "model.safetensors: is truncated: it has 5 bytes, and a header begins with 8"
    );
    let header_cut = weights(|path| cut(path, |_| 100));
    assert!(header_cut.starts_with("model.safetensors: is truncated: its header has "), "{header_cut}");
    assert!(header_cut.ends_with(" bytes, and 92 are there"), "{header_cut}");
    let data_cut = weights(|path| cut(path, |length| length - 1));
    assert!(
        data_cut.starts_with("model.safetensors: is truncated: tensor `visual_projection.weight` ends at"),
        "{data_cut}"
    );
    assert!(weights(|path| std::fs::write(path, [0xff; 64]).unwrap()).contains("is no safetensors file"));
    let no_json = weights(|path| std::fs::write(path, b"\x04\0\0\0\0\0\0\0{{{{").unwrap());
    assert!(no_json.starts_with("model.safetensors: its header is no valid JSON: "), "{no_json}");
    // A page that was downloaded in place of the file.
    assert!(
        weights(|path| std::fs::write(path, b"<!doctype html><html></html>").unwrap())
            .contains("is no safetensors")
    );
}

#[test]
fn a_tensor_that_is_wrong_is_named() {
    const CLASS: &str = "vision_model.embeddings.class_embedding";
    let tensor = |change: fn(&mut Value)| clip(|folder| header(folder, |h| change(&mut h[CLASS])));
    assert_eq!(
        clip(|folder| edit(folder, "config.json", |c| c["vision_config"]["hidden_size"] = json!(96))),
        "model.safetensors: tensor `vision_model.embeddings.patch_embedding.weight` has the shape [48, 3, 8, 8], not [96, 3, 8, 8]"
    );
    assert_eq!(
        tensor(|t| t["shape"] = json!([6, 8])),
        format!("model.safetensors: tensor `{CLASS}` has the shape [6, 8], not [48]")
    );
    assert_eq!(
        tensor(|t| t["shape"] = json!([1u64 << 62, 8])),
        format!(
            "model.safetensors: tensor `{CLASS}` of F32 with the shape [4611686018427387904, 8] does not fit its 192 bytes"
        )
    );
    assert_eq!(
        tensor(|t| t["dtype"] = json!("F8_E4M3")),
        format!("model.safetensors: tensor `{CLASS}` is F8_E4M3, not F32, F16 or BF16")
    );
    let offsets = tensor(|t| t["data_offsets"] = json!([8, 4]));
    assert_eq!(offsets, format!("model.safetensors: tensor `{CLASS}` ends before it begins"));
    assert!(
        tensor(|t| t["data_offsets"] = json!("x")).contains(&format!("tensor `{CLASS}` has no valid entry"))
    );
    let gone = clip(|folder| header(folder, |h| drop(h.as_object_mut().unwrap().remove(CLASS))));
    assert_eq!(gone, format!("model.safetensors: has no tensor `{CLASS}`"));
}

#[test]
fn a_shard_that_is_missing_or_wrong_is_named() {
    const INDEX: &str = "model.safetensors.index.json";
    let shards = |change: fn(&Path)| said(&made::clip(), Files::Shards, change);
    assert_eq!(
        shards(|folder| std::fs::remove_file(folder.join("model-00002-of-00003.safetensors")).unwrap()),
        "model-00002-of-00003.safetensors: the file is missing"
    );
    assert_eq!(
        shards(
            |folder| edit(folder, INDEX, |i| i["weight_map"]["logit_scale"] = json!("../other.safetensors"))
        ),
        format!("{INDEX}: tensor `logit_scale` is in \"../other.safetensors\", not in a file of this folder")
    );
    assert_eq!(
        shards(|folder| edit(folder, INDEX, |i| i["weight_map"] = json!([]))),
        format!("{INDEX}: `weight_map` is no object")
    );
    assert_eq!(
        shards(|folder| edit(folder, INDEX, |i| i["weight_map"] = json!({}))),
        format!("{INDEX}: names 0 files, not 1 to 1000")
    );
    let unnamed = shards(|folder| {
        edit(folder, INDEX, |i| {
            drop(i["weight_map"].as_object_mut().unwrap().remove("text_projection.weight"))
        })
    });
    assert_eq!(unnamed, format!("{INDEX}: names no file for the tensor `text_projection.weight`"));
    let elsewhere = shards(|folder| {
        edit(folder, INDEX, |i| {
            i["weight_map"]["text_projection.weight"] = json!("model-00003-of-00003.safetensors");
        });
    });
    assert_eq!(elsewhere, "model-00003-of-00003.safetensors: has no tensor `text_projection.weight`");
}

#[test]
fn a_tokenizer_that_is_broken_or_anothers_is_found_at_once() {
    let broken = clip(|folder| std::fs::write(folder.join("tokenizer.json"), "{}").unwrap());
    assert!(broken.starts_with("tokenizer.json: is no valid tokenizer: "), "{broken}");
    let cut_short = clip(|folder| cut(&folder.join("tokenizer.json"), |length| length / 2));
    assert!(cut_short.starts_with("tokenizer.json: is no valid tokenizer: "), "{cut_short}");
    assert_eq!(
        config(|c| c["text_config"]["vocab_size"] = json!(500)),
        "tokenizer.json: gives token 525, and config.json has 500 tokens"
    );
    assert_eq!(
        config(|c| c["text_config"]["eos_token_id"] = json!(7)),
        "tokenizer.json: does not end a text with token 7, `eos_token_id` of config.json"
    );
    assert!(config(|c| c["text_config"]["max_position_embeddings"] = json!(2)).contains("no word fits"),);
    let unknown = said(&made::siglip(), Files::One, |folder| {
        std::fs::write(folder.join("tokenizer_config.json"), r#"{"pad_token": {"content": "<fill>"}}"#)
            .unwrap();
    });
    assert_eq!(unknown, "tokenizer_config.json: `pad_token` is `<fill>`, which tokenizer.json does not know");
}

#[test]
fn a_preprocessor_that_does_not_fit_is_refused() {
    let with = |text: &'static str| {
        clip(|folder| std::fs::write(folder.join("preprocessor_config.json"), text).unwrap())
    };
    assert_eq!(
        with(r#"{"crop_size": {"height": 224, "width": 224}}"#),
        "preprocessor_config.json: `crop_size` is 224, and `image_size` of config.json is 32"
    );
    assert_eq!(
        with(r#"{"resample": 0}"#),
        "preprocessor_config.json: `resample` is `0`, not 1 (Lanczos), 2 (bilinear) or 3 (bicubic)"
    );
    assert_eq!(
        with(r#"{"image_mean": [0.5, 0.5]}"#),
        "preprocessor_config.json: `image_mean` is `[0.5,0.5]`, not three numbers"
    );
    assert_eq!(
        with(r#"{"image_std": [0.5, 0, 0.5]}"#),
        "preprocessor_config.json: `image_std` has a number that is not above 0"
    );
    assert_eq!(
        with(r#"{"rescale_factor": "1/255"}"#),
        "preprocessor_config.json: `rescale_factor` is `\"1/255\"`, not a number above 0"
    );
}

#[test]
fn weights_that_are_not_finite_are_refused() {
    let message = clip(|folder| {
        let path = folder.join("model.safetensors");
        let mut bytes = std::fs::read(&path).unwrap();
        let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        bytes[8 + length..].fill(0xff);
        std::fs::write(path, bytes).unwrap();
    });
    assert_eq!(
        message,
        "the text encoder gives numbers that are not finite: its weights are damaged or overflow"
    );
}

/// Bytes changed anywhere make a fault or a model, and never a panic.
#[test]
fn damage_anywhere_is_no_panic() {
    let fixture = made::clip();
    let folder: TempDir = fixture.folder(Files::One, Width::F32);
    for name in ["config.json", "tokenizer.json", "model.safetensors"] {
        let path = folder.path().join(name);
        let whole = std::fs::read(&path).unwrap();
        let reach = whole.len().min(8000);
        for i in (0..reach).step_by(reach / 40) {
            let mut bytes = whole.clone();
            bytes[i] = bytes[i].wrapping_add(1 + (i % 7) as u8);
            std::fs::write(&path, bytes).unwrap();
            let _ = made::load(folder.path(), Settings::default());
        }
        std::fs::write(&path, whole).unwrap();
    }
}
