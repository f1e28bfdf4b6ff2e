//! quick measurement, not kept
use std::io::Read; use std::sync::Arc;
use docspool::http::{exchange::*, server::*};
struct S; impl Service for S { fn call(&self, r:&mut Request<'_>)->Response { let mut b=Vec::new(); let _=r.body.read_to_end(&mut b); let body = if r.path=="/4k" {vec![b'x';4096]} else {br#"{"id":"job_01ARZ3NDEKTSV4RRFFQ69G5FAV","object":"job","status":"queued"}"#.to_vec()}; Response::json(200, body) } }
fn main(){
 let a:Vec<String>=std::env::args().collect(); let port:u16=a[2].parse().unwrap();
 if a[1]=="direct" { let l=std::net::TcpListener::bind(("127.0.0.1",port)).unwrap(); socket2::SockRef::from(&l).set_tcp_nodelay(true).unwrap(); let s=Arc::new(tiny_http::Server::from_listener(l,None).unwrap()); for _ in 0..64 { let s=s.clone(); std::thread::spawn(move|| loop { let mut r=match s.recv(){Ok(r)=>r,Err(_)=>return}; let mut b=Vec::new(); let _=r.as_reader().read_to_end(&mut b); let body=if r.url()=="/4k" {vec![b'x';4096]} else {br#"{"id":"job_01ARZ3NDEKTSV4RRFFQ69G5FAV","object":"job","status":"queued"}"#.to_vec()}; let _=r.respond(tiny_http::Response::from_data(body).with_chunked_threshold(usize::MAX).with_header("Content-Type: application/json".parse::<tiny_http::Header>().unwrap())); }); } std::thread::park(); }
 let mut c=ServerConfig::new(([127,0,0,1],port).into()); if let Some(k)=a.get(3){c.limits.exchanges_max=k.parse().unwrap();} let s=Server::start(c, Arc::new(S)).unwrap();
 loop { std::thread::sleep(std::time::Duration::from_secs(2)); eprintln!("{:?}", s.stats()); }
}
