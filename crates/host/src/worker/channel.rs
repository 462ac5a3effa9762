//! One message at a time over a pair of sequenced-packet sockets.
//!
//! A packet is a prefix (three numbers), the head, and the payload behind it,
//! both padded to eight bytes so that tensors are aligned where they arrive. A
//! message that is too long for a packet is written to memory; then the packet
//! is the prefix alone, and the first descriptor that comes with it is that
//! memory: sealed, where it comes from the host, for the worker maps it. What
//! comes from a worker is copied, so nothing depends on its being sealed, and one
//! that may make no memory any more uses the same for every message.

use std::{
    fs::File,
    io::{self, IoSlice, IoSliceMut, Seek as _, Write as _},
    mem::MaybeUninit,
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::fs::FileExt as _,
    },
    sync::LazyLock,
    thread,
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::fcntl_get_seals,
    io::{Errno, retry_on_intr},
    net::{
        AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
        SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair,
    },
};

use crate::memory;

/// Most bytes of a message that travel in the packet itself: well below the
/// least send buffer that systems have by default.
const PACKET: usize = 64 << 10;
/// Most bytes of a head: a description and a full log fit.
const MOST_HEAD: u64 = 16 << 20;
/// Most descriptors that come with one message.
pub(super) const MOST_DESCRIPTORS: usize = 64;

/// How long a message is looked out for by one who does nothing else meanwhile.
const LOOK_OUT: Duration = Duration::from_micros(50);

const PREFIX: usize = 24;
const MAGIC: u32 = 0x4152_5243;

/// One end.
pub(super) struct Channel {
    socket: OwnedFd,
    /// Where packets arrive; words, so that it is aligned.
    arrived: Vec<u64>,
    leaving: Vec<u8>,
    /// What long messages are written to, where there is no new memory for each.
    scratch: Option<File>,
}

/// A message that arrived. What of it came in the packet lies in the channel until the next one comes.
pub(super) struct Message {
    place: Place,
    /// The descriptors that came with it.
    pub(super) descriptors: Vec<OwnedFd>,
}

enum Place {
    /// In the packet: where the head ends, and where the payload begins and ends.
    Packet(usize, usize, usize),
    /// The head, and the memory with the payload from this byte on, of this length.
    Memory(Vec<u8>, File, u64, u64),
}

fn padded(bytes: usize) -> usize {
    bytes.next_multiple_of(8)
}

