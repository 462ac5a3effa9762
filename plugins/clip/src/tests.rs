//! Tests that need a model: small ones, made here from the rule that
//! `tests/compare/compare.py` follows too.

mod compared;
mod made;
mod refused;
mod scored;
