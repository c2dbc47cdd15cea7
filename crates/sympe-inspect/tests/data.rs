//! Downloads from a server on this machine, and the command `data`.

mod common;

use sha2::{Digest, Sha256};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use sympe_data::molecule::Moses;
use sympe_data::published::GENERATED;
use sympe_inspect::commands::Cli;
use sympe_inspect::datasets::{DataFile, Fetched, QM9, fetch};
use sympe_inspect::terminal::Bars;

/// How the server behaves.
#[derive(Clone, Copy, PartialEq)]
enum Manner {
    Polite,
    /// Sends this many bytes of the body, then closes.
    Cuts(usize),
    /// As if there were no `Range`.
    IgnoresRange,
    /// Answers a range with another one.
    ShiftsRange,
    /// Has no range at all.
    RefusesRange,
    /// Sends no length; the end of the connection is the end of the body.
    NoLength,
    NotFound,
}

/// A server of one content under every path; it counts the answers, and notes the ranges asked for.
struct Server {
    url: String,
    ranges: Arc<Mutex<Vec<Option<usize>>>>,
}

impl Server {
    fn new(manner: Manner, content: impl Fn(&str) -> Vec<u8> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let ranges = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&ranges);
        // The thread ends with the test program.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that hangs up is its own affair.
                let _ = answer(stream, manner, &content, &seen);
            }
        });
        Self { url, ranges }
    }

    fn of(manner: Manner, content: &[u8]) -> Self {
        let content = content.to_vec();
        Self::new(manner, move |_| content.clone())
    }

    fn ranges(&self) -> Vec<Option<usize>> {
        self.ranges.lock().unwrap().clone()
    }
}

fn answer(
    stream: TcpStream,
    manner: Manner,
    content: &impl Fn(&str) -> Vec<u8>,
    seen: &Mutex<Vec<Option<usize>>>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        match line.trim_end() {
            "" => break,
            line => head.push(line.to_owned()),
        }
    }
    let path = head[0].split(' ').nth(1).unwrap_or_default();
    let content = content(path.trim_start_matches('/'));
    let range = head.iter().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        let first = value.strip_prefix("bytes=")?.strip_suffix('-')?;
        name.eq_ignore_ascii_case("range").then(|| first.parse().unwrap())
    });
    seen.lock().unwrap().push(range);
    let mut stream = reader.into_inner();
    let (start, status) = match (range, manner) {
        (_, Manner::NotFound) => {
            return stream
                .write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 4\r\nconnection: close\r\n\r\ngone");
        }
        (Some(_), Manner::RefusesRange) => {
            return stream.write_all(
                b"HTTP/1.1 416 Range Not Satisfiable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
            );
        }
        (None, _) | (_, Manner::IgnoresRange) => (0, "200 OK".to_owned()),
        (Some(start), _) => {
            let start = if manner == Manner::ShiftsRange {
                start - 1
            } else {
                start
            };
            let (last, all) = (content.len() - 1, content.len());
            (
                start,
                format!("206 Partial Content\r\ncontent-range: bytes {start}-{last}/{all}"),
            )
        }
    };
    let body = &content[start..];
    let length = match manner {
        Manner::NoLength => String::new(),
        _ => format!("content-length: {}\r\n", body.len()),
    };
    write!(stream, "HTTP/1.1 {status}\r\n{length}connection: close\r\n\r\n")?;
    match manner {
        Manner::Cuts(count) => stream.write_all(&body[..count.min(body.len())]),
        _ => stream.write_all(body),
    }
}

/// A file of `bytes` bytes that no other has.
fn content(bytes: usize) -> Vec<u8> {
    (0..bytes)
        .map(|index| (index * index / 7 + index) as u8)
        .collect()
}

fn published(content: &[u8]) -> DataFile {
    let digest: String = Sha256::digest(content)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    DataFile {
        name: "file.txt",
        url: "",
        bytes: content.len() as u64,
        sha256: digest.leak(),
    }
}

/// What `fetch` makes of a folder in which `part` bytes are there.
fn fetched(
    server: &Server,
    file: &DataFile,
    part: Option<&[u8]>,
) -> (tempfile::TempDir, Result<Fetched, String>) {
    let folder = tempfile::tempdir().unwrap();
    if let Some(part) = part {
        fs::write(folder.path().join("file.txt.part"), part).unwrap();
    }
    let url = format!("{}/file.txt", server.url);
    let result = fetch(file, &url, folder.path(), &Bars::new());
    (folder, result.map_err(|error| error.to_string()))
}

