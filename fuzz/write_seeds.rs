//! Writes the seeds that the tests mutate into a folder, for the fuzzer to begin with.

#[path = "../tests/support/drawing.rs"]
#[allow(dead_code)]
mod drawing;
#[path = "../tests/support/pdf.rs"]
#[allow(dead_code)]
mod pdf;
#[path = "../tests/support/seeds.rs"]
mod seeds;

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "corpus/document_load".to_owned());
    std::fs::create_dir_all(&folder)?;
    for (name, bytes) in seeds::all() {
        std::fs::write(format!("{folder}/{name}.pdf"), bytes)?;
    }
    Ok(())
}