fn odd(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// Waits for one of these, but no longer than this. An interruption counts as nothing having come.
pub(super) fn something_comes(fds: &mut [PollFd<'_>], most: Duration) -> bool {
    let timeout = Timespec { tv_sec: most.as_secs() as i64, tv_nsec: i64::from(most.subsec_nanos()) };
    poll(fds, Some(&timeout)).unwrap_or(0) > 0
}

/// Where the parts of a payload come to lie, and its whole length.
pub(super) fn laid_out(lengths: impl Iterator<Item = usize>) -> (Vec<u64>, usize) {
    let mut end = 0;
    let mut offsets = Vec::new();
    for bytes in lengths {
        offsets.push(end as u64);
        end += padded(bytes);
    }
    (offsets, end)
}

impl Channel {
    pub(super) fn new(socket: OwnedFd) -> Channel {
        Channel { socket, arrived: vec![0; (PREFIX + PACKET) / 8], leaving: Vec::new(), scratch: None }
    }

    /// Has long messages written to the same memory, one after the other: each must have been received when the next
    /// one is sent.
    pub(super) fn reuse_memory(&mut self) -> io::Result<()> {
        self.scratch = Some(memory::scratch("arrcoc message")?);
        Ok(())
    }

    /// Both ends. Neither survives an exec.
    pub(super) fn pair() -> io::Result<(Channel, OwnedFd)> {
        let (ours, theirs) =
            socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?;
        Ok((Channel::new(ours), theirs))
    }

    /// Looks out for a message for a moment before anybody falls asleep over it: to be woken on another core
    /// takes several times as long as a short call. Whether there is something to receive.
    pub(super) fn look_out(&self) -> bool {
        static ALONE: LazyLock<bool> =
            LazyLock::new(|| thread::available_parallelism().map_or(1, usize::from) < 2);
        if *ALONE {
            return false;
        }
        let began = Instant::now();
        while began.elapsed() < LOOK_OUT {
            if something_comes(&mut [PollFd::new(&self.socket, PollFlags::IN)], Duration::ZERO) {
                return true;
            }
            std::hint::spin_loop();
        }
        false
    }

    pub(super) fn socket(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// Sends a message. Its payload is these parts, laid out by [`laid_out`].
    pub(super) fn send(
        &mut self,
        head: &[u8],
        parts: &[&[u8]],
        descriptors: &[BorrowedFd<'_>],
        flags: SendFlags,
    ) -> io::Result<()> {
        let (_, payload) = laid_out(parts.iter().map(|part| part.len()));
        let fits = padded(head.len()) + payload <= PACKET;
        self.leaving.clear();
        self.leaving.extend(MAGIC.to_le_bytes());
        self.leaving.extend(u32::from(!fits).to_le_bytes());
        self.leaving.extend((head.len() as u64).to_le_bytes());
        self.leaving.extend((payload as u64).to_le_bytes());
        if fits {
            for part in [head].iter().chain(parts) {
                self.leaving.extend_from_slice(part);
                self.leaving.resize(padded(self.leaving.len()), 0);
            }
            return self.send_packet(descriptors, flags);
        }
        const PADDING: [u8; 8] = [0; 8];
        let mut pieces = Vec::new();
        for part in [head].iter().chain(parts) {
            pieces.extend([part, &PADDING[..padded(part.len()) - part.len()]]);
        }
        let memory = match &mut self.scratch {
            Some(scratch) => rewritten(scratch, &pieces)?,
            None => memory::sealed("arrcoc message", &pieces)?,
        };
        let descriptors: Vec<BorrowedFd<'_>> =
            [memory.as_fd()].into_iter().chain(descriptors.iter().copied()).collect();
        self.send_packet(&descriptors, flags)
    }

    fn send_packet(&self, descriptors: &[BorrowedFd<'_>], flags: SendFlags) -> io::Result<()> {
        let mut room = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_DESCRIPTORS))];
        let mut control = SendAncillaryBuffer::new(&mut room);
        if !descriptors.is_empty() && !control.push(SendAncillaryMessage::ScmRights(descriptors)) {
            return Err(io::Error::other("too many tensors at once"));
        }
        let flags = flags | SendFlags::NOSIGNAL;
        retry_on_intr(|| sendmsg(&self.socket, &[IoSlice::new(&self.leaving)], &mut control, flags))?;
        Ok(())
    }

    /// Sends a packet of these bytes, whether or not they are a message.
    #[cfg(feature = "fuzzing")]
    pub(super) fn send_bytes(
        &mut self,
        bytes: &[u8],
        descriptors: &[BorrowedFd<'_>],
        flags: SendFlags,
    ) -> io::Result<()> {
        self.leaving.clear();
        self.leaving.extend(bytes);
        self.send_packet(descriptors, flags)
    }

    /// Receives a message; `None` when the other end is closed.
    pub(super) fn receive(&mut self) -> io::Result<Option<Message>> {
        let mut room = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_DESCRIPTORS))];
        let mut control = RecvAncillaryBuffer::new(&mut room);
        let buffer: &mut [u8] = bytemuck::cast_slice_mut(&mut self.arrived);
        let received = retry_on_intr(|| {
            recvmsg(&self.socket, &mut [IoSliceMut::new(buffer)], &mut control, RecvFlags::CMSG_CLOEXEC)
        });
        // It was closed with something unread in it.
        if received.as_ref().is_err_and(|e| *e == Errno::CONNRESET) {
            return Ok(None);
        }
        let received = received?;
        let mut descriptors = Vec::new();
        for message in control.drain() {
            if let RecvAncillaryMessage::ScmRights(rights) = message {
                descriptors.extend(rights);
            }
        }
        let length = received.bytes;
        if length == 0 {
            return Ok(None);
        }
        let packet = &bytemuck::cast_slice::<u64, u8>(&self.arrived)[..length];
        let number =
            |at: usize| packet.get(at..at + 8).and_then(|b| Some(u64::from_le_bytes(b.try_into().ok()?)));
        let (Some(marks), Some(head), Some(payload)) = (number(0), number(8), number(16)) else {
            return Err(odd("a packet without a prefix"));
        };
        if marks as u32 != MAGIC || head > MOST_HEAD {
            return Err(odd("a packet with a wrong prefix"));
        }
        let start = padded(head as usize) as u64;
        if marks >> 32 == 0 {
            if start.checked_add(payload) != Some((length - PREFIX) as u64) {
                return Err(odd("a packet with a wrong length"));
            }
            let place = Place::Packet(PREFIX + head as usize, PREFIX + start as usize, length);
            return Ok(Some(Message { place, descriptors }));
        }
        if descriptors.is_empty() {
            return Err(odd("a long message without its memory"));
        }
        let memory = File::from(descriptors.remove(0));
        // Of memory, which alone has seals, a read comes back. Of what else a worker may send it need not.
        if fcntl_get_seals(&memory).is_err() {
            return Err(odd("a long message in what is no memory"));
        }
        let mut text = vec![0; head as usize];
        memory.read_exact_at(&mut text, 0)?;
        Ok(Some(Message { place: Place::Memory(text, memory, start, payload), descriptors }))
    }

    /// The head of the message that came last.
    pub(super) fn head<'a>(&'a self, message: &'a Message) -> &'a [u8] {
        match &message.place {
            Place::Packet(end, ..) => &bytemuck::cast_slice(&self.arrived)[PREFIX..*end],
            Place::Memory(head, ..) => head,
        }
    }

    /// The payload of the message that came last.
    pub(super) fn payload<'a>(&'a self, message: &'a Message) -> Payload<'a> {
        match &message.place {
            Place::Packet(_, from, to) => Payload::Packet(&bytemuck::cast_slice(&self.arrived)[*from..*to]),
            Place::Memory(_, memory, start, length) => Payload::Memory(memory, *start, *length),
        }
    }
}

