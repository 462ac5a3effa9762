//! The manifest: who a plugin is, readable from its file without loading it.
//!
//! Loading a library runs its static constructors before anything can be
//! checked. So every plugin carries this record, pointer-free and of fixed
//! size, in a section of its own ([`SECTION`]), and the host reads it from the
//! bytes of the file. Texts are UTF-8, padded with zeros.
//!
//! Offsets in bytes: magic 0, size 16, ABI major 20, ABI minor 24, kinds 28,
//! id 32, version 96, licence 128, vendor 192, build 256, reserved 384.

/// Name of the section that holds the manifest, as object files store it.
pub const SECTION: &str = if cfg!(target_vendor = "apple") { "__arrcoc" } else { ".arrcoc" };

/// First 16 bytes of every manifest.
pub const MAGIC: [u8; 16] = *b"ARR-COC plugin\0\x01";

/// Bit of [`Manifest::kinds`]: the library has scorers.
pub const KIND_SCORERS: u32 = 1;
/// Bit of [`Manifest::kinds`]: the library has allocators.
pub const KIND_ALLOCATORS: u32 = 2;

/// Bit of [`Manifest::kinds`]: the library drives a device. It runs in a process of its own, and is loaded only where a
/// device is asked for.
pub const KIND_DEVICE: u32 = 4;

/// Size of a [`Manifest`] in bytes.
pub const SIZE: usize = 512;

/// Who a plugin is. Plain bytes, the same in the file and in memory.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Manifest {
    /// [`MAGIC`].
    pub magic: [u8; 16],
    /// [`SIZE`], little-endian like all numbers here.
    pub size: [u8; 4],
    /// Major number of the ABI it was built for.
    pub abi_major: [u8; 4],
    /// Minor number of the ABI it was built for.
    pub abi_minor: [u8; 4],
    /// Bits: [`KIND_SCORERS`], [`KIND_ALLOCATORS`], [`KIND_DEVICE`].
    pub kinds: [u8; 4],
    /// The library's id: lower-case letters, digits, `-` and `_`.
    pub id: [u8; 64],
    /// Its version.
    pub version: [u8; 32],
    /// Its licence, an SPDX expression.
    pub licence: [u8; 64],
    /// Who made it.
    pub vendor: [u8; 64],
    /// Facts of the build: target, profile, panic strategy.
    pub build: [u8; 128],
    /// Zeros.
    pub reserved: [u8; 128],
}

const _: () = assert!(size_of::<Manifest>() == SIZE && align_of::<Manifest>() == 1);

impl Manifest {
    /// A manifest for the ABI of this crate, made while the plugin is compiled.
    ///
    /// # Panics
    /// When a text is longer than its field, which stops the plugin's build.
    #[must_use]
    pub const fn new(
        id: &str,
        version: &str,
        licence: &str,
        vendor: &str,
        build: &str,
        kinds: u32,
    ) -> Manifest {
        Manifest {
            magic: MAGIC,
            size: (SIZE as u32).to_le_bytes(),
            abi_major: crate::ABI_MAJOR.to_le_bytes(),
            abi_minor: crate::ABI_MINOR.to_le_bytes(),
            kinds: kinds.to_le_bytes(),
            id: padded(id),
            version: padded(version),
            licence: padded(licence),
            vendor: padded(vendor),
            build: padded(build),
            reserved: [0; 128],
        }
    }
}

const fn padded<const N: usize>(text: &str) -> [u8; N] {
    let bytes = text.as_bytes();
    assert!(bytes.len() <= N, "a text of the plugin manifest is longer than its field");
    let mut out = [0; N];
    let mut i = 0;
    while i < bytes.len() {
        out[i] = bytes[i];
        i += 1;
    }
    out
}

/// Facts of the build that compiles this, for [`Manifest::build`].
pub const BUILD: &str = const {
    // One literal a combination: string formatting is not available in constants.
    macro_rules! facts {
        ($arch:literal, $os:literal) => {
            match (cfg!(panic = "unwind"), cfg!(debug_assertions)) {
                (true, false) => concat!($arch, "-", $os, " release panic=unwind"),
                (true, true) => concat!($arch, "-", $os, " debug panic=unwind"),
                (false, false) => concat!($arch, "-", $os, " release panic=abort"),
                (false, true) => concat!($arch, "-", $os, " debug panic=abort"),
            }
        };
    }
    match (
        cfg!(target_arch = "x86_64"),
        cfg!(target_arch = "aarch64"),
        cfg!(target_os = "linux"),
        cfg!(target_os = "macos"),
        cfg!(target_os = "windows"),
    ) {
        (true, _, true, _, _) => facts!("x86_64", "linux"),
        (true, _, _, true, _) => facts!("x86_64", "macos"),
        (true, _, _, _, true) => facts!("x86_64", "windows"),
        (_, true, true, _, _) => facts!("aarch64", "linux"),
        (_, true, _, true, _) => facts!("aarch64", "macos"),
        (_, true, _, _, true) => facts!("aarch64", "windows"),
        _ => facts!("other", "other"),
    }
};

