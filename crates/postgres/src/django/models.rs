//! Finding the tables of the original's models.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use diesel::sql_types::Text;

/// Every column of every table that a name without a schema reaches.
pub(super) const COLUMNS: &str = "
    SELECT c.relname::text AS table_name, a.attname::text AS column_name
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relkind IN ('r', 'p', 'v') AND pg_table_is_visible(c.oid) AND a.attnum > 0 AND NOT a.attisdropped
      AND (c.relname = 'auth_user' OR c.relname ~ '_(offer|account|useroffer|transaction|partnertransaction)$')";

#[derive(QueryableByName)]
pub(super) struct ColumnRow {
    #[diesel(sql_type = Text)]
    pub(super) table_name: String,
    #[diesel(sql_type = Text)]
    pub(super) column_name: String,
}

/// A model: its place in the queries, its name, how its table's name ends, and the columns that are read.
struct Model {
    place: &'static str,
    name: &'static str,
    ending: &'static str,
    columns: &'static [&'static str],
    /// What stands for a table that older versions do not have.
    absent: Option<&'static str>,
}

const MODELS: [Model; 6] = [
    Model {
        place: "{users}",
        name: "User",
        ending: "auth_user",
        columns: &[
            "id",
            "username",
            "email",
            "password",
            "is_staff",
            "is_superuser",
            "is_active",
            "date_joined",
        ],
        absent: None,
    },
    Model {
        place: "{offers}",
        name: "Offer",
        ending: "_offer",
        columns: &["id", "name", "description", "price", "duration_days", "is_active"],
        absent: None,
    },
    Model {
        place: "{accounts}",
        name: "Account",
        ending: "_account",
        columns: &["id", "user_id", "balance"],
        absent: None,
    },
    Model {
        place: "{user_offers}",
        name: "UserOffer",
        ending: "_useroffer",
        columns: &[
            "id",
            "user_id",
            "offer_id",
            "activation_date",
            "expiration_date",
            "is_active",
            "transaction_id",
        ],
        absent: None,
    },
    Model {
        place: "{transactions}",
        name: "Transaction",
        ending: "_transaction",
        columns: &[
            "id",
            "transaction_id",
            "user_id",
            "offer_id",
            "amount",
            "status",
            "created_at",
            "updated_at",
            "completed_at",
        ],
        absent: None,
    },
    Model {
        place: "{partner_transactions}",
        name: "PartnerTransaction",
        ending: "_partnertransaction",
        columns: &[
            "id",
            "transaction_id",
            "reference",
            "user_id",
            "offer_id",
            "amount",
            "status",
            "created_at",
            "updated_at",
        ],
        absent: Some(
            "(SELECT NULL::bigint AS id, NULL::text AS transaction_id, NULL::text AS reference, NULL::bigint AS user_id,
              NULL::bigint AS offer_id, NULL::numeric AS amount, NULL::text AS status, NULL::timestamptz AS created_at,
              NULL::timestamptz AS updated_at WHERE FALSE)",
        ),
    },
];

/// The table of each model, by its place in the queries.
pub(super) struct Models(Vec<(&'static str, String)>);

impl Models {
    /// Finds them, or says what is missing.
    pub(super) fn among(columns: &[ColumnRow]) -> Result<Self, String> {
        let mut tables: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for row in columns {
            tables.entry(&row.table_name).or_default().insert(&row.column_name);
        }
        MODELS
            .iter()
            .map(|model| Ok((model.place, model.table(&tables)?)))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The query with the tables in their places.
    pub(super) fn fill(&self, query: &str) -> String {
        self.0.iter().fold(query.to_owned(), |text, (place, table)| text.replace(place, table))
    }
}

impl Model {
    fn table(&self, tables: &BTreeMap<&str, BTreeSet<&str>>) -> Result<String, String> {
        let lacks = |columns: &BTreeSet<&str>| {
            let missing = self.columns.iter().filter(|column| !columns.contains(*column));
            missing.copied().collect::<Vec<_>>()
        };
        let named: Vec<_> = tables.iter().filter(|(table, _)| table.ends_with(self.ending)).collect();
        let whole: Vec<_> = named.iter().filter(|(_, columns)| lacks(columns).is_empty()).collect();
        match (whole.as_slice(), named.as_slice(), self.absent) {
            ([(table, _)], ..) => Ok(format!("\"{}\"", table.replace('"', "\"\""))),
            ([], [], Some(absent)) => Ok(absent.to_owned()),
            ([], [], None) => Err(format!("it has no table for the model {} (…{})", self.name, self.ending)),
            ([], [(table, columns), ..], _) => {
                Err(format!("the table {table} has no column {}", lacks(columns).join(", ")))
            }
            ([(one, _), (other, _), ..], ..) => {
                Err(format!("both {one} and {other} could be the table of the model {}", self.name))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(change: impl Fn(&str, &str) -> bool) -> Vec<ColumnRow> {
        let names =
            ["auth_user", "shop_offer", "account_account", "shop_useroffer", "activation_transaction"];
        let tables = MODELS.iter().zip(names.into_iter().chain(["partner_partnertransaction"]));
        let columns =
            tables.flat_map(|(model, table)| model.columns.iter().map(move |column| (table, *column)));
        let row = |(table, column): (&str, &str)| ColumnRow {
            table_name: table.into(),
            column_name: column.into(),
        };
        columns.filter(|(table, column)| change(table, column)).map(row).collect()
    }

    #[test]
    fn tables_are_found_whatever_their_applications_are_called() {
        let models = Models::among(&schema(|_, _| true)).unwrap_or_else(|error| panic!("{error}"));
        let text = models.fill("{users} {offers} {user_offers} {transactions} {partner_transactions}");
        assert_eq!(
            text,
            r#""auth_user" "shop_offer" "shop_useroffer" "activation_transaction" "partner_partnertransaction""#
        );
    }

    #[test]
    fn what_is_missing_is_said() {
        let said = |columns: &[ColumnRow]| Models::among(columns).err().unwrap_or_default();
        let no_table = said(&schema(|table, _| table != "account_account"));
        assert_eq!(no_table, "it has no table for the model Account (…_account)");
        let no_column = said(&schema(|_, column| column != "completed_at"));
        assert_eq!(no_column, "the table activation_transaction has no column completed_at");
        assert_eq!(said(&schema(|table, _| table != "partner_partnertransaction")), "", "older versions");
    }

    #[test]
    fn two_tables_that_fit_are_not_chosen_between() {
        let mut columns = schema(|_, _| true);
        let more = MODELS[2]
            .columns
            .iter()
            .map(|column| ColumnRow { table_name: "bank_account".into(), column_name: (*column).into() });
        columns.extend(more);
        let said = Models::among(&columns).err().unwrap_or_default();
        assert_eq!(said, "both account_account and bank_account could be the table of the model Account");
    }
}
