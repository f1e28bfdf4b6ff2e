//! The sandbox of what reads documents: no files and no network but those it was given.
//!
//! Owns [`Access`], what a process is to keep, and how the kernel is told. It must not know
//! what anything is needed for. On Linux it uses landlock (5.13 for files, 6.7 for TCP): rules
//! that bind a thread and whatever it starts, and that nothing can take back. A kernel that
//! has a part of it enforces that part; one without it, and other systems, enforce nothing,
//! and [`Sandbox`] says so.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// The first version of landlock that knows TCP.
const NETWORK_SINCE: u32 = 4;

/// What a sandbox leaves open. Everything else is shut.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Access {
    read: Vec<PathBuf>,
    run: Vec<PathBuf>,
    connect: Vec<u16>,
    resolves_names: bool,
}

impl Access {
    /// No file, no network.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Also reading a file, or all files in a folder. One that is not there when the sandbox
    /// closes stays shut.
    #[must_use]
    pub fn read(mut self, path: impl Into<PathBuf>) -> Self {
        self.read.push(path.into());
        self
    }

    /// Also running and reading a program, or all programs in a folder.
    #[must_use]
    pub fn run(mut self, path: impl Into<PathBuf>) -> Self {
        self.run.push(path.into());
        self
    }

    /// Also connecting to this TCP port of any machine: the kernel knows ports alone.
    #[must_use]
    pub fn connect(mut self, port: u16) -> Self {
        self.connect.push(port);
        self
    }

    /// Also finding the addresses of names, as the C library does it.
    #[must_use]
    pub fn resolve_names(mut self) -> Self {
        self.resolves_names = true;
        // A long answer comes over TCP.
        self = self.connect(53);
        for file in ["resolv.conf", "hosts", "host.conf", "nsswitch.conf", "gai.conf"] {
            let file = Path::new("/etc").join(file);
            // Where a service rewrites the file, it puts a new one into a folder of its own.
            match std::fs::canonicalize(&file) {
                Ok(real) if !real.starts_with("/etc") => {
                    self.read.extend(real.parent().map(Path::to_owned));
                }
                _ => self.read.push(file),
            }
        }
        // Its plug-ins are libraries.
        self.read.extend(LIBRARIES.iter().map(PathBuf::from));
        self
    }

    /// Also what the dynamic linker needs to start a program.
    #[must_use]
    pub fn libraries(mut self) -> Self {
        // The linker is itself a program in one of them.
        self.run.extend(LIBRARIES.iter().map(PathBuf::from));
        self.read("/etc/ld.so.cache")
    }
}

/// Folders of shared libraries, of which a system has some.
const LIBRARIES: [&str; 8] = [
    "/lib",
    "/lib32",
    "/lib64",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/nix/store",
    "/gnu/store",
];

/// What holds of a sandbox that was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sandbox {
    /// Version of landlock that the kernel and this program both know; 0 for none.
    version: u32,
}

impl Sandbox {
    /// Whether files are shut.
    #[must_use]
    pub fn shuts_files(self) -> bool {
        self.version > 0
    }

    /// Whether TCP is shut, too.
    #[must_use]
    pub fn shuts_network(self) -> bool {
        self.version >= NETWORK_SINCE
    }
}

impl fmt::Display for Sandbox {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shut = match (self.shuts_files(), self.shuts_network()) {
            (true, true) => "without files and network",
            (true, false) => "without files; this kernel cannot shut the network (Linux 6.7 can)",
            _ => return formatter.write_str("with files and network: the kernel has no landlock"),
        };
        write!(formatter, "{shut} (landlock {})", self.version)
    }
}

/// Shuts everything but `access` for this thread and what it will start, for good.
///
/// # Errors
/// When the kernel has landlock and refuses.
pub fn close(access: &Access) -> io::Result<Sandbox> {
    system::close(access)
}

/// Runs something on a thread of its own that is shut in like this.
///
/// # Errors
/// When there is no thread, or [`close`] fails.
pub fn inside<T: Send>(access: &Access, work: impl FnOnce() -> T + Send) -> io::Result<T> {
    std::thread::scope(|scope| {
        let shut = || close(access).map(|_| work());
        let thread = std::thread::Builder::new().name("sandbox".to_owned());
        let ended = thread.spawn_scoped(scope, shut)?.join();
        ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// What this machine can do, found out by doing it on a thread that then ends.
///
/// # Errors
/// When the kernel has landlock and it does not work.
pub fn probe() -> io::Result<Sandbox> {
    let tried = inside(&Access::none(), || {
        // The second time tells what the first one did.
        (close(&Access::none()), std::fs::read_dir("/").is_ok())
    })?;
    match tried {
        (Ok(sandbox), true) if sandbox.shuts_files() => {
            Err(io::Error::other("landlock is there, and files stay open all the same"))
        }
        (sandbox, _) => sandbox,
    }
}

#[cfg(target_os = "linux")]
mod system {
    use std::io;

    use landlock::{
        ABI, Access as _, AccessFs, AccessNet, CompatLevel, Compatible, LandlockStatus, NetPort,
        RestrictionStatus, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError, Scope,
        path_beneath_rules,
    };

    use super::{Access, Sandbox};

    /// All that is known of today: UDP and Unix sockets come with Linux 7.1 and 7.2.
    const STRICT: ABI = ABI::V10;
    /// As long as it leaves UDP and Unix sockets alone, over which names are resolved.
    const RESOLVING: ABI = ABI::V8;

    pub(super) fn close(access: &Access) -> io::Result<Sandbox> {
        let status = restrict(access).map_err(io::Error::other)?;
        let version = match status.landlock {
            LandlockStatus::Available { effective_abi, .. } => effective_abi as u32,
            LandlockStatus::NotEnabled | LandlockStatus::NotImplemented => 0,
        };
        Ok(Sandbox { version })
    }

    fn restrict(access: &Access) -> Result<RestrictionStatus, RulesetError> {
        let abi = if access.resolves_names { RESOLVING } else { STRICT };
        let read = AccessFs::ReadFile | AccessFs::ReadDir;
        let ports = access
            .connect
            .iter()
            .map(|port| Ok::<_, RulesetError>(NetPort::new(*port, AccessNet::ConnectTcp)));
        Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::from_all(abi))?
            .handle_access(AccessNet::from_all(abi))?
            .scope(Scope::from_all(abi))?
            .create()?
            .add_rules(path_beneath_rules(&access.read, read))?
            .add_rules(path_beneath_rules(&access.run, read | AccessFs::Execute))?
            // Programs throw away what they do not want to say.
            .add_rules(path_beneath_rules(["/dev/null"], read | AccessFs::WriteFile))?
            .add_rules(ports)?
            .restrict_self()
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use super::{Access, Sandbox};

    pub(super) fn close(_access: &Access) -> std::io::Result<Sandbox> {
        Ok(Sandbox { version: 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // What a real process can reach is tried by `tests/it/sandbox.rs`.
    #[test]
    fn the_words_follow_the_version() {
        let words = |version| Sandbox { version }.to_string();
        assert!(words(0).contains("no landlock"));
        assert!(words(3).contains("cannot shut the network"));
        assert_eq!(words(7), "without files and network (landlock 7)");
    }
}
