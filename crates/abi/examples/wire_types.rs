//! Writes down every type that crosses the boundary: size, alignment, fields with their
//! places, functions with their arguments.
//!
//! ```text
//! cargo run -p arrcoc-abi --example wire_types
//! ```
//!
//! The text is committed as `crates/abi/wire_types.txt`, for 64-bit systems. What changes
//! it breaks plugins that are built already, and `cargo xtask lint wire` says so.

use std::collections::HashSet;

use arrcoc_abi::{
    ABI_MAJOR, ABI_MINOR, Manifest, RootRef,
    abi_stable::{
        StableAbi,
        std_types::utypeid::UTypeId,
        type_layout::{TLData, TLField, TLFunction, TypeLayout},
    },
    manifest,
};

fn main() {
    println!("ABI {ABI_MAJOR}.{ABI_MINOR}, abi_stable 0.11, {}-bit", usize::BITS);
    println!(
        "\nmanifest: section {}, {} bytes, alignment {}",
        manifest::SECTION,
        manifest::SIZE,
        align_of::<Manifest>()
    );
    println!(
        "  magic at 0, size at 16, ABI major at 20, ABI minor at 24, kinds at 28, id at 32, version at 96,"
    );
    println!("  licence at 128, vendor at 192, build at 256, reserved at 384");
    println!(
        "  kinds: scorers {}, allocators {}, device {}",
        manifest::KIND_SCORERS,
        manifest::KIND_ALLOCATORS,
        manifest::KIND_DEVICE
    );
    let mut seen = HashSet::new();
    write(<RootRef as StableAbi>::LAYOUT, &mut seen);
}

/// Writes a type and, after it, those that it is made of.
fn write(layout: &'static TypeLayout, seen: &mut HashSet<UTypeId>) {
    if !seen.insert(layout.get_utypeid()) {
        return;
    }
    let fields: Vec<TLField> =
        layout.get_fields().map(|fields| fields.into_iter().collect()).unwrap_or_default();
    // What has no size is there for the compiler.
    if let Some(kind) = kind(layout).filter(|_| layout.size() > 0) {
        println!(
            "\n{}: {kind}, {} bytes, alignment {}",
            one_line(&layout.full_type().to_string()),
            layout.size(),
            layout.alignment()
        );
        print_fields(layout, &fields);
    }
    for field in &fields {
        write(field.layout(), seen);
        for function in field.function_range().iter() {
            for parameter in function.param_type_layouts.iter() {
                write(parameter(), seen);
            }
            if let Some(returned) = function.return_type_layout() {
                write(returned(), seen);
            }
        }
    }
    for parameter in layout.generics().type_params() {
        write(parameter(), seen);
    }
    for field in layout.phantom_fields() {
        write(field.layout(), seen);
    }
}

/// What a type is; `None` for numbers, pointers and references, which are known.
fn kind(layout: &TypeLayout) -> Option<&'static str> {
    Some(match layout.data() {
        TLData::Primitive(_) => return None,
        TLData::Opaque => "opaque",
        TLData::Struct { .. } => "record",
        TLData::Union { .. } => "union",
        TLData::Enum(_) => "enum",
        TLData::PrefixType(_) => "prefix type",
    })
}

fn print_fields(layout: &TypeLayout, fields: &[TLField]) {
    let is_record = matches!(layout.data(), TLData::Struct { .. });
    let mut end = 0usize;
    for field in fields {
        let inner = field.layout();
        if inner.size() == 0 {
            continue;
        }
        // `repr(C)`: each field at the next multiple of its alignment.
        let at = end.next_multiple_of(inner.alignment().max(1));
        end = at + inner.size();
        let place = if is_record { format!("at {at:3}  ") } else { String::new() };
        if field.is_function() {
            let signatures = field.function_range().iter().map(|function| signature(&function));
            println!("  {place}{}: {}", field.name(), signatures.collect::<Vec<_>>().join(" "));
        } else {
            println!("  {place}{}: {}", field.name(), one_line(&field.full_type().to_string()));
        }
    }
}

fn signature(function: &TLFunction) -> String {
    let parameters: Vec<String> =
        function.param_type_layouts.iter().map(|parameter| parameter().full_type().to_string()).collect();
    let returned =
        function.return_type_layout().map_or_else(|| "()".to_owned(), |it| it().full_type().to_string());
    one_line(&format!("fn({}) -> {returned}", parameters.join(", ")))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
