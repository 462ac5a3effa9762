//! What libraries that are never asked anything are made of: a manifest, and
//! what runs while they are mapped.

#![allow(unused_macros, dead_code, reason = "each library uses its own part of this")]

/// The manifest, made by this expression.
macro_rules! manifest {
    ($manifest:expr) => {
        /// Read from the file by hosts, before they load it.
        // SAFETY: nothing else in this library has this name, and the section holds plain bytes.
        #[unsafe(no_mangle)]
        #[used]
        #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__arrcoc"))]
        #[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".arrcoc"))]
        #[allow(non_upper_case_globals, reason = "the name that the export macro gives it")]
        pub static arrcoc_manifest: arrcoc_sdk::abi::manifest::Manifest = $manifest;
    };
}

/// Has this function run while the library is mapped, before anybody can check anything.
macro_rules! while_loaded {
    ($function:ident) => {
        // SAFETY: the section holds pointers to functions of this type, which the linker calls.
        #[used]
        #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
        #[cfg_attr(windows, unsafe(link_section = ".CRT$XCU"))]
        #[cfg_attr(not(any(target_vendor = "apple", windows)), unsafe(link_section = ".init_array"))]
        static CONSTRUCTOR: extern "C" fn() = $function;
    };
}

/// A right manifest of this id.
pub(crate) const fn right(id: &str) -> arrcoc_sdk::abi::manifest::Manifest {
    use arrcoc_sdk::abi::manifest::{BUILD, KIND_SCORERS, Manifest};
    Manifest::new(id, "0.1.0", "MIT", "The ARR-COC developers", BUILD, KIND_SCORERS)
}
