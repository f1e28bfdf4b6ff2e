//! What differs between operating systems, and nothing else.
//!
//! Linux has a boot-time clock, resource limits and a parent-death signal; elsewhere the
//! functions fall back or do nothing, and say so in their docs. No other file of the
//! library has a `cfg` for an operating system (the sandbox and the gate's private socket
//! excepted).

use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds of the wall clock since the Unix epoch; 0 before it.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the wall clock")]
pub(crate) fn wall_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Milliseconds since boot, counted through suspend.
#[cfg(target_os = "linux")]
pub(crate) fn boot_ms() -> i64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    time.tv_sec.saturating_mul(1000).saturating_add(time.tv_nsec / 1_000_000)
}

/// Milliseconds since first use. Outside Linux this clock may stand still in suspend.
#[cfg(not(target_os = "linux"))]
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads this clock")]
pub(crate) fn boot_ms() -> i64 {
    use std::sync::OnceLock;
    use std::time::Instant;
    static START: OnceLock<Instant> = OnceLock::new();
    let elapsed = START.get_or_init(Instant::now).elapsed();
    i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX)
}

/// Ties this process to the life of its parent, bounds its memory, in bytes, and makes it give
/// way to other processes: later in its turn, and first to go when memory is short.
///
/// Called by a child as its first act, so that no code runs between fork and exec. On
/// Linux the kernel then ends the child when the parent's thread dies, no core is
/// written, no file can be created or grown, few can be open, and nothing that it starts has
/// more rights than itself. Elsewhere only the deadline and the closed pipe end a child.
#[cfg(target_os = "linux")]
pub(crate) fn confine_child(memory_bytes_max: u64) -> std::io::Result<()> {
    use rustix::process::{Resource, Rlimit, Signal};
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    rustix::thread::set_no_new_privs(true)?;
    let fixed = |value: u64| Rlimit { current: Some(value), maximum: Some(value) };
    rustix::process::setrlimit(Resource::Core, fixed(0))?;
    rustix::process::setrlimit(Resource::Fsize, fixed(0))?;
    rustix::process::setrlimit(Resource::Nofile, fixed(super::limits::CHILD_OPEN_FILES_MAX))?;
    rustix::process::setrlimit(Resource::As, fixed(memory_bytes_max))?;
    rustix::process::nice(super::limits::CHILD_NICENESS)?;
    // Where it cannot be said, the kernel chooses by size alone, which mostly is the child, too.
    let _ = std::fs::write("/proc/self/oom_score_adj", super::limits::CHILD_OOM_SCORE);
    Ok(())
}

/// Does nothing outside Linux.
#[cfg(not(target_os = "linux"))]
pub(crate) fn confine_child(_memory_bytes_max: u64) -> std::io::Result<()> {
    Ok(())
}

/// Lets this process use so many more seconds of processor time from now on; the kernel ends
/// it when it uses more. A child's deadline is its parent's business, and this holds when the
/// parent is stopped or too busy to see to it.
#[cfg(target_os = "linux")]
pub(crate) fn allow_processor_seconds(seconds: u64) -> std::io::Result<()> {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime).tv_sec;
    let allowed = used.unsigned_abs().saturating_add(seconds);
    let mut limit = getrlimit(Resource::Cpu);
    limit.current = Some(limit.maximum.map_or(allowed, |most| most.min(allowed)));
    Ok(setrlimit(Resource::Cpu, limit)?)
}

/// Does nothing outside Linux.
#[cfg(not(target_os = "linux"))]
pub(crate) fn allow_processor_seconds(_seconds: u64) -> std::io::Result<()> {
    Ok(())
}

