use diesel::sql_types::{Array, BigInt, Text};
use offers_testkit::servers::Database;

use super::*;
use crate::connection::Purpose;
use crate::pool::Connections;
use crate::settings::PgSettings;

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

const ADD: &str = "SELECT sum(n)::bigint + length($2) AS count FROM unnest($1) AS n";

#[tokio::test]
async fn a_statement_is_parsed_once_whatever_its_values() {
    let database = Database::empty().await;
    let connections = Connections::new(&PgSettings::new(database.url()), Purpose::Read, 1).unwrap();
    for length in 1..=10 {
        let numbers: Vec<i64> = (1..=length).collect();
        let add = statement(ADD).bind::<Array<BigInt>, _>(numbers).bind::<Text, _>("x".repeat(3));
        let sum: Count = connections.row(add).await.unwrap().unwrap();
        assert_eq!(sum.count, length * (length + 1) / 2 + 3);
    }
    let used = "SELECT coalesce(sum(generic_plans + custom_plans), 0)::bigint AS count
                FROM pg_prepared_statements WHERE statement = $1";
    let kept = "SELECT count(*) AS count FROM pg_prepared_statements WHERE statement = $1";
    for (question, expected) in [(kept, 1), (used, 10)] {
        let answer: Count = connections.row(statement(question).bind::<Text, _>(ADD)).await.unwrap().unwrap();
        assert_eq!(answer.count, expected, "{question}");
    }
}
