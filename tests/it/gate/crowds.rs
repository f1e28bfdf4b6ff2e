//! More clients than there is room for.

use std::net::TcpStream;
use std::time::Duration;

use docspool::http::server::Limits;

use super::attacks::wait_until;
use super::client::Client;
use super::{assert_alive, start};

#[test]
fn clients_beyond_the_cap_are_told_so() {
    let (server, _) = start(Limits { connections_max: 10, ..Limits::default() });
    let mut inside: Vec<Client> = (0..10).map(|_| Client::connect(&server)).collect();
    inside.iter_mut().for_each(|client| client.send("GET / HTTP/1.1\r\n"));
    wait_until("ten are connected", || server.stats().connections_open == 10);
    // Their half requests must have been read, or the connections would count as idle.
    std::thread::sleep(Duration::from_millis(200));
    for _ in 0..5 {
        let mut client = Client::connect(&server);
        let _ = client.try_send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        let answer = client.answer();
        assert_eq!((answer.status, answer.error_code().as_str()), (503, "too_many_connections"));
        assert!(answer.header("retry-after").is_some());
        assert!(client.is_closed());
    }
    // Those inside are served, and one that leaves makes room.
    inside[9].send("Host: x\r\n\r\n");
    assert_eq!(inside[9].answer().status, 200);
    inside.pop();
    wait_until("one has left", || server.stats().connections_open == 9);
    assert_alive(&server);
}

#[test]
fn whoever_has_been_idle_longest_makes_room() {
    let (server, _) = start(Limits { connections_max: 10, ..Limits::default() });
    let mut clients: Vec<Client> = Vec::new();
    for open in 1..=10 {
        clients.push(Client::connect(&server));
        wait_until("it is in", || server.stats().connections_open == open);
    }
    // The first one says something, so the second one is idle longest.
    clients[0].send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(clients[0].answer().status, 200);
    let mut newcomer = Client::connect(&server);
    newcomer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(newcomer.answer().status, 200);
    assert!(clients[1].is_closed());
    clients[0].send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(clients[0].answer().status, 200);
}

/// Ten times as many idle connections as the server keeps: honest clients are served, and the
/// server keeps to its cap. Where the system allows few open files there are fewer of them.
#[test]
fn ten_thousand_idle_connections_keep_nobody_out() {
    const IDLE: usize = 10_000;
    let (server, _) = start(Limits::default());
    // Both ends are in this process; some systems allow it less.
    let files = docspool::base::platform::raise_open_files(IDLE as u64 + 4000).unwrap_or(1024);
    let count = IDLE.min(usize::try_from(files).unwrap().saturating_sub(3500));
    let idle: Vec<TcpStream> = (0..count)
        .map(|_| TcpStream::connect(server.local_addr()).expect("it is let in"))
        .collect();
    wait_until("they are all known", || server.stats().connections >= count as u64);
    for _ in 0..20 {
        let mut client = Client::connect(&server);
        for _ in 0..5 {
            client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
            assert_eq!(client.answer().status, 200);
        }
    }
    assert!(server.stats().connections_open <= Limits::default().connections_max);
    drop(idle);
}

/// Behind tiny_http alone, 16 clients that came at once left 12 without service until
/// others hung up.
#[test]
fn many_keep_alive_clients_beside_many_idle_connections_are_all_served() {
    let (server, _) = start(Limits { connections_max: 1000, ..Limits::default() });
    let idle: Vec<TcpStream> =
        (0..500).map(|_| TcpStream::connect(server.local_addr()).unwrap()).collect();
    let address = server.local_addr();
    let all_kept = std::sync::Arc::new(std::sync::Barrier::new(64));
    let clients: Vec<_> = (0..64)
        .map(|_| {
            let all_kept = std::sync::Arc::clone(&all_kept);
            std::thread::spawn(move || {
                let mut client = Client::of(TcpStream::connect(address).unwrap());
                for _ in 0..10 {
                    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
                    assert_eq!(client.answer().status, 200);
                }
                // No one hangs up before everyone has been served.
                all_kept.wait();
            })
        })
        .collect();
    for client in clients {
        client.join().unwrap();
    }
    let stats = server.stats();
    assert_eq!(stats.requests, 640);
    assert!(stats.connections_open >= 500, "{stats:?}");
    drop(idle);
    wait_until("all have left", || server.stats().connections_open == 0);
}
