//! `bad-reach` and `bad-reach-allocator`: they reach for what is none of their business, and say what they got.
//!
//! What is tried is named by the parameter `tries`; each success is logged as a warning `did NAME`. With everything
//! refused they are scorers and allocators like any other.
//!
//! | try | what it does |
//! |---|---|
//! | `given` | reads the file of the parameter `given`, a path, which is its right |
//! | `read` | reads the file of the parameter `file`, a text |
//! | `write`, `remove`, `chmod`, `link` | makes a file beside that, removes it, changes its mode, gives it another name |
//! | `listen`, `connect`, `pair` | opens sockets: for anybody, to the port of the parameter `port`, for itself |
//! | `fork`, `exec` | starts a process, and a program |
//! | `ptrace`, `peek`, `kill` | attaches to its host, opens its memory, sends it the signal that nothing comes of |
//! | `limits` | raises its limits |
//! | `environment` | finds the variable `ARRCOC_SECRET` |
//! | `memfd`, `ring`, `dumpable` | makes a file in memory, a ring for system calls, its own memory unreadable |
//! | `thread` | reads, in a thread of its own |
//! | `burn` | leaves a thread behind that computes for ever |

use std::path::PathBuf;

use arrcoc_sdk::{abi::Level, describe::Determinism, prelude::*};

use crate::{
    allocators::shared,
    scorers::{info, plain},
};

/// What is tried, and on what.
struct Reach {
    tries: Vec<String>,
    file: PathBuf,
    given: PathBuf,
    port: u16,
}

fn params() -> [Param; 4] {
    [
        Param::text("tries", "", "what is tried, comma-separated"),
        Param::text("file", "", "a file that is not granted"),
        Param::path("given", "", "a file that is granted"),
        Param::integer("port", 0..=65_535, 0, "a port of this machine"),
    ]
}

impl Reach {
    fn new(params: &Params) -> Result<Reach, Fault> {
        Ok(Reach {
            tries: params
                .text("tries")?
                .split(',')
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect(),
            file: PathBuf::from(params.text("file")?),
            given: params.path("given")?.to_owned(),
            port: u16::try_from(params.integer("port")?).map_err(|e| Fault::invalid(e.to_string()))?,
        })
    }

    fn all(&self, call: &Call<'_>) -> Result<(), Fault> {
        for name in &self.tries {
            let done =
                self.attempt(name).ok_or_else(|| Fault::invalid(format!("there is no try `{name}`")))?;
            if done {
                call.log(Level::WARN, &format!("did {name}"));
            }
        }
        Ok(())
    }
}

pub(crate) struct BadReach(Reach);

impl Scorer for BadReach {
    type Prepared = ();

    fn info() -> ScorerInfo {
        let info = info("bad-reach", "reaches for what is none of its business");
        params().into_iter().fold(info, ScorerInfo::param)
    }

    fn make(params: &Params, _call: &Call<'_>) -> Result<Self, Fault> {
        Ok(BadReach(Reach::new(params)?))
    }

    fn prepare(&self, input: &Inputs<'_>, output: &mut Outputs<'_>, call: &Call<'_>) -> Result<(), Fault> {
        plain(input, output)?;
        self.0.all(call)
    }
}

pub(crate) struct BadReachAllocator(Reach);

impl Allocator for BadReachAllocator {
    fn info() -> AllocatorInfo {
        let info = AllocatorInfo::new("bad-reach-allocator", "fixture: as `bad-reach`");
        params().into_iter().fold(info, AllocatorInfo::param).determinism(Determinism::BitExact)
    }

    fn make(params: &Params, _call: &Call<'_>) -> Result<Self, Fault> {
        Ok(BadReachAllocator(Reach::new(params)?))
    }

    fn allocate(&self, ask: &Ask<'_>, call: &Call<'_>) -> Result<Vec<u32>, Fault> {
        self.0.all(call)?;
        shared(ask)
    }
}

#[cfg(target_os = "linux")]
mod tries {
    use std::{
        fs::{self, File},
        io::Read as _,
        net::{TcpListener, TcpStream},
        os::unix::{fs::PermissionsExt as _, net::UnixStream},
        path::Path,
        process::Command,
        thread,
    };

    use super::Reach;

    impl Reach {
        /// Whether it was done; `None` where there is no such try.
        pub(super) fn attempt(&self, name: &str) -> Option<bool> {
            let beside = self.file.with_extension("made");
            Some(match name {
                "given" => reads(&self.given),
                "read" => reads(&self.file),
                "write" => fs::write(beside, "was here").is_ok(),
                "remove" => fs::remove_file(&self.file).is_ok(),
                "chmod" => fs::set_permissions(&self.file, fs::Permissions::from_mode(0o777)).is_ok(),
                "link" => fs::hard_link(&self.file, beside).is_ok(),
                "listen" => TcpListener::bind("127.0.0.1:0").is_ok(),
                "connect" => TcpStream::connect(("127.0.0.1", self.port)).is_ok(),
                "pair" => UnixStream::pair().is_ok(),
                "exec" => Command::new("/bin/true").status().is_ok(),
                "peek" => File::open(format!("/proc/{}/mem", std::os::unix::process::parent_id())).is_ok(),
                "environment" => std::env::var_os("ARRCOC_SECRET").is_some(),
                "thread" => {
                    let file = self.file.clone();
                    thread::spawn(move || reads(&file)).join().unwrap_or(false)
                }
                "burn" => {
                    thread::spawn(|| {
                        loop {
                            std::hint::spin_loop();
                        }
                    });
                    false
                }
                name => by_call(name)?,
            })
        }
    }

    fn reads(path: &Path) -> bool {
        let mut text = Vec::new();
        File::open(path).is_ok_and(|mut file| file.read_to_end(&mut text).is_ok())
    }

    /// What the standard library does not do for anybody.
    fn by_call(name: &str) -> Option<bool> {
        // SAFETY: none of these touches memory of this process but where a pointer to a value of the right type is
        // given; a process that is forked ends at once, and one that is attached to is let go.
        Some(unsafe {
            match name {
                "fork" => match libc::fork() {
                    0 => libc::_exit(0),
                    child => child > 0,
                },
                "ptrace" => {
                    let host = libc::getppid();
                    let attached = libc::ptrace(libc::PTRACE_SEIZE, host, 0, 0) == 0;
                    if attached {
                        // It can be let go once it stands still.
                        libc::ptrace(libc::PTRACE_INTERRUPT, host, 0, 0);
                        libc::waitpid(host, std::ptr::null_mut(), libc::__WALL);
                        libc::ptrace(libc::PTRACE_DETACH, host, 0, 0);
                    }
                    attached
                }
                "kill" => libc::kill(libc::getppid(), 0) == 0,
                "limits" => {
                    let all = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
                    libc::setrlimit(libc::RLIMIT_DATA, &raw const all) == 0
                }
                "memfd" => libc::memfd_create(c"mine".as_ptr(), 0) >= 0,
                "ring" => {
                    let mut parameters = [0u64; 16];
                    libc::syscall(libc::SYS_io_uring_setup, 4, parameters.as_mut_ptr()) >= 0
                }
                "dumpable" => libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0) == 0,
                _ => return None,
            }
        })
    }
}

#[cfg(not(target_os = "linux"))]
impl Reach {
    /// There are no sandboxes to try.
    fn attempt(&self, _name: &str) -> Option<bool> {
        let _ = (&self.file, &self.given, self.port);
        None
    }
}