/// Whether the system refused something for want of processes, files or memory, which may be
/// over in a moment.
#[cfg(unix)]
pub(crate) fn is_shortage(error: &std::io::Error) -> bool {
    use rustix::io::Errno;
    let shortages = [Errno::AGAIN, Errno::NOMEM, Errno::MFILE, Errno::NFILE];
    shortages.iter().any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

/// Unknown outside Unix.
#[cfg(not(unix))]
pub(crate) fn is_shortage(_error: &std::io::Error) -> bool {
    false
}

/// Makes a program that is about to be started the leader of a process group, so that
/// [`kill_group`] reaches what it starts in its turn. Its terminal's signals then pass it by.
#[cfg(unix)]
pub(crate) fn lead_group(command: &mut std::process::Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

/// Does nothing outside Unix.
#[cfg(not(unix))]
pub(crate) fn lead_group(_command: &mut std::process::Command) {}

/// Kills a leader of a group, which must not have been waited for, and its group.
pub(crate) fn kill_group(leader: &mut std::process::Child) {
    #[cfg(unix)]
    {
        use rustix::process::{Pid, Signal, kill_process_group};
        // A group that has ended needs no kill.
        let _ = kill_process_group(Pid::from_child(leader), Signal::KILL);
    }
    let _ = leader.kill();
}

/// Bounds the processor time of a running program, so that it ends even when nobody is left to
/// end it.
pub(crate) fn limit_processor_seconds(child: &std::process::Child, seconds: u64) {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Pid, Resource, Rlimit, prlimit};
        let limit = Rlimit { current: Some(seconds), maximum: Some(seconds) };
        // A program that has ended already needs no bound.
        let _ = prlimit(Some(Pid::from_child(child)), Resource::Cpu, limit);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (child, seconds);
}

/// Raises how many files this process may have open to `wanted`, or to as many as the
/// system lets it; returns the limit that then holds. Systems start processes with 1024.
#[cfg(unix)]
pub fn raise_open_files(wanted: u64) -> std::io::Result<u64> {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    let Some(current) = limit.current else { return Ok(u64::MAX) };
    let raised = wanted.min(limit.maximum.unwrap_or(u64::MAX)).max(current);
    if raised > current {
        limit.current = Some(raised);
        setrlimit(Resource::Nofile, limit)?;
    }
    Ok(raised)
}

/// Outside Unix there is no such limit.
#[cfg(not(unix))]
pub fn raise_open_files(_wanted: u64) -> std::io::Result<u64> {
    Ok(u64::MAX)
}

/// Where temporary files are kept unless somebody says otherwise.
#[cfg(unix)]
pub(crate) const TEMPORARY_DIRECTORY: &str = "/tmp";
/// Elsewhere, next to the program's working directory.
#[cfg(not(unix))]
pub(crate) const TEMPORARY_DIRECTORY: &str = ".";

/// Creates a directory that only its owner may enter.
pub(crate) fn create_private_dir(path: &std::path::Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Opens a file for reading and writing that only its owner may read, creating it.
pub(crate) fn open_private_file(path: &std::path::Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes the names in a directory durable: a file that was renamed there stays renamed.
/// Outside Unix directories cannot be synced, and nothing is done.
pub(crate) fn sync_directory(path: &std::path::Path) -> std::io::Result<()> {
    #[cfg(unix)]
    std::fs::File::open(path)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// Bytes that may still be written to the file system of `path`; `None` when unknown.
#[cfg(unix)]
#[must_use]
pub fn free_disk_bytes(path: &std::path::Path) -> Option<u64> {
    let file_system = rustix::fs::statvfs(path).ok()?;
    Some(file_system.f_bavail.saturating_mul(file_system.f_frsize))
}

/// Unknown outside Unix.
#[cfg(not(unix))]
#[must_use]
pub fn free_disk_bytes(_path: &std::path::Path) -> Option<u64> {
    None
}

/// Name of a network file system that holds `path`, or `None` when it is local or unknown.
///
/// WAL mode keeps its index in memory shared between processes of one machine, which a
/// network file system cannot give.
#[cfg(target_os = "linux")]
#[must_use]
pub fn network_file_system(path: &std::path::Path) -> Option<&'static str> {
    // Magic numbers of statfs(2).
    const NETWORK: &[(u64, &str)] = &[
        (0x6969, "NFS"),
        (0xFF53_4D42, "CIFS"),
        (0xFE53_4D42, "SMB2"),
        (0x517B, "SMB"),
        (0x00C3_6400, "Ceph"),
        (0x0102_1997, "9P"),
        (0x5346_414F, "AFS"),
    ];
    let kind = rustix::fs::statfs(path).ok()?.f_type;
    let kind = u64::try_from(kind).ok()? & 0xFFFF_FFFF;
    NETWORK.iter().find(|(magic, _)| *magic == kind).map(|(_, name)| *name)
}

/// Unknown outside Linux.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub fn network_file_system(_path: &std::path::Path) -> Option<&'static str> {
    None
}

/// Whether others than its owner may read, write or enter a file or folder.
///
/// # Errors
/// When it cannot be looked at.
#[cfg(unix)]
pub fn is_open_to_others(path: &std::path::Path) -> std::io::Result<bool> {
    let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(path)?);
    Ok(mode & 0o077 != 0)
}

/// Outside Unix the permissions of the parent folder hold, and nothing is said.
///
/// # Errors
/// Never.
#[cfg(not(unix))]
pub fn is_open_to_others(_path: &std::path::Path) -> std::io::Result<bool> {
    Ok(false)
}

/// Files, sockets included, that this process may have open; `None` when unknown or without
/// a limit.
#[cfg(unix)]
#[must_use]
pub fn open_files_max() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current
}

/// Unknown outside Unix.
#[cfg(not(unix))]
#[must_use]
pub fn open_files_max() -> Option<u64> {
    None
}

/// Bytes of memory that programs could still use; `None` when unknown.
#[cfg(target_os = "linux")]
#[must_use]
pub fn available_memory_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    let machine = kibibytes.saturating_mul(1024);
    // A container may have less than the machine.
    let number = |path| std::fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    let most = number("/sys/fs/cgroup/memory.max");
    let used = number("/sys/fs/cgroup/memory.current").unwrap_or(0);
    Some(most.map_or(machine, |most| machine.min(most.saturating_sub(used))))
}

/// Unknown outside Linux.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub fn available_memory_bytes() -> Option<u64> {
    None
}

/// Why a process ended that should have gone on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Death {
    /// A fault of its own, which would only repeat itself: an abort, a bad access.
    Fault,
    /// It used more processor time than it may.
    OutOfTime,
    /// An exit, or somebody's hand.
    Other,
}

/// Why a process ended that should have gone on.
#[cfg(unix)]
pub(crate) fn death(status: std::process::ExitStatus) -> Death {
    use rustix::process::Signal;
    let faults = [
        Signal::ABORT,
        Signal::BUS,
        Signal::FPE,
        Signal::ILL,
        Signal::SEGV,
        Signal::SYS,
        Signal::TRAP,
    ];
    match std::os::unix::process::ExitStatusExt::signal(&status) {
        Some(signal) if signal == Signal::XCPU.as_raw() => Death::OutOfTime,
        Some(signal) if faults.iter().any(|fault| fault.as_raw() == signal) => Death::Fault,
        _ => Death::Other,
    }
}

/// Elsewhere a fault shows as an exit code with its highest bits set.
#[cfg(not(unix))]
pub(crate) fn death(status: std::process::ExitStatus) -> Death {
    match status.code() {
        Some(code) if (code as u32) >= 0xC000_0000 => Death::Fault,
        _ => Death::Other,
    }
}