/// The files of a folder by name.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            (
                path.file_name().unwrap().to_str().unwrap().to_owned(),
                fs::read(&path).unwrap(),
            )
        })
        .collect();
    files.sort();
    files
}

#[test]
fn a_whole_file_is_downloaded_once() {
    for size in [0, 1, 300_000] {
        let content = content(size);
        for manner in [Manner::Polite, Manner::NoLength] {
            let server = Server::of(manner, &content);
            let file = published(&content);
            let (folder, result) = fetched(&server, &file, None);
            assert_eq!(result, Ok(Fetched::Downloaded), "{size}");
            assert_eq!(files(folder.path()), [("file.txt".to_owned(), content.clone())]);
            let again = fetch(&file, &server.url, folder.path(), &Bars::new()).unwrap();
            assert_eq!((again, server.ranges()), (Fetched::Present, vec![None]));
            // A file that was changed is replaced.
            fs::write(folder.path().join("file.txt"), "changed").unwrap();
            let again = fetch(&file, &server.url, folder.path(), &Bars::new()).unwrap();
            assert_eq!(again, Fetched::Downloaded);
            assert_eq!(files(folder.path()), [("file.txt".to_owned(), content.clone())]);
        }
    }
}

#[test]
fn a_download_that_breaks_off_is_continued_where_it_ended() {
    let content = content(100_000);
    let file = published(&content);
    for manner in [Manner::Cuts(40_000), Manner::Cuts(0)] {
        let Manner::Cuts(kept) = manner else {
            unreachable!()
        };
        let server = Server::of(manner, &content);
        let (folder, result) = fetched(&server, &file, None);
        let message = result.unwrap_err();
        let part = folder.path().join("file.txt.part");
        assert!(
            message.starts_with(&format!("{}/file.txt: ", server.url)),
            "{message}"
        );
        assert!(message.contains(&format!("{kept} of 100000 bytes")), "{message}");
        assert!(message.contains(part.to_str().unwrap()), "{message}");
        assert_eq!(
            files(folder.path()),
            [("file.txt.part".to_owned(), content[..kept].to_vec())]
        );

        let server = Server::of(Manner::Polite, &content);
        let done = fetch(&file, &server.url, folder.path(), &Bars::new()).unwrap();
        assert_eq!(files(folder.path()), [("file.txt".to_owned(), content.clone())]);
        let (expected, range) = match kept {
            0 => (Fetched::Downloaded, None),
            _ => (Fetched::Continued, Some(kept)),
        };
        assert_eq!((done, server.ranges()), (expected, vec![range]));
    }
}

#[test]
fn servers_without_ranges_send_everything_again() {
    let content = content(5000);
    let file = published(&content);
    for (manner, ranges) in [
        (Manner::IgnoresRange, vec![Some(700)]),
        (Manner::ShiftsRange, vec![Some(700), None]),
        (Manner::RefusesRange, vec![Some(700), None]),
    ] {
        let server = Server::of(manner, &content);
        let (folder, result) = fetched(&server, &file, Some(&content[..700]));
        assert_eq!((result, server.ranges()), (Ok(Fetched::Downloaded), ranges));
        assert_eq!(files(folder.path()), [("file.txt".to_owned(), content.clone())]);
    }
}

#[test]
fn a_beginning_of_another_file_is_replaced() {
    let content = content(5000);
    let (server, file) = (Server::of(Manner::Polite, &content), published(&content));
    // Too little, as much, more.
    for (length, ranges) in [
        (700, vec![Some(700), None]),
        (5000, vec![None]),
        (6000, vec![None]),
    ] {
        server.ranges.lock().unwrap().clear();
        let (folder, result) = fetched(&server, &file, Some(&vec![b'x'; length]));
        assert_eq!(
            (result, server.ranges()),
            (Ok(Fetched::Downloaded), ranges),
            "{length}"
        );
        assert_eq!(files(folder.path()), [("file.txt".to_owned(), content.clone())]);
    }
    // A part that is complete needs no server.
    server.ranges.lock().unwrap().clear();
    let (folder, result) = fetched(&server, &file, Some(&content));
    assert_eq!((result, server.ranges()), (Ok(Fetched::Continued), vec![]));
    assert_eq!(files(folder.path()), [("file.txt".to_owned(), content.clone())]);
}

