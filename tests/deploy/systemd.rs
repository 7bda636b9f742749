//! The units of `deploy/systemd`.

use std::path::Path;

use offers_testkit::servers::tool;

use crate::{files, read};

fn units() -> Vec<String> {
    let files = files("deploy/systemd").into_iter();
    files.filter(|file| Path::new(file).extension().is_some_and(|extension| extension == "service")).collect()
}

#[test]
fn systemd_understands_the_units_and_the_programs_they_start_are_built() {
    let built = Path::new(env!("CARGO_BIN_EXE_offers")).parent().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let copies: Vec<_> = units()
        .iter()
        .map(|unit| {
            let here = format!("{}/", built.display());
            let copy = folder.path().join(unit.rsplit('/').next().unwrap());
            std::fs::write(&copy, read(unit).replace("/usr/local/bin/", &here)).unwrap();
            copy
        })
        .collect();
    let output =
        tool("systemd-analyze", "systemd").args(["verify", "--man=no"]).args(copies).output().unwrap();
    let said = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap()).concat();
    assert!(output.status.success() && said.is_empty(), "{said}");
}

#[test]
fn the_units_hold_no_secret_and_let_the_programs_do_little() {
    for unit in units() {
        let text = read(&unit);
        for name in ["DATABASE_URL=", "REDIS_URL=", "SECRET_KEY="] {
            assert!(!text.contains(name), "{unit}: {name} comes from a file");
        }
        for said in
            ["LoadCredential=", "NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet=\n"]
        {
            assert!(text.contains(said), "{unit}: {said}");
        }
    }
}
