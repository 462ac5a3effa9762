//! Which graphics processors there are, and which one is meant.
//!
//! The instance of the graphics API is made once and kept for the life of the process,
//! because some drivers do not survive that it goes away.

use std::sync::OnceLock;

use arrcoc_sdk::{Fault, describe::DeviceInfo};
use wgpu::{Adapter, AdapterInfo, Backends, DeviceType, Instance, InstanceDescriptor, InstanceFlags};

/// What was found, once.
struct Found {
    _instance: Instance,
    /// The likely fastest first.
    adapters: Vec<Adapter>,
}

fn found() -> &'static Found {
    static FOUND: OnceLock<Found> = OnceLock::new();
    FOUND.get_or_init(|| {
        let instance = Instance::new(InstanceDescriptor {
            backends: Backends::PRIMARY,
            flags: InstanceFlags::empty(),
            ..InstanceDescriptor::new_without_display_handle()
        });
        let mut adapters = pollster::block_on(instance.enumerate_adapters(Backends::PRIMARY));
        adapters.sort_by_key(|adapter| rank(adapter.get_info().device_type));
        Found { _instance: instance, adapters }
    })
}

/// Lower for what is likely faster.
fn rank(kind: DeviceType) -> u8 {
    match kind {
        DeviceType::DiscreteGpu => 0,
        DeviceType::IntegratedGpu => 1,
        DeviceType::VirtualGpu => 2,
        DeviceType::Other => 3,
        DeviceType::Cpu => 4,
    }
}

/// All adapters, as `describe` lists them.
pub(crate) fn devices() -> Vec<DeviceInfo> {
    let adapters = &found().adapters;
    if adapters.is_empty() {
        let reason = "there is no graphics adapter with a driver for Vulkan, Metal or Direct3D 12".to_owned();
        return vec![DeviceInfo { name: "gpu".into(), unavailable: Some(reason) }];
    }
    let available = |adapter: &Adapter| DeviceInfo { name: name(&adapter.get_info()), unavailable: None };
    adapters.iter().map(available).collect()
}

/// Name, kind and driver of an adapter.
pub(crate) fn name(info: &AdapterInfo) -> String {
    let kind = match info.device_type {
        DeviceType::DiscreteGpu => "discrete",
        DeviceType::IntegratedGpu => "integrated",
        DeviceType::VirtualGpu => "virtual",
        DeviceType::Cpu => "software",
        DeviceType::Other => "other",
    };
    let driver = [info.driver.as_str(), info.driver_info.as_str()];
    let driver: Vec<&str> = driver.into_iter().filter(|part| !part.is_empty()).collect();
    let api = info.backend.to_str();
    format!(
        "{} ({kind}, {api}, driver {})",
        info.name,
        if driver.is_empty() { "unknown".into() } else { driver.join(" ") }
    )
}

/// The adapter that a user means: by its number in the list or by a part of its name; the first of the list when nothing
/// is said.
pub(crate) fn chosen(wanted: &str) -> Result<&'static Adapter, Fault> {
    let adapters = &found().adapters;
    let wanted = wanted.trim();
    let at = match wanted.parse::<usize>() {
        _ if wanted.is_empty() => Some(0),
        Ok(number) => Some(number),
        Err(_) => {
            let lower = wanted.to_lowercase();
            adapters.iter().position(|adapter| name(&adapter.get_info()).to_lowercase().contains(&lower))
        }
    };
    at.and_then(|at| adapters.get(at)).ok_or_else(|| {
        let names: Vec<String> =
            adapters.iter().enumerate().map(|(i, a)| format!("{i}: {}", name(&a.get_info()))).collect();
        let there = if names.is_empty() { "none".to_owned() } else { names.join("; ") };
        Fault::invalid(format!("there is no adapter `{wanted}`; there is {there}"))
    })
}
