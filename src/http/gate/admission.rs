//! Who may go in: the queue of whole requests, and the shares of waits and uploads.
//!
//! Owns the order in which requests get a relay and the counts of those that hold one.
//! It must not know sockets or what a request means.
//!
//! A long poll or an upload from a slow client holds its relay for seconds. Each kind has
//! its own share, smaller than the whole, so that neither can take every relay: a wait
//! beyond its share goes in marked as one that must not wait, an upload beyond its share
//! stands aside until another upload is through.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender};

use super::connection::Connection;
use super::intake::Incoming;
use super::socket;

/// A whole request on its way in.
pub(crate) struct Entry {
    pub(crate) connection: Connection,
    pub(crate) incoming: Box<Incoming>,
    /// When the request was whole.
    pub(crate) since: Instant,
}

/// Work for a relay.
pub(crate) enum Work {
    /// Serve this request.
    Serve(Box<Entry>),
    /// End.
    Stop,
}

#[derive(Default)]
struct Uploads {
    inside: usize,
    aside: VecDeque<Box<Entry>>,
}

/// The way in.
pub(crate) struct Admission {
    sender: Sender<Work>,
    receiver: Receiver<Work>,
    uploads: Mutex<Uploads>,
    uploads_max: usize,
    waits: AtomicUsize,
    waits_max: usize,
    /// Relays that are waiting for work.
    pub(crate) free_relays: AtomicUsize,
}

impl Admission {
    pub(crate) fn new(uploads_max: usize, waits_max: usize) -> Self {
        // Bounded by the number of connections, each of which has one request at a time.
        let (sender, receiver) = crossbeam_channel::unbounded();
        Self {
            sender,
            receiver,
            uploads: Mutex::default(),
            uploads_max: uploads_max.max(1),
            waits: AtomicUsize::new(0),
            waits_max,
            free_relays: AtomicUsize::new(0),
        }
    }

    /// Puts a request in line.
    pub(crate) fn enter(&self, connection: Connection, incoming: Box<Incoming>) {
        let is_upload = incoming.is_upload();
        let entry = Box::new(Entry { connection, incoming, since: socket::now() });
        if is_upload {
            let mut uploads = self.uploads.lock().unwrap_or_else(PoisonError::into_inner);
            if uploads.inside >= self.uploads_max {
                uploads.aside.push_back(entry);
                return;
            }
            uploads.inside += 1;
        }
        self.send(Work::Serve(entry));
    }

    /// An upload is through, or has ended: the next one may go in.
    fn upload_ended(&self) {
        let mut uploads = self.uploads.lock().unwrap_or_else(PoisonError::into_inner);
        match uploads.aside.pop_front() {
            Some(entry) => self.send(Work::Serve(entry)),
            None => uploads.inside = uploads.inside.saturating_sub(1),
        }
    }

    /// Uploads that have stood aside since before `since`; they are not let in any more.
    pub(crate) fn take_late_uploads(&self, since: Instant) -> Vec<Entry> {
        let mut uploads = self.uploads.lock().unwrap_or_else(PoisonError::into_inner);
        let late = uploads.aside.partition_point(|entry| entry.since < since);
        uploads.aside.drain(..late).map(|entry| *entry).collect()
    }

    /// Tells every relay to end, also those that have yet to start.
    pub(crate) fn stop(&self) {
        self.send(Work::Stop);
    }

    fn send(&self, work: Work) {
        // The receiver lives as long as this; sending cannot fail.
        let _ = self.sender.send(work);
    }

    /// The next work, as soon as there is some. The caller is a free relay meanwhile.
    pub(crate) fn next(&self) -> Work {
        self.free_relays.fetch_add(1, Ordering::SeqCst);
        let work = self.receiver.recv().unwrap_or(Work::Stop);
        self.free_relays.fetch_sub(1, Ordering::SeqCst);
        if matches!(work, Work::Stop) {
            // Each relay takes one word from the queue; the next needs one, too.
            self.stop();
        }
        work
    }

    /// Whether requests wait for a relay.
    pub(crate) fn has_queue(&self) -> bool {
        !self.receiver.is_empty()
    }

    /// Whether more requests wait than relays are free.
    pub(crate) fn is_short_of_relays(&self) -> bool {
        self.receiver.len() > self.free_relays.load(Ordering::SeqCst)
    }

    /// Whether a relay may stay with its connection: nobody waits, and another is free.
    pub(crate) fn may_linger(&self) -> bool {
        !self.has_queue() && self.free_relays.load(Ordering::SeqCst) > 0
    }

    /// A place among the waits, if one is left.
    pub(crate) fn take_wait(&self) -> Option<WaitPlace<'_>> {
        let max = self.waits_max;
        let taken = self.waits.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |waits| {
            (waits < max).then_some(waits + 1)
        });
        // Not `then_some`: a place that is made and dropped would be given back.
        taken.is_ok().then(|| WaitPlace(self))
    }

    /// The place an upload got when it was let in.
    pub(crate) fn upload_place(&self) -> UploadPlace<'_> {
        UploadPlace(self)
    }
}

/// A place among the waits, for as long as it lives.
pub(crate) struct WaitPlace<'a>(&'a Admission);

impl Drop for WaitPlace<'_> {
    fn drop(&mut self) {
        self.0.waits.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A place among the uploads, for as long as it lives.
pub(crate) struct UploadPlace<'a>(&'a Admission);

impl Drop for UploadPlace<'_> {
    fn drop(&mut self) {
        self.0.upload_ended();
    }
}