#[test]
fn other_files_are_refused_and_nothing_of_them_is_kept() {
    let right = content(5000);
    let file = published(&right);
    let mut changed = right.clone();
    changed[2000] ^= 1;
    for (manner, sent, message) in [
        (
            Manner::Polite,
            changed.clone(),
            "not the published file.txt: SHA-256 of its 5000 bytes is ",
        ),
        (
            Manner::Polite,
            content(4000),
            "not the published file.txt: 4000 bytes announced, expected 5000",
        ),
        (
            Manner::NoLength,
            content(6000),
            "not the published file.txt: more than 5000 bytes",
        ),
        (Manner::NotFound, vec![], "the server answers 404 Not Found"),
    ] {
        let server = Server::of(manner, &sent);
        let (folder, result) = fetched(&server, &file, None);
        let error = result.unwrap_err();
        assert!(
            error.starts_with(&format!("{}/file.txt: {message}", server.url)),
            "{error}"
        );
        assert_eq!(files(folder.path()), []);
    }
    // A wrong rest, after a right beginning: it is downloaded as a whole, and is still wrong.
    let server = Server::of(Manner::Polite, &changed);
    let (folder, result) = fetched(&server, &file, Some(&right[..700]));
    assert!(result.unwrap_err().contains(file.sha256));
    assert_eq!(
        (server.ranges(), files(folder.path())),
        (vec![Some(700), None], vec![])
    );
    // A refusal says nothing against what is there.
    let server = Server::of(Manner::NotFound, &[]);
    let (folder, result) = fetched(&server, &file, Some(&right[..700]));
    assert!(result.is_err());
    assert_eq!(
        files(folder.path()),
        [("file.txt.part".to_owned(), right[..700].to_vec())]
    );
}

#[test]
fn nobody_there_is_an_error_that_names_the_address() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/x", listener.local_addr().unwrap());
    drop(listener);
    let folder = tempfile::tempdir().unwrap();
    for url in [url.as_str(), "no url"] {
        let error = fetch(&published(b"x"), url, folder.path(), &Bars::new()).unwrap_err();
        assert!(error.to_string().starts_with(&format!("{url}: ")), "{error}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_that_names_the_file() {
    let content = content(5000);
    let (server, file) = (Server::of(Manner::Polite, &content), published(&content));
    let folder = tempfile::tempdir().unwrap();
    let part = folder.path().join("file.txt.part");
    std::os::unix::fs::symlink("/dev/full", &part).unwrap();
    let error = fetch(&file, &server.url, folder.path(), &Bars::new())
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with(&format!("{}: No space left", part.display())),
        "{error}"
    );
    assert!(!folder.path().join("file.txt").exists());
}

/// The command `data qm9`, its output or error.
fn data(arguments: &[&str]) -> Result<String, String> {
    run("qm9", arguments)
}

/// The command `data` for a data set, its output or error.
fn run(name: &str, arguments: &[&str]) -> Result<String, String> {
    let mut output = Vec::new();
    let arguments = ["sympe-inspect", "data", name]
        .into_iter()
        .chain(arguments.iter().copied());
    match Cli::parse_from(arguments).run(&mut output) {
        Ok(()) => Ok(String::from_utf8(output).unwrap()),
        Err(error) => Err(error.to_string()),
    }
}

/// QM9, where there is a copy: below the folder that `SYMPE_DATA` names, or else below `shared/data` beside the workspace.
fn qm9() -> Option<PathBuf> {
    common::data("qm9")
}

#[test]
fn graphs_are_drawn_and_verified() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/graphs");
    let said = Ok(format!("6600 graphs in {}\n", path.display()));
    assert_eq!(run("graphs", &["--dir", path.to_str().unwrap()]), said);
    let drawn = files(&path);
    assert_eq!(drawn.len(), GENERATED.len());
    for file in &GENERATED {
        let (_, bytes) = drawn.iter().find(|(name, _)| name == file.name).unwrap();
        let digest: String = Sha256::digest(bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(digest, file.sha256, "{}", file.name);
    }
    // A damaged file is replaced.
    fs::write(path.join(GENERATED[0].name), "x").unwrap();
    assert_eq!(run("graphs", &["--dir", path.to_str().unwrap()]), said);
    assert_eq!(files(&path), drawn);
    // There is nothing to import or to download.
    for flag in ["--from", "--url"] {
        assert!(Cli::try_parse_from(["sympe-inspect", "data", "graphs", flag, "x"]).is_err());
    }
}

