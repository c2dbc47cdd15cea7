//! Reads graphs in four formats, recognised by their content, and writes each in another.

use sympe_data::DataError;
use sympe_data::formats::{Format, dimacs, graph6};

fn main() -> Result<(), DataError> {
    let texts = [
        ("a square", "Cl\n"),
        ("a path", "3 101\n"),
        ("a triangle and a point", "4 3 0-1 1-2 0-2\n"),
        ("a coloured arc", "p arc 2 1\nn 1 7\na 1 2 3\n"),
    ];
    for (name, text) in texts {
        let format = Format::detect(text).expect("one of the four");
        for graph in format.parse(text)? {
            println!(
                "{name}, from {format}: {} vertices, {} edges",
                graph.n(),
                graph.edge_count()
            );
            match graph6::write(&graph) {
                Ok(line) => println!("  as graph6: {line}"),
                Err(reason) => println!("  as DIMACS ({reason}):\n{}", dimacs::write(&graph)),
            }
        }
    }
    Ok(())
}
