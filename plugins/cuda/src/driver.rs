//! The driver and its devices: whether they are there, and what their errors mean.
//!
//! Nothing of CUDA is linked. `libcuda` comes with NVIDIA's driver and is looked for when
//! the plugin is asked what it offers; where it is absent or broken, the device is
//! *unavailable*, with the reason. The binding panics where a library or one of its
//! functions is missing, so that whatever asks first does so guarded.

use std::panic::{UnwindSafe, catch_unwind};

use arrcoc_sdk::{Fault, abi::FaultCode, abi::Retry, describe::DeviceInfo};
use cudarc::driver::{CudaContext, DriverError, result, sys};

/// The devices, as `describe` lists them.
pub(crate) fn devices() -> Vec<DeviceInfo> {
    match guarded(names).unwrap_or_else(Err) {
        Ok(names) => names.into_iter().map(|name| DeviceInfo { name, unavailable: None }).collect(),
        Err(reason) => vec![DeviceInfo { name: "cuda".into(), unavailable: Some(reason) }],
    }
}

/// The names of all devices, in the order of the driver's numbers; or why there is none.
fn names() -> Result<Vec<String>, String> {
    // SAFETY: it opens libraries by their system names, whose constructors are NVIDIA's own.
    if !unsafe { sys::is_culib_present() } {
        return Err("there is no NVIDIA driver (libcuda)".into());
    }
    let said = |e: DriverError| format!("the NVIDIA driver says: {}", text(&e));
    result::init().map_err(said)?;
    let count = CudaContext::device_count().map_err(said)?;
    if count == 0 {
        return Err("the NVIDIA driver has no device".into());
    }
    (0..count).map(|ordinal| name(ordinal).map_err(said)).collect()
}

/// Name, kind and driver of a device.
pub(crate) fn name(ordinal: i32) -> Result<String, DriverError> {
    let device = result::device::get(ordinal)?;
    let (major, minor) = capability(device)?;
    let mut version = 0;
    // SAFETY: the function writes one integer.
    unsafe { sys::cuDriverGetVersion(&raw mut version) }.result()?;
    let name = result::device::get_name(device)?;
    Ok(format!(
        "{name} (discrete, cuda, sm_{major}{minor}, driver {}.{})",
        version / 1000,
        version % 1000 / 10
    ))
}

fn capability(device: sys::CUdevice) -> Result<(i32, i32), DriverError> {
    use sys::CUdevice_attribute_enum::{
        CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR as MAJOR,
        CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR as MINOR,
    };
    // SAFETY: `device` came from the driver.
    unsafe {
        Ok((result::device::get_attribute(device, MAJOR)?, result::device::get_attribute(device, MINOR)?))
    }
}

/// Runs what may meet a library that lacks something; a panic becomes the reason.
pub(crate) fn guarded<T>(work: impl FnOnce() -> T + UnwindSafe) -> Result<T, String> {
    catch_unwind(work).map_err(|panic| {
        let said = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied());
        let said = said.unwrap_or("no reason").split_whitespace().collect::<Vec<_>>().join(" ");
        format!("the NVIDIA libraries are broken: {}", said.chars().take(200).collect::<String>())
    })
}

/// What the driver calls an error.
pub(crate) fn text(error: &DriverError) -> String {
    let part = |part: Result<&std::ffi::CStr, DriverError>| part.map(|p| p.to_string_lossy().into_owned());
    match (part(error.error_name()), part(error.error_string())) {
        (Ok(name), Ok(string)) => format!("{string} ({name})"),
        _ => format!("error {}", error.0 as u32),
    }
}

/// A driver's error as a fault.
pub(crate) fn fault(what: &str, error: DriverError) -> Fault {
    use sys::cudaError_enum as cu;
    let message = format!("{what}: {}", text(&error));
    match error.0 {
        cu::CUDA_ERROR_OUT_OF_MEMORY => Fault::new(FaultCode::OUT_OF_MEMORY, message),
        // After these the context is of no use to anybody in this process.
        cu::CUDA_ERROR_ILLEGAL_ADDRESS
        | cu::CUDA_ERROR_LAUNCH_FAILED
        | cu::CUDA_ERROR_LAUNCH_TIMEOUT
        | cu::CUDA_ERROR_ECC_UNCORRECTABLE
        | cu::CUDA_ERROR_NO_DEVICE
        | cu::CUDA_ERROR_DEVICE_UNAVAILABLE
        | cu::CUDA_ERROR_CONTEXT_IS_DESTROYED
        | cu::CUDA_ERROR_UNKNOWN => Fault::new(FaultCode::DEVICE_LOST, message),
        _ => Fault::internal(message).helped_by(Retry::NEW_PROCESS),
    }
}