#[test]
fn qm9_comes_from_a_mirror_or_a_folder() {
    let Some(shared) = qm9() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (mirrored, imported) = (folder.path().join("a/b"), folder.path().join("c"));
    let (mirrored, imported) = (mirrored.to_str().unwrap(), imported.to_str().unwrap());
    let server = {
        let shared = shared.clone();
        Server::new(Manner::Polite, move |path| fs::read(shared.join(path)).unwrap())
    };
    let url = format!("{}/", server.url);
    let said = |folder: &str| Ok(format!("QM9: 130831 molecules in {folder}\n"));
    assert_eq!(data(&["--url", &url, "--dir", mirrored]), said(mirrored));
    assert_eq!(data(&["--url", &url, "--dir", mirrored]), said(mirrored));
    assert_eq!(server.ranges().len(), 2);
    assert_eq!(
        data(&["--from", shared.to_str().unwrap(), "--dir", imported]),
        said(imported)
    );
    assert_eq!(data(&["--from", imported, "--dir", imported]), said(imported));
    for file in QM9 {
        let [one, other] =
            [mirrored, imported].map(|folder| fs::read(Path::new(folder).join(file.name)).unwrap());
        assert_eq!((one.len() as u64, one), (file.bytes, other));
    }
}

#[test]
fn moses_comes_from_a_folder_or_a_package_and_only_as_it_was_published() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let package = path("molsets.whl");
    // A package with other files: nothing is written, on the way from a server neither.
    let mut archive = zip::ZipWriter::new(fs::File::create(&package).unwrap());
    for name in Moses::FILES {
        let stored =
            zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::STORE);
        archive
            .start_file(format!("moses/dataset/data/{name}.gz"), stored)
            .unwrap();
        archive.write_all(b"SMILES\nCCO\n").unwrap();
    }
    archive.finish().unwrap();
    let target = path("to");
    let error = run("moses", &["--from", &package, "--dir", &target]).unwrap_err();
    assert!(
        error.starts_with(&format!("{package}/train.csv.gz: not the published file")),
        "{error}"
    );
    let server = Server::of(Manner::Polite, &fs::read(&package).unwrap());
    let error = run("moses", &["--url", &server.url, "--dir", &target]).unwrap_err();
    assert!(error.contains("bytes announced, expected 51584291"), "{error}");
    assert!(!Path::new(&target).exists());
    let error = run(
        "moses",
        &["--from", folder.path().to_str().unwrap(), "--dir", &target],
    )
    .unwrap_err();
    assert!(error.contains("train.csv: No such file"), "{error}");
    fs::write(folder.path().join("words"), "no archive").unwrap();
    let error = run("moses", &["--from", &path("words"), "--dir", &target]).unwrap_err();
    assert!(
        error.starts_with(&path("words")) && error.contains("the Python package molsets"),
        "{error}"
    );
    assert!(!Path::new(&target).exists());

    let Some(shared) = common::data("moses") else {
        return;
    };
    let said = |folder: &str| Ok(format!("MOSES in {folder}\n"));
    assert_eq!(
        run("moses", &["--from", shared.to_str().unwrap(), "--dir", &target]),
        said(&target)
    );
    // Unpacked ones are the same files; a package has them, too.
    let plain = path("plain");
    fs::create_dir(&plain).unwrap();
    let mut archive = zip::ZipWriter::new(fs::File::create(&package).unwrap());
    for name in Moses::FILES {
        let packed = fs::read(shared.join(format!("{name}.gz"))).unwrap();
        let stored =
            zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::STORE);
        archive
            .start_file(format!("moses/dataset/data/{name}.gz"), stored)
            .unwrap();
        archive.write_all(&packed).unwrap();
        let input = sympe_data::input::Input::new(name, std::io::Cursor::new(packed)).unwrap();
        fs::write(Path::new(&plain).join(name), input.read_to_bytes().unwrap()).unwrap();
    }
    archive.finish().unwrap();
    let from_plain = path("from-plain");
    assert_eq!(
        run("moses", &["--from", &plain, "--dir", &from_plain]),
        said(&from_plain)
    );
    let from_package = path("from-package");
    assert_eq!(
        run("moses", &["--from", &package, "--dir", &from_package]),
        said(&from_package)
    );
    assert_eq!(files(Path::new(&from_package)), files(Path::new(&target)));
    // What is there and right is not asked for again.
    assert_eq!(
        run("moses", &["--url", &server.url, "--dir", &target]),
        said(&target)
    );
    assert_eq!(server.ranges().len(), 1);
}

#[test]
fn what_is_good_of_qm9_is_kept() {
    let Some(shared) = qm9() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let damaged = |name: &str, bytes: Vec<u8>| match name {
        "qm9.csv" => [&bytes[..1000], b"x", &bytes[1001..]].concat(),
        _ => bytes,
    };
    let server = {
        let shared = shared.clone();
        Server::new(Manner::Polite, move |path| {
            damaged(path, fs::read(shared.join(path)).unwrap())
        })
    };
    let error = data(&["--url", &server.url, "--dir", path]).unwrap_err();
    assert!(
        error.starts_with(&format!("{}/qm9.csv: not the published", server.url)),
        "{error}"
    );
    let there: Vec<String> = files(folder.path()).into_iter().map(|(name, _)| name).collect();
    assert_eq!(there, ["uncharacterized.txt"]);
    // The rest from elsewhere.
    assert!(data(&["--from", shared.to_str().unwrap(), "--dir", path]).is_ok());
}

