//! The few socket operations that differ between systems.
//!
//! Owns non-blocking reads and writes on blocking sockets, and the watching of sockets.
//! It must not know what the bytes mean.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use mio::{Interest, Registry, Token};

/// Now, for deadlines of sockets. They are about this process and this boot only, so
/// they need no clock that tests can turn.
#[expect(clippy::disallowed_methods, reason = "deadlines of sockets, which tests cannot turn")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Whether a read or write ended because its time was up or nothing was there.
pub(crate) fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// Reads what is there; `WouldBlock` when nothing is.
pub(crate) fn read_now(stream: &TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
    #[cfg(unix)]
    {
        use rustix::net::{RecvFlags, recv};
        Ok(recv(stream, buffer, RecvFlags::DONTWAIT)?.0)
    }
    #[cfg(not(unix))]
    {
        without_blocking(stream, |mut stream| stream.read(buffer))
    }
}

/// Writes what the system takes at once; `WouldBlock` when it takes nothing.
pub(crate) fn write_now(stream: &TcpStream, bytes: &[u8]) -> io::Result<usize> {
    #[cfg(unix)]
    {
        use rustix::net::{SendFlags, send};
        Ok(send(stream, bytes, SendFlags::DONTWAIT | SendFlags::NOSIGNAL)?)
    }
    #[cfg(not(unix))]
    {
        without_blocking(stream, |mut stream| stream.write(bytes))
    }
}

#[cfg(not(unix))]
fn without_blocking<T>(
    stream: &TcpStream,
    operation: impl FnOnce(&TcpStream) -> io::Result<T>,
) -> io::Result<T> {
    stream.set_nonblocking(true)?;
    let result = operation(stream);
    stream.set_nonblocking(false)?;
    result
}

/// Reads once, waiting as long as the socket's own timeout; repeats after a signal.
pub(crate) fn read_once(mut stream: impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match stream.read(buffer) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// Writes all of `bytes`. Each write may wait as long as the socket's own timeout, all
/// of them together until `deadline`.
pub(crate) fn write_until(
    mut stream: impl Write,
    mut bytes: &[u8],
    deadline: Option<Instant>,
) -> io::Result<()> {
    while !bytes.is_empty() {
        match stream.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        if !bytes.is_empty() && deadline.is_some_and(|deadline| now() >= deadline) {
            return Err(ErrorKind::TimedOut.into());
        }
    }
    Ok(())
}

/// A socket that is watched. Take it back with [`unwatch`] before the socket is used.
#[derive(Debug)]
pub(crate) struct Watch {
    /// Elsewhere the system watches a second handle of the socket.
    #[cfg(not(unix))]
    handle: mio::net::TcpStream,
}

/// Asks for an event when `stream` becomes readable or is closed by its peer.
pub(crate) fn watch(registry: &Registry, stream: &TcpStream, token: Token) -> io::Result<Watch> {
    #[cfg(unix)]
    {
        use std::os::fd::AsRawFd;
        let mut source = mio::unix::SourceFd(&stream.as_raw_fd());
        registry.register(&mut source, token, Interest::READABLE)?;
        Ok(Watch {})
    }
    #[cfg(not(unix))]
    {
        stream.set_nonblocking(true)?;
        let mut handle = mio::net::TcpStream::from_std(stream.try_clone()?);
        registry.register(&mut handle, token, Interest::READABLE)?;
        Ok(Watch { handle })
    }
}

/// Takes back [`watch`]. Errors mean that the socket is not watched, as wished.
pub(crate) fn unwatch(registry: &Registry, stream: &TcpStream, watch: Watch) {
    #[cfg(unix)]
    {
        use std::os::fd::AsRawFd;
        let Watch {} = watch;
        let _ = registry.deregister(&mut mio::unix::SourceFd(&stream.as_raw_fd()));
    }
    #[cfg(not(unix))]
    {
        let mut watch = watch;
        let _ = registry.deregister(&mut watch.handle);
        let _ = stream.set_nonblocking(false);
    }
}
