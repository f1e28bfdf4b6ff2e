//! A virtual file system that writes down what SQLite does to the data file and its log,
//! and that fails on demand.
//!
//! It wraps the default one and passes everything through, shared memory included, so that
//! readers and the writer work as they do in life. After SQLite's own crash tests
//! (sqlite.org/testing.html, section 3); the interface is sqlite.org/c3ref/vfs.html. This
//! is the one place with `unsafe` code, and it is built for tests only.

#![allow(unsafe_code)]

use std::ffi::{CString, c_char, c_int, c_void};
use std::sync::{Arc, Mutex};

use rusqlite::ffi;

/// The data file or its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    Data,
    Log,
}

/// What happened, in order.
#[derive(Debug, Clone)]
pub(super) enum Event {
    Write(Which, u64, Vec<u8>),
    Truncate(Which, u64),
    Sync(Which),
    /// A line of the test's own ledger.
    Mark(usize),
}

/// What a call is made to fail with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The disk is full: a write fails.
    Full,
    /// The disk breaks: a write fails.
    Write,
    /// The disk breaks: a sync fails, and nobody knows what it kept.
    Sync,
}

#[derive(Debug, Default)]
struct State {
    events: Vec<Event>,
    /// What fails, and how many calls of its kind are still to succeed.
    fault: Option<(Fault, usize)>,
    /// Calls that failed.
    failed: usize,
}

/// The record of one file system.
#[derive(Debug, Default)]
pub(super) struct Recorder(Mutex<State>);

impl Recorder {
    /// Registers a file system of this name with SQLite, for the life of the process.
    pub(super) fn register(name: &str) -> Arc<Self> {
        let recorder = Arc::new(Self::default());
        install(name, Arc::clone(&recorder));
        recorder
    }

    pub(super) fn mark(&self, line: usize) {
        self.push(Event::Mark(line));
    }

    /// Everything so far.
    pub(super) fn events(&self) -> Vec<Event> {
        self.0.lock().unwrap().events.clone()
    }

    /// Everything so far, which is then forgotten: the file system stays for the life of the
    /// process, and what thousands of lives have written would fill its memory.
    pub(super) fn take_events(&self) -> Vec<Event> {
        std::mem::take(&mut self.0.lock().unwrap().events)
    }

    /// Lets the call of that kind fail that comes after `calls` more, and each one after it.
    pub(super) fn fail_after(&self, fault: Fault, calls: usize) {
        self.0.lock().unwrap().fault = Some((fault, calls));
    }

    /// Mends the disk; returns how many calls had failed.
    pub(super) fn mend(&self) -> usize {
        let mut state = self.0.lock().unwrap();
        state.fault = None;
        std::mem::take(&mut state.failed)
    }

    /// Calls that have failed so far.
    pub(super) fn failed(&self) -> usize {
        self.0.lock().unwrap().failed
    }

    fn push(&self, event: Event) {
        self.0.lock().unwrap().events.push(event);
    }

    fn fails(&self, of_kind: impl Fn(Fault) -> Option<c_int>) -> Option<c_int> {
        let mut state = self.0.lock().unwrap();
        let (fault, calls) = state.fault.as_mut()?;
        let code = of_kind(*fault)?;
        if *calls > 0 {
            *calls -= 1;
            return None;
        }
        state.failed += 1;
        Some(code)
    }
}

/// Stands before the file of the wrapped file system, in memory that SQLite gives.
#[repr(C)]
struct File {
    base: ffi::sqlite3_file,
    which: Which,
    recorder: *const Recorder,
    real: *mut ffi::sqlite3_file,
}

struct Wrapped {
    default: *mut ffi::sqlite3_vfs,
    methods: ffi::sqlite3_io_methods,
    recorder: Arc<Recorder>,
}

fn install(name: &str, recorder: Arc<Recorder>) {
    // SAFETY: the default file system lives as long as the process, and so does what is
    // leaked here: SQLite keeps both pointers for good. The copy differs only in its name,
    // its `xOpen` and the size of a file, which has room for `File` and the wrapped file.
    unsafe {
        let default = ffi::sqlite3_vfs_find(std::ptr::null());
        assert!(!default.is_null());
        let wrapped = Box::leak(Box::new(Wrapped { default, methods: methods(), recorder }));
        let mut vfs = *default;
        vfs.pNext = std::ptr::null_mut();
        vfs.zName = CString::new(name).unwrap().into_raw();
        vfs.szOsFile += c_int::try_from(size_of::<File>()).unwrap();
        vfs.pAppData = std::ptr::from_mut(wrapped).cast();
        vfs.xOpen = Some(open);
        assert_eq!(ffi::sqlite3_vfs_register(Box::leak(Box::new(vfs)), 0), ffi::SQLITE_OK);
    }
}

fn methods() -> ffi::sqlite3_io_methods {
    // SAFETY: the struct is made of numbers and optional functions; zero is "none" for all.
    let mut methods: ffi::sqlite3_io_methods = unsafe { std::mem::zeroed() };
    methods.iVersion = 2;
    methods.xClose = Some(close);
    methods.xRead = Some(read);
    methods.xWrite = Some(write);
    methods.xTruncate = Some(truncate);
    methods.xSync = Some(sync);
    methods.xFileSize = Some(file_size);
    methods.xLock = Some(lock);
    methods.xUnlock = Some(unlock);
    methods.xCheckReservedLock = Some(check_reserved_lock);
    methods.xFileControl = Some(file_control);
    methods.xSectorSize = Some(sector_size);
    methods.xDeviceCharacteristics = Some(device_characteristics);
    methods.xShmMap = Some(shm_map);
    methods.xShmLock = Some(shm_lock);
    methods.xShmBarrier = Some(shm_barrier);
    methods.xShmUnmap = Some(shm_unmap);
    methods
}

