//! Reading one row: each value is checked, and one that the domain cannot have written names its table, column and row.

use std::fmt::Display;
use std::str::FromStr;

use offers_domain::money::{Amount, Currency, Money};
use offers_domain::ports::StoreError;
use time::OffsetDateTime;
use uuid::Uuid;

/// Microseconds since 1970, how every instant is kept. Any instant of the years that `time` knows fits.
pub(crate) fn micros(instant: OffsetDateTime) -> i64 {
    i64::try_from(instant.unix_timestamp_nanos().div_euclid(1000)).unwrap_or(i64::MAX)
}

/// The instant that is `micros` microseconds after 1970; none beyond the year 9999.
pub(crate) fn instant_from_micros(micros: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros).saturating_mul(1000)).ok()
}

/// One row that is being read.
pub(crate) struct Reading<'a> {
    /// Its table.
    pub(crate) table: &'static str,
    /// Its key.
    pub(crate) row: &'a dyn Display,
}

impl Reading<'_> {
    pub(crate) fn corrupt(&self, column: &'static str) -> StoreError {
        StoreError::Corrupt { table: self.table, column, row: self.row.to_string() }
    }

    pub(crate) fn instant(&self, column: &'static str, micros: i64) -> Result<OffsetDateTime, StoreError> {
        instant_from_micros(micros).ok_or_else(|| self.corrupt(column))
    }

    pub(crate) fn optional_instant(
        &self,
        column: &'static str,
        micros: Option<i64>,
    ) -> Result<Option<OffsetDateTime>, StoreError> {
        micros.map(|micros| self.instant(column, micros)).transpose()
    }

    /// A value with one known spelling: an enum, a currency.
    pub(crate) fn spelled<T: FromStr>(&self, column: &'static str, text: &str) -> Result<T, StoreError> {
        text.parse().map_err(|_| self.corrupt(column))
    }

    pub(crate) fn number<T: TryFrom<i64>>(&self, column: &'static str, value: i64) -> Result<T, StoreError> {
        T::try_from(value).map_err(|_| self.corrupt(column))
    }

    pub(crate) fn uuid(&self, column: &'static str, bytes: &[u8]) -> Result<Uuid, StoreError> {
        Uuid::from_slice(bytes).map_err(|_| self.corrupt(column))
    }

    pub(crate) fn digest(&self, column: &'static str, bytes: &[u8]) -> Result<[u8; 32], StoreError> {
        bytes.try_into().map_err(|_| self.corrupt(column))
    }

    /// A price or a movement, whose currency is in the column `currency`.
    pub(crate) fn amount(
        &self,
        column: &'static str,
        minor: i64,
        currency: &str,
    ) -> Result<Amount, StoreError> {
        let currency = self.spelled("currency", currency)?;
        Amount::from_minor(minor, currency).map_err(|_| self.corrupt(column))
    }

    /// A balance or a limit, in the row's currency.
    pub(crate) fn money(
        &self,
        column: &'static str,
        minor: Option<i64>,
        currency: Option<&str>,
    ) -> Result<Money, StoreError> {
        let currency = currency.ok_or_else(|| self.corrupt("currency"))?;
        let currency = self.spelled::<Currency>("currency", currency)?;
        let minor = minor.ok_or_else(|| self.corrupt(column))?;
        Ok(Money::from_minor(minor, currency))
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn instants_are_kept_to_the_microsecond() {
        for instant in [
            datetime!(2026-03-03 12:00:00.123456 UTC),
            datetime!(1969-12-31 23:59:59.999999 UTC),
            datetime!(-9999-01-01 0:00 UTC),
            datetime!(9999-12-31 23:59:59.999999 UTC),
        ] {
            assert_eq!(instant_from_micros(micros(instant)), Some(instant));
        }
        assert_eq!(micros(datetime!(1970-01-01 0:00:00.000001999 UTC)), 1);
        assert_eq!(instant_from_micros(i64::MAX), None);
    }
}
