//! Prints the JSON schema of a decision:
//! `cargo run --release -p arrcoc --example decision_schema > docs/decision.schema.json`.

#![forbid(unsafe_code)]

fn main() {
    print!("{}", arrcoc::schema::decision());
}
