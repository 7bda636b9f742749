//! What keeps a suite whole: a case that is written but not listed would never run.

/// The names of the cases in a suite's source text (its `pub async fn`s) that are not among those listed.
pub fn unlisted(source: &str, listed: &[&str]) -> Vec<String> {
    let cases = source.lines().filter_map(|line| line.strip_prefix("pub async fn "));
    let names = cases.filter_map(|case| case.split(['<', '(']).next());
    names.filter(|name| !listed.contains(name)).map(str::to_owned).collect()
}

/// Emits one test for each case of a suite, run against one harness, and one test that every case is listed. The suite
/// is a module of [`contract`](crate::contract) with its own text as `SOURCE`.
#[macro_export]
macro_rules! contract_tests {
    ($suite:ident, $harness:ty: $($case:ident),+ $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                $crate::contract::$suite::$case::<$harness>().await;
            }
        )+

        #[test]
        fn every_case_of_the_suite_is_run() {
            let listed = [$(stringify!($case)),+];
            let unlisted = $crate::contract::guard::unlisted($crate::contract::$suite::SOURCE, &listed);
            assert!(unlisted.is_empty(), "not in the suite's list: {unlisted:?}");
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_that_is_not_listed_is_found() {
        let source = "pub async fn first<H: Harness>() {}\nasync fn aid() {}\n    pub async fn method() {}\n\
                      pub async fn second<H>() {}\npub async fn third() {}\npub fn list() {}\n";
        assert_eq!(unlisted(source, &["first", "third"]), ["second"]);
        assert!(unlisted(source, &["first", "second", "third"]).is_empty());
    }
}
