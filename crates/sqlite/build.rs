//! Embeds the migrations again when one is added.

fn main() {
    #[expect(clippy::print_stdout, reason = "this is how a build script speaks to Cargo")]
    {
        println!("cargo::rerun-if-changed=../../migrations/sqlite");
    }
}
