//! What an answer must be: written, finite, on its scale, admitted; and what it
//! means that two answers are the same.

use arrcoc_decide::{Way, admit};
use arrcoc_sdk::{
    abi::DType,
    buffer::TensorBuf,
    describe::{Determinism, Scale},
};

use crate::{scene::Scene, subject::Part};

/// Checks what an answer holds.
///
/// # Errors
/// One clause that says what is wrong.
pub(crate) fn check(answer: &[TensorBuf], part: &Part, scene: &Scene) -> Result<(), String> {
    for output in answer {
        output.check_written().map_err(|fault| fault.message)?;
        finite_and_on_scale(output, part)?;
    }
    admitted(answer, scene)
}

/// Checks that numbers are finite, and those of a `unit` channel from 0 to 1.
pub(crate) fn finite_and_on_scale(output: &TensorBuf, part: &Part) -> Result<(), String> {
    let name = output.name();
    if let Some(at) = output.first_not_finite() {
        return Err(format!("output `{name}` is not a finite number at element {at}"));
    }
    let Part::Scorer(info) = part else { return Ok(()) };
    let unit = info.channels().any(|(given, channel)| given.name == name && channel.scale == Scale::Unit);
    if !unit {
        return Ok(());
    }
    let outside = values(output).into_iter().enumerate().find(|(_, value)| !(0.0..=1.0).contains(value));
    match outside {
        Some((at, value)) => {
            Err(format!("channel `{name}` is {value} at element {at}, outside the 0 to 1 it declares"))
        }
        None => Ok(()),
    }
}

/// Checks an allocator's proposal as the host would.
pub(crate) fn admitted(answer: &[TensorBuf], scene: &Scene) -> Result<(), String> {
    let Some(order) = &scene.order else { return Ok(()) };
    let Some(tokens) = answer.iter().find(|output| output.name() == "tokens") else { return Ok(()) };
    let tokens: Vec<u32> =
        tokens.view().and_then(|view| Ok(view.as_slice::<u32>()?.to_vec())).map_err(|fault| fault.message)?;
    admit(tokens, &order.demand).map(drop).map_err(|refusal| format!("the proposal is refused: {refusal}"))
}

/// Says where two answers differ by more than was declared.
///
/// # Errors
/// One clause that names the output, the element and both numbers.
pub(crate) fn same(one: &[TensorBuf], other: &[TensorBuf], within: Determinism) -> Result<(), String> {
    let names = |answer: &[TensorBuf]| {
        let names: Vec<&str> = answer.iter().map(TensorBuf::name).collect();
        names.join(", ")
    };
    if one.len() != other.len() {
        return Err(format!("the outputs are {} and then {}", names(one), names(other)));
    }
    for (a, b) in one.iter().zip(other) {
        if a.name() != b.name() || a.shape() != b.shape() || a.dtype() != b.dtype() {
            return Err(format!(
                "the output `{}` is {:?} and then `{}` {:?}",
                a.name(),
                a.shape(),
                b.name(),
                b.shape()
            ));
        }
        if a.as_bytes() == b.as_bytes() {
            continue;
        }
        let size = a.dtype().size().unwrap_or(1);
        let pairs = a.as_bytes().chunks_exact(size).zip(b.as_bytes().chunks_exact(size));
        let (left, right) = (values(a), values(b));
        for (at, (x, y)) in pairs.enumerate() {
            if x != y && !close(left[at], right[at], within) {
                return Err(format!(
                    "output `{}` is {} and then {} at element {at}",
                    a.name(),
                    left[at],
                    right[at]
                ));
            }
        }
    }
    Ok(())
}

fn close(a: f64, b: f64, within: Determinism) -> bool {
    match within {
        Determinism::Tolerance { abs, rel } => (a - b).abs() <= abs + rel * a.abs().max(b.abs()),
        _ => false,
    }
}

/// The elements as numbers, whatever their type.
fn values(tensor: &TensorBuf) -> Vec<f64> {
    let Ok(view) = tensor.view() else { return Vec::new() };
    fn of<T: arrcoc_sdk::tensor::Element>(
        view: arrcoc_sdk::TensorView<'_>,
        number: impl Fn(T) -> f64,
    ) -> Vec<f64> {
        view.as_slice::<T>()
            .map(|values| values.iter().map(|value| number(*value)).collect())
            .unwrap_or_default()
    }
    match tensor.dtype() {
        DType::U8 => of::<u8>(view, f64::from),
        DType::U32 => of::<u32>(view, f64::from),
        DType::I64 => of::<i64>(view, |value| value as f64),
        DType::F64 => of::<f64>(view, |value| value),
        _ => view.to_f32().map(|values| values.iter().copied().map(f64::from).collect()).unwrap_or_default(),
    }
}

/// Whether a channel depends on the question.
pub(crate) fn asks(part: &Part) -> bool {
    match part {
        Part::Scorer(info) => info.channels().any(|(_, channel)| channel.way == Way::Participatory),
        Part::Allocator(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(values: &[f32]) -> Vec<TensorBuf> {
        vec![TensorBuf::new("x", &[values.len() as u64], values).unwrap()]
    }

    #[test]
    fn answers_differ_by_bits_or_by_more_than_a_tolerance() {
        let (a, b) = (tensor(&[1.0, 0.0]), tensor(&[1.001, -0.0]));
        assert!(same(&a, &a, Determinism::BitExact).is_ok());
        let line = same(&a, &b, Determinism::BitExact).unwrap_err();
        assert_eq!(line, "output `x` is 1 and then 1.0010000467300415 at element 0");
        assert!(same(&a, &b, Determinism::Tolerance { abs: 0.0, rel: 0.01 }).is_ok());
        assert!(same(&a, &b, Determinism::Tolerance { abs: 1e-4, rel: 0.0 }).is_err());
        assert!(same(&a, &tensor(&[1.0]), Determinism::BitExact).unwrap_err().contains("[2] and then"));
    }
}
