//! Both sides of the channel to a worker, with a peer that sends what it likes.
//!
//! The bytes of an input are a conversation in a form that a fuzzer can cut and
//! splice: `0xff` and a letter begin a packet, `0xfe` separates its parts.
//!
//! | letter | parts |
//! |---|---|
//! | `b` | a packet as it is |
//! | `s` | a packet as it is; what the sealed memory behind it holds |
//! | `o` | a packet as it is; the memory behind it has as many bytes as this part times 64, and is not sealed |
//! | `c` | head; payload; what the sealed memory behind it holds |
//! | any other | head; payload |

use arrcoc_abi::manifest::valid_id;
use arrcoc_host::{
    Description,
    worker::fuzzing::{self, Heard, Packet},
};

/// The most packets of a conversation: more than either side sends before it has asked everything.
const PACKETS: usize = 32;

fn packets(bytes: &[u8]) -> Vec<Packet<'_>> {
    bytes.split(|&byte| byte == 0xff).filter_map(packet).take(PACKETS).collect()
}

fn packet(bytes: &[u8]) -> Option<Packet<'_>> {
    let (kind, rest) = bytes.split_first()?;
    let mut parts = rest.splitn(3, |&byte| byte == 0xfe);
    let mut part = || parts.next().unwrap_or_default();
    Some(match kind {
        b'b' => Packet::Bare(rest),
        b's' => Packet::Sealed(part(), part()),
        b'o' => Packet::Open(part(), u16::try_from(part().len() * 64).unwrap_or(u16::MAX)),
        b'c' => Packet::WithCopy(part(), part(), part()),
        _ => Packet::Message(part(), part()),
    })
}

/// What gets through to a host to which a worker sends this conversation.
///
/// # Panics
/// When the system gives no sockets or no memory.
#[must_use]
pub fn heard(bytes: &[u8]) -> Heard {
    fuzzing::answers(&packets(bytes)).unwrap_or_else(|error| panic!("no channel can be made: {error}"))
}

/// What a worker sends: nothing of it reaches a decision or a person unchecked.
pub(crate) fn answers(bytes: &[u8]) {
    let heard = heard(bytes);
    if let Some(description) = &heard.description {
        hold(description);
    }
    for output in &heard.outputs {
        assert!(output.check_written().is_ok(), "`{}` was not written", output.name());
        assert_eq!(output.first_not_finite(), None, "`{}` is not finite", output.name());
    }
    for name in &heard.names {
        assert!((1..=128).contains(&name.len()) && !name.contains(char::is_control), "{name:?} is no name");
    }
    for line in &heard.lines {
        assert!(!line.contains(char::is_control), "{line:?} is not a line");
        assert!(line.len() <= 1 << 14, "a line of {} bytes", line.len());
    }
    for text in &heard.log {
        assert!(!text.contains('\u{1b}'), "{text:?} is obeyed by a terminal");
        assert!(text.len() <= 1 << 18, "a message of {} bytes", text.len());
    }
}

fn hold(description: &Description) {
    let scorers = description.scorers.iter().map(|scorer| (&scorer.id, &scorer.doc));
    let allocators = description.allocators.iter().map(|allocator| (&allocator.id, &allocator.doc));
    let mut ids: Vec<&String> = Vec::new();
    for (id, doc) in scorers.chain(allocators) {
        assert!(valid_id(id), "{id:?} is no id");
        assert!(!doc.contains(char::is_control), "{doc:?} is not a line");
        assert!(!ids.contains(&id), "`{id}` is there twice");
        ids.push(id);
    }
}

/// What a host sends: a worker answers it or ends, and takes no more memory than it may.
pub(crate) fn asks(bytes: &[u8]) {
    fuzzing::asks(&packets(bytes)).unwrap_or_else(|error| panic!("no channel can be made: {error}"));
}