/// A manifest as read from a file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Facts {
    /// ABI the plugin was built for: major, minor.
    pub abi: (u32, u32),
    /// Whether it says that it has scorers.
    pub scorers: bool,
    /// Whether it says that it has allocators.
    pub allocators: bool,
    /// Whether it says that it drives a device.
    pub device: bool,
    /// The library's id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Its licence, an SPDX expression.
    pub licence: String,
    /// Who made it.
    pub vendor: String,
    /// Facts of the build.
    pub build: String,
}

impl Facts {
    /// Reads a manifest from the bytes of its section.
    ///
    /// # Errors
    /// One clause that says what is wrong with the bytes.
    pub fn parse(bytes: &[u8]) -> Result<Facts, String> {
        let Some(bytes) = bytes.get(..SIZE) else {
            return Err(format!("its manifest has {} bytes, not {SIZE}", bytes.len()));
        };
        if bytes[..16] != MAGIC {
            return Err("its manifest does not begin with the magic bytes".into());
        }
        let number = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        if number(16) as usize != SIZE {
            return Err(format!("its manifest says it has {} bytes, not {SIZE}", number(16)));
        }
        let text = |name: &str, at: usize, length: usize| {
            let field = &bytes[at..at + length];
            let end = field.iter().position(|&b| b == 0).unwrap_or(length);
            match core::str::from_utf8(&field[..end]) {
                Ok(text) if text.chars().all(|c| !c.is_control()) => Ok(text.to_owned()),
                _ => Err(format!("the {name} in its manifest is not plain text")),
            }
        };
        let id = text("id", 32, 64)?;
        if !valid_id(&id) {
            return Err(format!(
                "the id `{id}` in its manifest is not made of lower-case letters, digits, `-` and `_`"
            ));
        }
        let kinds = number(28);
        Ok(Facts {
            abi: (number(20), number(24)),
            scorers: kinds & KIND_SCORERS != 0,
            allocators: kinds & KIND_ALLOCATORS != 0,
            device: kinds & KIND_DEVICE != 0,
            id,
            version: text("version", 96, 32)?,
            licence: text("licence", 128, 64)?,
            vendor: text("vendor", 192, 64)?,
            build: text("build facts", 256, 128)?,
        })
    }
}

/// Whether a text can be the id of a plugin, a scorer or an allocator: 1 to 64
/// lower-case letters, digits, `-` and `_`.
#[must_use]
pub fn valid_id(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(manifest: &Manifest) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend(manifest.magic);
        for number in [manifest.size, manifest.abi_major, manifest.abi_minor, manifest.kinds] {
            out.extend(number);
        }
        out.extend(manifest.id);
        out.extend(manifest.version);
        out.extend(manifest.licence);
        out.extend(manifest.vendor);
        out.extend(manifest.build);
        out.extend(manifest.reserved);
        out
    }

    #[test]
    fn what_is_written_is_read() {
        let manifest = Manifest::new("ways", "1.2.3", "MIT", "somebody", BUILD, KIND_SCORERS);
        let facts = Facts::parse(&bytes(&manifest)).unwrap();
        assert_eq!((facts.id.as_str(), facts.version.as_str()), ("ways", "1.2.3"));
        assert_eq!(facts.abi, (crate::ABI_MAJOR, crate::ABI_MINOR));
        assert!(facts.scorers && !facts.allocators);
        assert_eq!(facts.build, BUILD);
    }

    #[test]
    fn broken_manifests_are_refused_with_the_reason() {
        let good = bytes(&Manifest::new("ways", "1", "MIT", "x", "", 3));
        let refused = |bytes: &[u8]| Facts::parse(bytes).unwrap_err();
        assert!(refused(&good[..511]).contains("511 bytes"));
        let mut magic = good.clone();
        magic[3] ^= 1;
        assert!(refused(&magic).contains("magic"));
        let mut size = good.clone();
        size[17] = 9;
        assert!(refused(&size).contains("says it has"));
        let mut id = good.clone();
        id[32] = b'/';
        assert!(refused(&id).contains("`/ays`"));
        let mut text = good;
        text[96] = 0xff;
        assert!(refused(&text).contains("version"));
    }
}
