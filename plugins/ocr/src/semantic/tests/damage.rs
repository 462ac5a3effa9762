//! Folders that are not what they should be: each mistake is one line that
//! names the file and, where there is one, the tensor; nothing panics.

use std::fs;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    super::{Embedder, ModelError},
    toy::{Toy, file},
};

/// What is said of a folder, without the folder's own path.
fn said(folder: &tempfile::TempDir) -> String {
    let error = Embedder::open(folder.path()).err().expect("an error");
    let line = error.to_string();
    assert!(!line.contains('\n') && line.len() < 600, "{line}");
    assert!(!error.hint().is_empty());
    line.replace(&format!("{}/", folder.path().display()), "")
}

fn spoiled(spoil: impl FnOnce(&mut Toy)) -> String {
    let mut toy = Toy::new();
    spoil(&mut toy);
    said(&toy.save())
}

fn with_weights(weights: &[u8]) -> String {
    let folder = Toy::new().save();
    fs::write(folder.path().join("model.safetensors"), weights).unwrap();
    said(&folder)
}

#[test]
fn the_toy_is_whole() {
    assert!(Embedder::open(Toy::new().save().path()).is_ok());
}

#[test]
fn a_file_that_is_absent_is_named() {
    for name in ["config.json", "tokenizer.json", "model.safetensors"] {
        let folder = Toy::new().save();
        fs::remove_file(folder.path().join(name)).unwrap();
        assert_eq!(said(&folder), format!("cannot read `{name}`: there is no such file"));
        fs::create_dir(folder.path().join(name)).unwrap();
        assert_eq!(said(&folder), format!("`{name}` is not a file"));
    }
    let nowhere = tempfile::TempDir::new().unwrap();
    assert_eq!(said(&nowhere), "cannot read `config.json`: there is no such file");
}

#[test]
fn a_configuration_of_another_model_is_refused_with_the_key() {
    let with = |key: &str, value: Value| spoiled(|toy| toy.config[key] = value);
    for (key, value, line) in [
        ("model_type", json!("mpnet"), "has `model_type` \"mpnet\"; this embedder needs \"bert\""),
        ("hidden_act", json!("relu"), "has `hidden_act` \"relu\"; this embedder needs \"gelu\""),
        (
            "position_embedding_type",
            json!("relative_key"),
            "has `position_embedding_type` \"relative_key\"; this embedder needs \"absolute\"",
        ),
        ("hidden_size", json!(768), "has `hidden_size` 768; this embedder needs 384"),
        ("num_hidden_layers", json!(0), "has `num_hidden_layers` 0; this embedder needs 1 to 48"),
        (
            "intermediate_size",
            json!(u64::MAX),
            "has `intermediate_size` 18446744073709551615; this embedder needs 1 to 8192",
        ),
        (
            "max_position_embeddings",
            json!(2),
            "has `max_position_embeddings` 2; this embedder needs 3 to 8192",
        ),
        ("num_attention_heads", json!(7), "has `num_attention_heads` 7, which do not divide 384"),
        ("layer_norm_eps", json!(-1), "has `layer_norm_eps` -1; this embedder needs one in [0, 1)"),
    ] {
        assert_eq!(with(key, value), format!("`config.json` {line}"));
    }
    let text = with("vocab_size", json!("twelve"));
    assert!(
        text.starts_with("`config.json` is not the configuration of a BERT: invalid type: string"),
        "{text}"
    );
    let folder = Toy::new().save();
    fs::write(folder.path().join("config.json"), "{\"vocab_size\": 12").unwrap();
    assert!(said(&folder).starts_with("`config.json` is not the configuration of a BERT: EOF"));
    fs::write(folder.path().join("config.json"), vec![b' '; 100_000]).unwrap();
    assert_eq!(said(&folder), "`config.json` is longer than 65536 bytes");
}

#[test]
fn a_tokenizer_of_another_model_is_refused() {
    for (key, right) in
        [("normalizer", "BertNormalizer"), ("pre_tokenizer", "BertPreTokenizer"), ("model", "WordPiece")]
    {
        let line = spoiled(|toy| toy.tokenizer[key]["type"] = "\u{1b}[31mre\nd".into());
        assert_eq!(
            line,
            format!("`tokenizer.json` has a `{key}` of type `[31mre`; this embedder needs `{right}`")
        );
    }
    let line = spoiled(|toy| toy.tokenizer["model"]["max_input_chars_per_word"] = 201.into());
    assert_eq!(line, "`tokenizer.json` has `max_input_chars_per_word` 201; this embedder needs at most 200");
    let line = spoiled(|toy| toy.tokenizer["model"]["vocab"]["birth"] = 12.into());
    assert_eq!(line, "`tokenizer.json` gives the piece `birth` the number 12; config.json says 12 pieces");
    let line = spoiled(|toy| toy.tokenizer["model"]["unk_token"] = "[NONE]".into());
    assert_eq!(line, "`tokenizer.json` has no piece `[NONE]` for what it does not know");
    for mark in ["[CLS]", "[SEP]"] {
        let line = spoiled(|toy| {
            toy.tokenizer["model"]["vocab"].as_object_mut().unwrap().remove(mark);
        });
        assert_eq!(line, format!("`tokenizer.json` has no piece `{mark}`"));
    }
    for spoil in [
        |toy: &mut Toy| toy.tokenizer["model"]["vocab"] = Value::Null,
        |toy: &mut Toy| toy.tokenizer["normalizer"] = Value::Null,
        |toy: &mut Toy| toy.tokenizer = json!({}),
        |toy: &mut Toy| toy.tokenizer = json!([1]),
    ] {
        let line = spoiled(spoil);
        assert!(line.starts_with("`tokenizer.json` is not a tokenizer of word pieces: "), "{line}");
    }
}

