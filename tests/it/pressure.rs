//! The real server when the system gives it nothing more: no files, no threads, no address
//! space, ten thousand connections. It answers again as soon as that is over, and keeps its
//! jobs.
//!
//! The limits are set on the running process from outside, and lifted again.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use docspool::base::platform;
use rustix::process::{Pid, Resource, Rlimit, Signal, prlimit};

use crate::support::documents::parse_text;
use crate::support::process::{self, eventually, memory_bytes};
use crate::support::server::{Home, Server};

/// From the end of the pressure to the first answer: the promise.
const AGAIN: Duration = Duration::from_secs(1);
/// Clients that ask side by side: more than there are threads ready for them.
const CLIENTS: usize = 96;

fn pid(server: &Server) -> Option<Pid> {
    Pid::from_raw(server.pid().try_into().unwrap())
}

/// Sets the limit that holds now, below the one that is kept for ever; gives the one before.
fn limit(server: &Server, resource: Resource, most: Option<u64>) -> Option<u64> {
    let kept = rustix::process::getrlimit(resource).maximum;
    let new = Rlimit { current: most, maximum: kept };
    prlimit(pid(server), resource, new).unwrap().current
}

/// Whether a client that waits no longer than a second is answered with 200.
fn is_answered(server: &Server) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect_timeout(&server.address, AGAIN)?;
        stream.set_read_timeout(Some(AGAIN))?;
        let host = server.address;
        write!(stream, "GET /v1/jobs?limit=1 HTTP/1.1\r\nHost: {host}\r\n\r\n")?;
        let mut start = [0; 12];
        stream.read_exact(&mut start)?;
        Ok(start.ends_with(b"200"))
    };
    ask().unwrap_or(false)
}

/// Many clients at once; how many of them were answered.
fn crowd(server: &Server) -> usize {
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(|| is_answered(server))).collect();
        threads.into_iter().map(|t| usize::from(t.join().unwrap())).sum()
    })
}

fn threads(server: &Server) -> usize {
    fs::read_dir(format!("/proc/{}/task", server.pid())).unwrap().count()
}

/// Crowds of clients and the loss of each child, for as long as pressure is worth its name.
/// Tells the clients that were answered and whether any child came back meanwhile.
fn press(server: &Server) -> (usize, bool) {
    for child in server.children() {
        process::send(child, Signal::KILL);
    }
    let mut answered = 0;
    for _ in 0..3 {
        answered += crowd(server);
        std::thread::sleep(Duration::from_millis(200));
    }
    (answered, !server.children().is_empty())
}

/// Jobs are sent in all the while; those that were acknowledged are returned.
fn jobs_under(server: &Server, pressure: impl FnOnce()) -> Vec<String> {
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let submitter = scope.spawn(|| {
            let mut acknowledged = Vec::new();
            while !over.load(Ordering::Relaxed) {
                let mut client = server.client();
                let body = parse_text("a.txt", "pressed").to_string();
                let sent = client.send("POST", "/v1/jobs", &[], Some(body.as_bytes()));
                if let Ok(answer) = sent
                    && answer.status == 200
                {
                    acknowledged.push(answer.json()["id"].as_str().unwrap().to_owned());
                }
                std::thread::sleep(Duration::from_millis(5));
            }
            acknowledged
        });
        pressure();
        over.store(true, Ordering::Relaxed);
        submitter.join().unwrap()
    })
}

/// The server answers within the promised time, serves a whole crowd and ends every job that
/// it has acknowledged.
fn is_well_again(server: &Server, acknowledged: &[String]) {
    let lifted = Instant::now();
    eventually(AGAIN, "an answer", || is_answered(server).then_some(()));
    println!("answered {:?} after the pressure; {} jobs", lifted.elapsed(), acknowledged.len());
    eventually(Duration::from_secs(5), "a crowd is served", || {
        (crowd(server) == CLIENTS).then_some(())
    });
    let mut client = server.client();
    for id in acknowledged {
        let job = client.wait(id);
        // A shortage costs no attempt: at most the one whose child was killed is lost.
        assert_eq!(job["status"], "completed", "{}", job["error"]);
        assert!(job["attempts"].as_u64().unwrap() <= 2, "{job}");
    }
}

