use docspool::document::*;
fn main(){ let a: Vec<String>=std::env::args().collect(); let b=std::fs::read(&a[1]).unwrap(); let d=Document::load(&b,&LoadOptions::default()).unwrap();
 let p=&d.pages[a[2].parse::<usize>().unwrap()]; for w in &p.words { println!("{:.1} {:.1} {:.1} s{:.1} {}{} {:?}",w.bbox.x0,w.bbox.x1,w.baseline,w.size,if w.style.bold{"B"}else{""},if w.style.italic{"I"}else{""},p.word_text(w)); } }