/// A file, written anew.
fn rewritten(file: &mut File, pieces: &[&[u8]]) -> io::Result<OwnedFd> {
    file.set_len(0)?;
    file.rewind()?;
    pieces.iter().try_for_each(|piece| file.write_all(piece))?;
    Ok(file.try_clone()?.into())
}

/// The tensors of a message.
pub(super) enum Payload<'a> {
    /// In the packet, aligned to eight bytes.
    Packet(&'a [u8]),
    /// In memory, from this byte on, of this length.
    Memory(&'a File, u64, u64),
}

impl Payload<'_> {
    /// Copies a part of it out.
    pub(super) fn read(&self, from: u64, into: &mut [u8]) -> io::Result<()> {
        let short = || odd("a message that is shorter than it says");
        match self {
            Payload::Packet(bytes) => {
                let from = usize::try_from(from).map_err(|_| short())?;
                let part = from.checked_add(into.len()).and_then(|end| bytes.get(from..end));
                into.copy_from_slice(part.ok_or_else(short)?);
                Ok(())
            }
            Payload::Memory(memory, start, length) => {
                let fits = from.checked_add(into.len() as u64).is_some_and(|end| end <= *length);
                if !fits {
                    return Err(short());
                }
                memory.read_exact_at(into, *start + from)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(head: &[u8], parts: &[&[u8]]) -> (Vec<u8>, Vec<Vec<u8>>) {
        let (mut one, other) = Channel::pair().unwrap();
        let mut other = Channel::new(other);
        one.send(head, parts, &[], SendFlags::empty()).unwrap();
        let message = other.receive().unwrap().unwrap();
        let payload = other.payload(&message);
        let (offsets, _) = laid_out(parts.iter().map(|part| part.len()));
        let read = |(part, &from): (&&[u8], &u64)| {
            let mut bytes = vec![0; part.len()];
            payload.read(from, &mut bytes).unwrap();
            bytes
        };
        (other.head(&message).to_vec(), parts.iter().zip(&offsets).map(read).collect())
    }

    #[test]
    fn short_and_long_messages_arrive_as_they_were_sent() {
        let long: Vec<u8> = (0..1_000_003).map(|i| (i % 251) as u8).collect();
        for parts in [vec![], vec![&b"abc"[..], &[], &[7; 9]], vec![&long[..], b"x", &long[..77]]] {
            for head in [&b"{}"[..], &long] {
                let (got, read) = through(head, &parts);
                assert!(got == head && read == parts);
            }
        }
    }

    #[test]
    fn long_messages_in_the_same_memory_follow_each_other() {
        let (mut one, other) = Channel::pair().unwrap();
        let mut other = Channel::new(other);
        one.reuse_memory().unwrap();
        for bytes in [300_000usize, 100_000, 200_000] {
            let part = vec![(bytes % 251) as u8; bytes];
            one.send(b"{}", &[&part], &[], SendFlags::empty()).unwrap();
            let message = other.receive().unwrap().unwrap();
            let mut read = vec![0; bytes];
            other.payload(&message).read(0, &mut read).unwrap();
            assert!(read == part && other.head(&message) == b"{}");
            assert!(other.payload(&message).read(0, &mut vec![0; bytes + 8]).is_err());
        }
    }

    #[test]
    fn what_is_no_message_is_refused() {
        let long =
            [&MAGIC.to_le_bytes()[..], &[1, 0, 0, 0], &8u64.to_le_bytes(), &8u64.to_le_bytes()].concat();
        let huge = [&MAGIC.to_le_bytes()[..], &[0; 4], &u64::MAX.to_le_bytes(), &0u64.to_le_bytes()].concat();
        let over = [&MAGIC.to_le_bytes()[..], &[0; 4], &2u64.to_le_bytes(), &u64::MAX.to_le_bytes()].concat();
        for packet in [&b"x"[..], &[0; 24], &long, &huge, &over] {
            let (one, other) = Channel::pair().unwrap();
            rustix::io::write(&one.socket, packet).unwrap();
            assert!(Channel::new(other).receive().is_err(), "{packet:?}");
        }
        for unread in [false, true] {
            let (one, other) = Channel::pair().unwrap();
            let mut other = Channel::new(other);
            if unread {
                other.send(b"{}", &[], &[], SendFlags::empty()).unwrap();
            }
            drop(one);
            assert!(other.receive().unwrap().is_none());
        }
    }

    #[test]
    fn a_long_message_in_what_is_no_memory_is_refused() {
        let (mut one, other) = Channel::pair().unwrap();
        let mut other = Channel::new(other);
        let marks = u64::from(MAGIC) | 1 << 32;
        one.leaving = [marks, 2, 0].iter().flat_map(|number| number.to_le_bytes()).collect();
        let (pipe, _writer) = std::io::pipe().unwrap();
        let open = memory::shared("test", 4096).unwrap();
        let sealed = memory::sealed("test", &[b"{}"]).unwrap();
        let disk = tempfile::tempfile().unwrap();
        for (descriptor, good) in
            [(pipe.as_fd(), false), (disk.as_fd(), false), (open.as_fd(), true), (sealed.as_fd(), true)]
        {
            one.send_packet(&[descriptor], SendFlags::empty()).unwrap();
            let received = other.receive();
            assert_eq!(received.is_ok(), good, "{:?}", received.err());
        }
    }

    #[test]
    fn reading_past_the_end_is_an_error() {
        let (mut one, other) = Channel::pair().unwrap();
        let mut other = Channel::new(other);
        for bytes in [16, 200_000] {
            one.send(b"{}", &[&vec![1; bytes]], &[], SendFlags::empty()).unwrap();
            let message = other.receive().unwrap().unwrap();
            let payload = other.payload(&message);
            assert!(payload.read(8, &mut vec![0; bytes]).is_err());
            assert!(payload.read(u64::MAX, &mut [0]).is_err());
        }
    }
}
