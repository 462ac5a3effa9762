//! Which system calls a sandboxed worker may make.
//!
//! The list names what is allowed, so that what a kernel learns later is refused. It holds what computing takes: memory,
//! threads, time, waiting, reading and writing what is open. Opening is for the host to look at.
//!
//! `clone3` passes its flags in memory, where a filter cannot look, and so do not exist, as far as the worker is
//! concerned; the C library then uses `clone`, whose flags tell a thread from a process.

use std::{
    collections::BTreeMap,
    io,
    os::fd::{FromRawFd as _, OwnedFd},
};

use libc::c_long;
use rustix::thread::set_no_new_privs;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen as Width, SeccompCmpOp as Is, SeccompCondition,
    SeccompFilter, SeccompRule, TargetArch, apply_filter, sock_filter,
};

/// Allowed, whatever the arguments.
const ALLOWED: &[c_long] = &[
    // Memory.
    libc::SYS_brk,
    libc::SYS_get_mempolicy,
    libc::SYS_madvise,
    libc::SYS_membarrier,
    libc::SYS_mincore,
    libc::SYS_mlock,
    libc::SYS_mmap,
    libc::SYS_mprotect,
    libc::SYS_mremap,
    libc::SYS_msync,
    libc::SYS_munlock,
    libc::SYS_munmap,
    // Threads and signals, its own.
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_futex,
    libc::SYS_get_robust_list,
    libc::SYS_getcpu,
    libc::SYS_restart_syscall,
    libc::SYS_rseq,
    libc::SYS_rt_sigpending,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_rt_sigsuspend,
    libc::SYS_rt_sigtimedwait,
    libc::SYS_sched_get_priority_max,
    libc::SYS_sched_get_priority_min,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_getparam,
    libc::SYS_sched_getscheduler,
    libc::SYS_sched_yield,
    libc::SYS_set_robust_list,
    libc::SYS_set_tid_address,
    libc::SYS_sigaltstack,
    // Time and waiting.
    libc::SYS_clock_getres,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_epoll_create1,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_eventfd2,
    libc::SYS_getitimer,
    libc::SYS_gettimeofday,
    libc::SYS_nanosleep,
    libc::SYS_ppoll,
    libc::SYS_pselect6,
    libc::SYS_setitimer,
    libc::SYS_timerfd_create,
    libc::SYS_timerfd_gettime,
    libc::SYS_timerfd_settime,
    libc::SYS_times,
    libc::SYS_wait4,
    libc::SYS_waitid,
    // What is open, and the names of what could be.
    libc::SYS_close,
    libc::SYS_dup,
    libc::SYS_dup3,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_fadvise64,
    libc::SYS_fstat,
    libc::SYS_fstatfs,
    libc::SYS_ftruncate,
    libc::SYS_getcwd,
    libc::SYS_getdents64,
    libc::SYS_lseek,
    libc::SYS_newfstatat,
    libc::SYS_pipe2,
    libc::SYS_pread64,
    libc::SYS_preadv,
    libc::SYS_pwrite64,
    libc::SYS_pwritev,
    libc::SYS_read,
    libc::SYS_readahead,
    libc::SYS_readlinkat,
    libc::SYS_readv,
    libc::SYS_recvmsg,
    libc::SYS_sendmsg,
    libc::SYS_statfs,
    libc::SYS_statx,
    libc::SYS_write,
    libc::SYS_writev,
    // What it is and where it runs.
    libc::SYS_getegid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getgroups,
    libc::SYS_getpgid,
    libc::SYS_getpid,
    libc::SYS_getppid,
    libc::SYS_getrandom,
    libc::SYS_getresgid,
    libc::SYS_getresuid,
    libc::SYS_getrlimit,
    libc::SYS_getrusage,
    libc::SYS_getsid,
    libc::SYS_gettid,
    libc::SYS_getuid,
    libc::SYS_sysinfo,
    libc::SYS_uname,
];

/// Older names for the same, where there are such.
#[cfg(target_arch = "x86_64")]
const OLDER: &[c_long] = &[
    libc::SYS_access,
    libc::SYS_alarm,
    libc::SYS_arch_prctl,
    libc::SYS_dup2,
    libc::SYS_epoll_create,
    libc::SYS_epoll_wait,
    libc::SYS_eventfd,
    libc::SYS_getdents,
    libc::SYS_getpgrp,
    libc::SYS_lstat,
    libc::SYS_pause,
    libc::SYS_pipe,
    libc::SYS_poll,
    libc::SYS_readlink,
    libc::SYS_select,
    libc::SYS_stat,
    libc::SYS_time,
];
#[cfg(not(target_arch = "x86_64"))]
const OLDER: &[c_long] = &[];

/// They do not exist here, so that what uses them does without.
const ABSENT: [c_long; 3] = [libc::SYS_clone3, libc::SYS_openat2, libc::SYS_close_range];

/// What opens files.
#[cfg(target_arch = "x86_64")]
const OPENING: &[c_long] = &[libc::SYS_open, libc::SYS_openat];
#[cfg(not(target_arch = "x86_64"))]
const OPENING: &[c_long] = &[libc::SYS_openat];