unsafe extern "C" fn open(
    vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    // SAFETY: SQLite hands back the `pAppData` set above, and `szOsFile` bytes at `file`.
    unsafe {
        let wrapped = &*(*vfs).pAppData.cast::<Wrapped>();
        let which = match flags {
            flags if flags & ffi::SQLITE_OPEN_MAIN_DB != 0 => Which::Data,
            flags if flags & ffi::SQLITE_OPEN_WAL != 0 => Which::Log,
            // Journals of the first moment and temporary files are not recorded.
            _ => return pass_open(wrapped, name, file, flags, out_flags),
        };
        let own = file.cast::<File>();
        let real = own.add(1).cast::<ffi::sqlite3_file>();
        let code = pass_open(wrapped, name, real, flags, out_flags);
        let is_open = !(*real).pMethods.is_null();
        (*own).base.pMethods = if is_open { &raw const wrapped.methods } else { std::ptr::null() };
        (*own).which = which;
        (*own).recorder = Arc::as_ptr(&wrapped.recorder);
        (*own).real = real;
        code
    }
}

unsafe fn pass_open(
    wrapped: &Wrapped,
    name: *const c_char,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    // SAFETY: the arguments are SQLite's own, and every file system has `xOpen`.
    unsafe { ((*wrapped.default).xOpen.unwrap())(wrapped.default, name, file, flags, out_flags) }
}

/// Calls a method of the wrapped file.
macro_rules! pass {
    ($file:expr, $method:ident $(, $argument:expr)*) => {{
        // SAFETY: SQLite calls methods only on files that `open` has made.
        unsafe {
            let real = (*$file.cast::<File>()).real;
            ((*(*real).pMethods).$method.unwrap())(real $(, $argument)*)
        }
    }};
}

unsafe fn recorder<'a>(file: *mut ffi::sqlite3_file) -> (&'a Recorder, Which) {
    // SAFETY: as above; the recorder is leaked with its file system.
    unsafe {
        let own = file.cast::<File>();
        (&*(*own).recorder, (*own).which)
    }
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    bytes: *const c_void,
    count: c_int,
    offset: i64,
) -> c_int {
    // SAFETY: SQLite gives `count` readable bytes.
    let (recorder, copy) = unsafe {
        let length = usize::try_from(count).unwrap();
        (recorder(file), std::slice::from_raw_parts(bytes.cast::<u8>(), length).to_vec())
    };
    let code = recorder.0.fails(|fault| match fault {
        Fault::Full => Some(ffi::SQLITE_FULL),
        Fault::Write => Some(ffi::SQLITE_IOERR_WRITE),
        Fault::Sync => None,
    });
    if let Some(code) = code {
        return code;
    }
    recorder.0.push(Event::Write(recorder.1, u64::try_from(offset).unwrap(), copy));
    pass!(file, xWrite, bytes, count, offset)
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: i64) -> c_int {
    // SAFETY: see `recorder`.
    let (recorder, which) = unsafe { recorder(file) };
    recorder.push(Event::Truncate(which, u64::try_from(size).unwrap()));
    pass!(file, xTruncate, size)
}

/// Recorded, not carried out: what reaches the disk is decided when an image is made.
unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _flags: c_int) -> c_int {
    // SAFETY: see `recorder`.
    let (recorder, which) = unsafe { recorder(file) };
    let code = recorder.fails(|fault| (fault == Fault::Sync).then_some(ffi::SQLITE_IOERR_FSYNC));
    if code.is_none() {
        recorder.push(Event::Sync(which));
    }
    code.unwrap_or(ffi::SQLITE_OK)
}

/// The hardest case: no promise about what a torn write leaves beside it.
unsafe extern "C" fn device_characteristics(_file: *mut ffi::sqlite3_file) -> c_int {
    0
}

unsafe extern "C" fn sector_size(_file: *mut ffi::sqlite3_file) -> c_int {
    c_int::try_from(super::image::SECTOR_BYTES).unwrap()
}

/// Methods that only pass on.
macro_rules! passing {
    ($($name:ident => $method:ident ($($argument:ident: $kind:ty),*) -> $answer:ty;)*) => {
        $(unsafe extern "C" fn $name(
            file: *mut ffi::sqlite3_file,
            $($argument: $kind),*
        ) -> $answer {
            pass!(file, $method $(, $argument)*)
        })*
    };
}

passing! {
    close => xClose() -> c_int;
    read => xRead(bytes: *mut c_void, count: c_int, offset: i64) -> c_int;
    file_size => xFileSize(size: *mut i64) -> c_int;
    lock => xLock(level: c_int) -> c_int;
    unlock => xUnlock(level: c_int) -> c_int;
    check_reserved_lock => xCheckReservedLock(out: *mut c_int) -> c_int;
    file_control => xFileControl(operation: c_int, argument: *mut c_void) -> c_int;
    shm_map => xShmMap(
        page: c_int, size: c_int, extend: c_int, out: *mut *mut c_void) -> c_int;
    shm_lock => xShmLock(offset: c_int, count: c_int, flags: c_int) -> c_int;
    shm_barrier => xShmBarrier() -> ();
    shm_unmap => xShmUnmap(delete: c_int) -> c_int;
}
