//! The diagrams of the data model have what the schema has.

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::sql_types::Text;
use offers_testkit::pages::diagrams;

use crate::Database;

const PAGE: &str = "docs/data-model.md";

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

fn ask(question: &str) -> BTreeSet<String> {
    let rows: Vec<Line> = diesel::sql_query(question).load(&mut Database::shop().raw()).unwrap();
    rows.into_iter().map(|row| row.line).collect()
}

/// Every column that is drawn, as `table.column type`, and every reference, as `table.column to table`.
fn drawn() -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut columns, mut references) = (BTreeSet::new(), BTreeSet::new());
    for diagram in diagrams(PAGE, "erDiagram") {
        let mut table = String::new();
        for line in diagram {
            match *line.split(' ').collect::<Vec<_>>() {
                [name, "{"] => table = name.to_owned(),
                [to, "||--o{", from, ":", column] => {
                    references.insert(format!("{from}.{column} to {to}"));
                }
                [kind, column] | [kind, column, "PK"] => {
                    columns.insert(format!("{table}.{column} {kind}"));
                }
                _ => {}
            }
        }
    }
    (columns, references)
}

/// Fails with what has to be added to the page and taken from it.
fn assert_same(drawn: &BTreeSet<String>, there: &BTreeSet<String>) {
    let missing: Vec<_> = there.difference(drawn).collect();
    let invented: Vec<_> = drawn.difference(there).collect();
    assert!(missing.is_empty() && invented.is_empty(), "{PAGE} lacks {missing:?} and invents {invented:?}");
}

#[test]
fn every_table_and_column_is_drawn() {
    let there = ask("SELECT t.name || '.' || c.name || ' ' || lower(c.type) AS line
         FROM sqlite_schema t, pragma_table_info(t.name) c
         WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name NOT LIKE '\\_\\_%' ESCAPE '\\'");
    assert!(there.len() > 100, "{there:?}");
    assert_same(&drawn().0, &there);
}

#[test]
fn every_reference_is_drawn() {
    let there = ask("SELECT t.name || '.' || f.\"from\" || ' to ' || f.\"table\" AS line
         FROM sqlite_schema t, pragma_foreign_key_list(t.name) f WHERE t.type = 'table'");
    assert!(there.len() > 10, "{there:?}");
    assert_same(&drawn().1, &there);
}