#[test]
fn folders_without_the_files_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let from = folder.path().join("from");
    fs::create_dir(&from).unwrap();
    let target = folder.path().join("to");
    let (from, to) = (from.to_str().unwrap(), target.to_str().unwrap());
    assert_eq!(
        data(&["--from", from, "--dir", to]),
        Err("2 of 2 files failed".to_owned())
    );
    fs::write(Path::new(from).join("qm9.csv"), "smiles\nC\n").unwrap();
    fs::write(Path::new(from).join("uncharacterized.txt"), "").unwrap();
    assert_eq!(
        data(&["--from", from, "--dir", to]),
        Err("2 of 2 files failed".to_owned())
    );
    assert!(!target.exists());
    let server = Server::of(Manner::NotFound, &[]);
    assert_eq!(
        data(&["--url", &server.url, "--dir", to]),
        Err("2 of 2 files failed".to_owned())
    );
}

#[test]
fn an_sdf_copy_is_imported_if_it_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("from"), folder.path().join("to"));
    fs::create_dir(&from).unwrap();
    let methane = sympe_data::molecule::smiles::parse("C", 1).unwrap();
    let record = sympe_data::molecule::sdf::write(&methane, "gdb_1").unwrap();
    fs::write(from.join("gdb9.sdf"), format!("{record}{record}")).unwrap();
    fs::write(from.join("uncharacterized.txt"), "\n".repeat(9) + "2 C\n").unwrap();
    let arguments = ["--from", from.to_str().unwrap(), "--dir", to.to_str().unwrap()];
    let error = data(&arguments).unwrap_err();
    assert!(error.contains("split.txt"), "{error}");
    fs::write(from.join("split.txt"), "t\ntx\n").unwrap();
    assert_eq!(
        data(&arguments),
        Ok(format!("QM9: 1 molecules in {}\n", to.display()))
    );
    assert_eq!(files(&to).len(), 3);
    fs::write(from.join("gdb9.sdf"), format!("x\n{record}{record}")).unwrap();
    let before = files(&to);
    let error = data(&arguments).unwrap_err();
    assert!(error.contains("gdb9.sdf: line 4"), "{error}");
    // What was there is there, and nothing beside it.
    assert_eq!(files(&to), before);
    let beside: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(beside.len(), 2, "{beside:?}");

    // A set in itself is only read; one that would not be read is not put beside the one that would.
    fs::write(from.join("gdb9.sdf"), format!("{record}{record}")).unwrap();
    let same = from.to_str().unwrap();
    assert!(data(&["--from", same, "--dir", same]).is_ok());
    fs::write(to.join("qm9.csv"), "smiles\nC\n").unwrap();
    let before = files(&to);
    let error = data(&arguments).unwrap_err();
    assert!(error.contains("has qm9.csv already"), "{error}");
    assert_eq!(files(&to), before);
}

#[cfg(unix)]
#[test]
fn a_set_that_does_not_fit_on_the_disk_replaces_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("from"), folder.path().join("to"));
    fs::create_dir(&from).unwrap();
    let methane = sympe_data::molecule::smiles::parse("C", 1).unwrap();
    let record = sympe_data::molecule::sdf::write(&methane, "gdb_1").unwrap();
    let import = |records: usize, full: bool| {
        fs::write(from.join("gdb9.sdf"), record.repeat(records)).unwrap();
        fs::write(from.join("uncharacterized.txt"), "\n".repeat(9)).unwrap();
        fs::write(from.join("split.txt"), "t\n".repeat(records)).unwrap();
        let limit = if full { "ulimit -f 8;" } else { "" };
        let mut command = std::process::Command::new("sh");
        command.args(["-c", &format!("trap '' XFSZ; {limit} exec \"$0\" \"$@\"")]);
        command.args([env!("CARGO_BIN_EXE_sympe-inspect"), "data", "qm9", "--from"]);
        command.arg(&from).arg("--dir").arg(&to);
        command.output().unwrap()
    };
    assert!(import(1, false).status.success());
    let before = files(&to);
    let output = import(40, true);
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && message.contains("gdb9.sdf: File too large"),
        "{message}"
    );
    assert_eq!(files(&to), before);
    assert!(import(40, false).status.success());
    assert_ne!(files(&to), before);
}