#[test]
fn a_server_without_files_answers_again_and_keeps_its_jobs() {
    let home = Home::new(&["--workers", "1"]);
    let server = home.start();
    let acknowledged = jobs_under(&server, || {
        let open = fs::read_dir(format!("/proc/{}/fd", server.pid())).unwrap().count();
        let before = limit(&server, Resource::Nofile, Some(open.max(64) as u64));
        let idle: Vec<_> =
            (0..100).map_while(|_| TcpStream::connect(server.address).ok()).collect();
        let (answered, _) = press(&server);
        println!("without files {answered} of {} were answered", CLIENTS * 3);
        assert!(answered < CLIENTS * 3, "there were files enough");
        drop(idle);
        limit(&server, Resource::Nofile, before);
    });
    is_well_again(&server, &acknowledged);
    server.stop();
}

/// A control group of one server, with a limit of its own. Only an administrator can make one,
/// and not everywhere.
struct Group(PathBuf);

impl Group {
    /// Puts a server and the children it has into a new group.
    fn of(server: &Server, controller: &str) -> Result<Self, String> {
        let name = format!("docspool-test-{controller}-{}", server.pid());
        let unified = PathBuf::from("/sys/fs/cgroup").join(&name);
        let older = PathBuf::from("/sys/fs/cgroup").join(controller).join(&name);
        let group = if older.parent().is_some_and(Path::is_dir) { older } else { unified };
        fs::create_dir(&group).map_err(|error| format!("{}: {error}", group.display()))?;
        let group = Self(group);
        for process in [vec![server.pid()], server.children()].concat() {
            group.write("cgroup.procs", &process.to_string())?;
        }
        Ok(group)
    }

    fn write(&self, name: &str, text: &str) -> Result<(), String> {
        fs::write(self.0.join(name), text).map_err(|error| format!("{name}: {error}"))
    }

    fn read(&self, name: &str) -> Result<String, String> {
        fs::read_to_string(self.0.join(name)).map_err(|error| format!("{name}: {error}"))
    }

    /// Allows as many threads as there are.
    fn hold_threads(&self) -> Result<(), String> {
        self.write("pids.max", self.read("pids.current")?.trim())
    }

    fn lift_threads(&self) {
        self.write("pids.max", "max").unwrap();
    }

    /// Allows so much memory, and none on a disk instead.
    fn limit_memory(&self, bytes: u64) -> Result<(), String> {
        let bytes = bytes.to_string();
        match self.write("memory.max", &bytes) {
            Ok(()) => drop(self.write("memory.swap.max", "0")),
            Err(_) => {
                self.write("memory.limit_in_bytes", &bytes)?;
                // Counts memory and disk together; not every kernel has it.
                drop(self.write("memory.memsw.limit_in_bytes", &bytes));
            }
        }
        Ok(())
    }

    /// Processes that the kernel has ended for want of memory.
    fn killed(&self) -> u64 {
        let told = self.read("memory.events").or_else(|_| self.read("memory.oom_control")).unwrap();
        let count = told.lines().find_map(|line| line.strip_prefix("oom_kill "));
        count.map_or(0, |count| count.trim().parse().unwrap())
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // Its members have ended by now; one that has not keeps the folder.
        let _ = fs::remove_dir(&self.0);
    }
}

#[test]
fn a_server_without_threads_answers_again_and_keeps_its_jobs() {
    let home = Home::new(&["--workers", "1"]);
    let server = home.start();
    // A limit of processes does not bind an administrator, and a group needs one.
    let is_administrator = rustix::process::geteuid().is_root();
    let group = match is_administrator {
        true => Group::of(&server, "pids").and_then(|group| {
            group.hold_threads()?;
            Ok(Some(group))
        }),
        false => Ok(None),
    };
    let group = match group {
        Ok(group) => group,
        Err(why) => {
            println!("not tried: an administrator is bound by a pids group alone, and {why}");
            return;
        }
    };
    let acknowledged = jobs_under(&server, || {
        let before = group.is_none().then(|| limit(&server, Resource::Nproc, Some(1)));
        let (answered, has_child) = press(&server);
        println!("without threads {answered} of {} were answered", CLIENTS * 3);
        assert!(!has_child, "a process more was allowed");
        match (&group, before) {
            (Some(group), _) => group.lift_threads(),
            (None, before) => {
                limit(&server, Resource::Nproc, before.flatten());
            }
        }
    });
    assert!(!acknowledged.is_empty());
    is_well_again(&server, &acknowledged);
    server.stop();
    drop(group);
}