/// What may be asked about a descriptor: about terminals, how much is there, to wait or not, to close it with an exec.
const IOCTLS: [u64; 5] = [0x5401, 0x5413, 0x541b, 0x5421, 0x5451];
/// Duplicate, flags, locks, the size of a pipe and seals; not who is told with a signal.
const FCNTLS: [i32; 12] = [
    libc::F_DUPFD,
    libc::F_DUPFD_CLOEXEC,
    libc::F_GETFD,
    libc::F_SETFD,
    libc::F_GETFL,
    libc::F_SETFL,
    libc::F_GETLK,
    libc::F_SETLK,
    libc::F_SETLKW,
    libc::F_GETPIPE_SZ,
    libc::F_GET_SEALS,
    libc::F_ADD_SEALS,
];
/// Names of threads and of mappings.
const PRCTLS: [i32; 3] = [libc::PR_SET_NAME, libc::PR_GET_NAME, libc::PR_SET_VMA];

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// Holds this thread, and those that it starts, to the list, for good. Gives where the kernel asks about the rest, or
/// why it does not and refuses by itself.
pub(super) fn install() -> Result<Result<OwnedFd, String>, String> {
    let text = |e: &dyn std::fmt::Display| e.to_string();
    set_no_new_privs(true).map_err(|e| text(&e))?;
    let absent: Rules = ABSENT.iter().map(|&number| (number, Vec::new())).collect();
    let absent = compiled(absent, SeccompAction::Allow, SeccompAction::Errno(libc::ENOSYS as u32))?;
    apply_filter(&absent).map_err(|e| text(&e))?;

    let mut program = compiled(rules()?, SeccompAction::Trap, SeccompAction::Allow)?;
    for instruction in &mut program {
        if is_trap(instruction) {
            instruction.k = libc::SECCOMP_RET_USER_NOTIF;
        }
    }
    match apply_listening(&program) {
        Ok(listener) => Ok(Ok(listener)),
        Err(e) => {
            // Files are held by Landlock alone then.
            let mut rules = rules()?;
            rules.extend(OPENING.iter().map(|&number| (number, Vec::new())));
            let refusing = compiled(rules, SeccompAction::Errno(libc::EPERM as u32), SeccompAction::Allow)?;
            apply_filter(&refusing).map_err(|e| text(&e))?;
            Ok(Err(format!("the kernel tells nobody: {e}")))
        }
    }
}

fn compiled(rules: Rules, otherwise: SeccompAction, these: SeccompAction) -> Result<BpfProgram, String> {
    let here = TargetArch::try_from(std::env::consts::ARCH).map_err(|e| e.to_string())?;
    let filter = SeccompFilter::new(rules, otherwise, these, here).map_err(|e| e.to_string())?;
    filter.try_into().map_err(|e: seccompiler::BackendError| e.to_string())
}

/// Whether this is where what is not allowed ends up.
fn is_trap(instruction: &sock_filter) -> bool {
    u32::from(instruction.code) == libc::BPF_RET | libc::BPF_K && instruction.k == libc::SECCOMP_RET_TRAP
}

fn apply_listening(program: &[sock_filter]) -> io::Result<OwnedFd> {
    let program = libc::sock_fprog {
        len: u16::try_from(program.len()).map_err(io::Error::other)?,
        filter: program.as_ptr().cast::<libc::sock_filter>().cast_mut(),
    };
    // SAFETY: the kernel reads the program, which outlives the call, and changes nothing of this process's memory.
    let listener = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            libc::SECCOMP_FILTER_FLAG_NEW_LISTENER,
            &raw const program,
        )
    };
    if listener < 0 {
        return Err(io::Error::last_os_error());
    }
    let listener = i32::try_from(listener).map_err(io::Error::other)?;
    // SAFETY: the kernel has just made the descriptor, and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(listener) })
}

/// What is allowed.
fn rules() -> Result<Rules, String> {
    let mut rules: Rules = ALLOWED.iter().chain(OLDER).map(|&number| (number, Vec::new())).collect();
    let itself = u64::from(std::process::id());
    let mut only = |number: c_long, alternatives: Vec<Vec<(u8, Width, Is, u64)>>| -> Result<(), String> {
        let rule = |conditions: Vec<(u8, Width, Is, u64)>| {
            let conditions = conditions
                .into_iter()
                .map(|(argument, width, is, value)| SeccompCondition::new(argument, width, is, value));
            SeccompRule::new(conditions.collect::<Result<_, _>>()?)
        };
        let made = alternatives.into_iter().map(rule).collect::<Result<Vec<_>, _>>();
        rules.insert(number, made.map_err(|e: seccompiler::BackendError| e.to_string())?);
        Ok(())
    };
    let one_of = |argument: u8, values: &[u64]| -> Vec<Vec<(u8, Width, Is, u64)>> {
        values.iter().map(|&value| vec![(argument, Width::Dword, Is::Eq, value)]).collect()
    };
    let numbers = |values: &[i32]| -> Vec<u64> { values.iter().map(|&value| value as u32 as u64).collect() };

    // A thread shares memory and is one of the same process.
    let thread = (libc::CLONE_THREAD | libc::CLONE_VM) as u64;
    only(libc::SYS_clone, vec![vec![(0, Width::Qword, Is::MaskedEq(thread), thread)]])?;
    only(libc::SYS_ioctl, one_of(1, &IOCTLS))?;
    only(libc::SYS_fcntl, one_of(1, &numbers(&FCNTLS)))?;
    only(libc::SYS_prctl, one_of(0, &numbers(&PRCTLS)))?;
    only(libc::SYS_kill, one_of(0, &[itself]))?;
    only(libc::SYS_tgkill, one_of(0, &[itself]))?;
    only(libc::SYS_sched_setaffinity, one_of(0, &[0]))?;
    // To ask for a limit, and not to set one.
    only(libc::SYS_prlimit64, vec![vec![(0, Width::Dword, Is::Eq, 0), (2, Width::Qword, Is::Eq, 0)]])?;
    // The signal by which its time runs out is not to be caught.
    only(libc::SYS_rt_sigaction, vec![vec![(0, Width::Dword, Is::Ne, libc::SIGXCPU as u64)]])?;
    Ok(rules)
}
