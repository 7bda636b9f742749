//! The files in `docs/collections` are those that the program writes now.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use offers_testkit::pages::root;

fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let named = entries.map(|path| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, std::fs::read_to_string(path).unwrap())
    });
    named.filter(|(name, _)| name != "README.md").collect()
}

#[test]
fn the_collections_are_what_the_program_writes() {
    let folder = tempfile::tempdir().unwrap();
    let mut offers = Command::new(env!("CARGO_BIN_EXE_offers"));
    let output = offers.args(["tour", "--export"]).arg(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (written, kept) = (files(folder.path()), files(&root().join("docs/collections")));
    for name in written.keys().chain(kept.keys()) {
        let same = written.get(name) == kept.get(name);
        assert!(same, "docs/collections/{name} is not what the program writes: run `make collections`");
    }
}