#[test]
fn a_server_without_address_space_answers_again_and_keeps_its_jobs() {
    let home = Home::new(&["--workers", "1"]);
    let server = home.start();
    let mut pressed = 0;
    let acknowledged = jobs_under(&server, || {
        let sizes = fs::read_to_string(format!("/proc/{}/statm", server.pid())).unwrap();
        let pages: u64 = sizes.split(' ').next().unwrap().parse().unwrap();
        // Some room for small things: an allocation that fails ends a process, and stacks,
        // which are large, are what a server asks for in a crowd.
        let before = limit(&server, Resource::As, Some(pages * 4096 + (4 << 20)));
        let (answered, _) = press(&server);
        println!("without space {answered} of {} were answered", CLIENTS * 3);
        pressed = threads(&server);
        limit(&server, Resource::As, before);
    });
    is_well_again(&server, &acknowledged);
    let after = threads(&server);
    println!("{pressed} threads under pressure, {after} after it");
    assert!(pressed < after, "there was space enough");
    server.stop();
}

/// A container with little memory: a document that needs more costs its job, never the server
/// or the next job.
#[test]
fn a_document_too_large_for_the_memory_costs_its_job_alone() {
    let home = Home::new(&["--workers", "1"]);
    let server = home.start();
    let group = Group::of(&server, "memory").and_then(|group| {
        group.limit_memory(80 << 20)?;
        Ok(group)
    });
    let group = match group {
        Ok(group) => group,
        Err(why) => {
            println!("not tried: it takes a memory group, and {why}");
            return;
        }
    };
    let mut client = server.client();
    let large = client.submit(&parse_text("large.txt", &"a fox and a ferry\n".repeat(1 << 20)));
    let small = client.submit(&parse_text("small.txt", "a fox"));
    eventually(Duration::from_secs(60), "the kernel takes something back", || {
        (group.killed() > 0).then_some(())
    });
    eventually(AGAIN, "an answer", || is_answered(&server).then_some(()));
    assert_eq!(client.wait(&small)["status"], "completed");
    let lost = client.wait(&large);
    println!("{} ended, {} processes", lost["error"], group.killed());
    assert_eq!(lost["status"], "failed", "there was memory enough");
    let id = client.submit(&parse_text("next.txt", "a ferry"));
    assert_eq!(client.wait(&id)["status"], "completed");
    server.stop();
}

#[test]
fn ten_thousand_idle_connections_cost_little_memory_and_nobody_their_turn() {
    const IDLE: usize = 10_000;
    const MEMORY_BYTES_MAX: u64 = 150 << 20;
    let home = Home::new(&["--workers", "1"]);
    let server = home.start();
    // The clients' ends are in this process, which may be allowed fewer.
    let files = platform::raise_open_files(IDLE as u64 + 2_000).unwrap_or(1024);
    let count = IDLE.min(usize::try_from(files).unwrap().saturating_sub(1_500));
    let idle: Vec<TcpStream> =
        (0..count).map(|_| TcpStream::connect(server.address).expect("it is let in")).collect();
    let mut client = server.client();
    let mut took: Vec<Duration> = (0..200)
        .map(|_| {
            let started = Instant::now();
            client.get("/v1/jobs?limit=1").ok();
            started.elapsed()
        })
        .collect();
    took.sort_unstable();
    let id = client.submit(&parse_text("a.txt", "beside many"));
    assert_eq!(client.wait(&id)["status"], "completed");
    let memory = memory_bytes(server.pid());
    println!("{count} idle: {} MiB, p99 {:?}", memory >> 20, took[197]);
    assert!(memory < MEMORY_BYTES_MAX, "{memory}");
    // The promise is 50 ms; other tests run beside this one.
    assert!(took[197] < Duration::from_millis(500), "{:?}", took[197]);
    drop(idle);
    server.stop();
}
