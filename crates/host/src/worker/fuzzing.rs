//! Doors for the fuzz targets: each side of the channel, with a peer at the
//! other end that sends what it likes. There is no process and no library.

use std::io;

use rustix::{
    fd::AsFd as _,
    net::{SendFlags, send},
};

use super::channel::Channel;
use crate::memory;

pub use super::{
    plant::fuzzing::{Heard, answers},
    serve::fuzzing::asks,
};

/// Something that a peer sends.
#[derive(Clone, Copy, Debug)]
pub enum Packet<'a> {
    /// These bytes, whatever they are.
    Bare(&'a [u8]),
    /// These bytes, and behind them memory that holds the others and that nobody can change.
    Sealed(&'a [u8], &'a [u8]),
    /// These bytes, and behind them memory of this many bytes that somebody could change.
    Open(&'a [u8], u16),
    /// A message as both sides write them, with this head and this payload.
    Message(&'a [u8], &'a [u8]),
    /// The same, and sealed memory that holds the last bytes.
    WithCopy(&'a [u8], &'a [u8], &'a [u8]),
}

/// Sends it. What the other end has no room for is lost.
pub(super) fn put(channel: &mut Channel, packet: Packet<'_>) -> io::Result<()> {
    let flags = SendFlags::DONTWAIT;
    match packet {
        Packet::Bare(bytes) => send(channel.socket(), bytes, flags | SendFlags::NOSIGNAL).map(|_| ())?,
        Packet::Sealed(bytes, holds) => {
            channel.send_bytes(bytes, &[memory::sealed("peer", &[holds])?.as_fd()], flags)?;
        }
        Packet::Open(bytes, holds) => {
            channel.send_bytes(bytes, &[memory::shared("peer", holds.into())?.as_fd()], flags)?;
        }
        Packet::Message(head, payload) => channel.send(head, &[payload], &[], flags)?,
        Packet::WithCopy(head, payload, holds) => {
            channel.send(head, &[payload], &[memory::sealed("peer", &[holds])?.as_fd()], flags)?;
        }
    }
    Ok(())
}