#[test]
fn a_tensor_that_is_not_what_the_configuration_says_is_named() {
    let name = "encoder.layer.1.output.dense.weight";
    let about = |what: &str| format!("`model.safetensors`: tensor `{name}` {what}");
    assert_eq!(spoiled(|toy| toy.tensors.retain(|tensor| tensor.name != name)), about("is not there"));
    assert_eq!(
        spoiled(|toy| toy.tensor(name).shape = vec![24, 384]),
        about("has shape [24, 384]; config.json asks for [384, 24]")
    );
    let halves = |toy: &mut Toy| {
        let tensor = toy.tensor(name);
        tensor.dtype = "F16";
        tensor.bytes.truncate(tensor.bytes.len() / 2);
    };
    assert_eq!(spoiled(halves), about("is of type F16; this embedder needs F32"));
    for value in [f32::NAN, f32::INFINITY] {
        let line = spoiled(|toy| toy.tensor(name).bytes[400..404].copy_from_slice(&value.to_le_bytes()));
        assert_eq!(line, about("holds something that is not a number"));
    }
    // The configuration asks for more layers than there are.
    let line = spoiled(|toy| toy.config["num_hidden_layers"] = 3.into());
    assert!(line.starts_with("`model.safetensors`: tensor `encoder.layer.2."), "{line}");
    assert!(line.ends_with("is not there"), "{line}");
}

#[test]
fn a_file_that_is_cut_off_is_told_with_the_tensor() {
    let whole = Toy::new().weights();
    let line = with_weights(&whole[..whole.len() - 1]);
    let (has, should) = (whole.len() - 1, whole.len());
    assert_eq!(
        line,
        format!(
            "`model.safetensors`: tensor `encoder.layer.1.output.dense.weight` is cut off: \
             the file has {has} bytes instead of {should}"
        )
    );
    assert_eq!(with_weights(&[]), "`model.safetensors` is no safetensors file: it has 0 bytes");
    assert_eq!(with_weights(&whole[..100]), "`model.safetensors` is cut off in its header, after 100 bytes");
    let longer = [whole.as_slice(), b"more"].concat();
    assert_eq!(with_weights(&longer), "`model.safetensors` has 4 bytes after its last tensor");
}

#[test]
fn a_header_that_is_none_is_refused() {
    let of = |length: u64| [length.to_le_bytes().as_slice(), &[b'{'; 64]].concat();
    assert_eq!(
        with_weights(&of(u64::MAX)),
        "`model.safetensors` is no safetensors file: it announces a header of 18446744073709551615 bytes"
    );
    let name = "embeddings.LayerNorm.bias";
    for header in [
        "{".to_owned(),
        "[]".to_owned(),
        format!("{{\"{name}\":{{\"dtype\":\"F32\",\"shape\":[384],\"data_offsets\":[4,1540]}}}}"),
        format!("{{\"{name}\":{{\"dtype\":\"F32\",\"shape\":[384],\"data_offsets\":[0,8]}}}}"),
        format!("{{\"{name}\":{{\"dtype\":\"F31\",\"shape\":[2],\"data_offsets\":[0,8]}}}}"),
        format!("{{\"{name}\":{{\"dtype\":\"F32\",\"shape\":[{0},{0}],\"data_offsets\":[0,8]}}}}", u64::MAX),
    ] {
        let line = with_weights(&file(&header, &[0; 8]));
        assert!(
            line.starts_with("`model.safetensors` has a header that is not one of safetensors: "),
            "{line}"
        );
    }
    let huge =
        format!("{{\"a\":{{\"dtype\":\"U8\",\"shape\":[{0}],\"data_offsets\":[0,{0}]}}}}", 1_u64 << 60);
    let line = with_weights(&file(&huge, &[0; 8]));
    assert!(line.starts_with("`model.safetensors`: tensor `a` is cut off: "), "{line}");
}

#[test]
fn weights_that_lead_nowhere_are_an_error_of_the_embedding() {
    let mut toy = Toy::new();
    for tensor in &mut toy.tensors {
        if tensor.name.ends_with("output.LayerNorm.weight") || tensor.name.ends_with("output.LayerNorm.bias")
        {
            tensor.bytes.fill(0);
        }
    }
    let embedder = Embedder::open(toy.save().path()).unwrap();
    let error = embedder.embed(&["date"], 1).unwrap_err();
    assert!(matches!(error, ModelError::Run { .. }));
    assert_eq!(error.to_string(), "the sentence embedder failed: its vector has no direction");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Whatever stands at the beginning of the file, and wherever it ends: an error or a model, never a panic.
    #[test]
    fn spoiled_bytes_are_an_error_or_a_model(
        at in prop::collection::vec((0_usize..6000, any::<u8>()), 1..6),
        keep in prop::option::of(0_usize..7000),
        which in 0_usize..3,
    ) {
        let folder = Toy::new().save();
        let path = folder.path().join(["config.json", "tokenizer.json", "model.safetensors"][which]);
        let mut bytes = fs::read(&path).unwrap();
        for (place, byte) in at {
            let place = place % bytes.len();
            bytes[place] = byte;
        }
        bytes.truncate(keep.unwrap_or(usize::MAX));
        fs::write(&path, bytes).unwrap();
        match Embedder::open(folder.path()) {
            Ok(embedder) => drop(embedder.embed(&["date of birth", "names", "Zz é ?"], 1)),
            Err(error) => prop_assert!(!error.to_string().contains('\n')),
        }
    }
}
