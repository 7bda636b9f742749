//! A place in a trace (W3C Trace Context, level 1): what joins the lines that several systems write about one order.

use std::fmt;
use std::num::{NonZeroU64, NonZeroU128};
use std::str::FromStr;

use uuid::Uuid;

use crate::ids::TransactionId;
use crate::text::UnknownSpelling;

/// The trace, and the step in it. Spelled as the header `traceparent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceContext {
    trace: NonZeroU128,
    span: NonZeroU64,
    sampled: bool,
}

impl TraceContext {
    /// The length of the one spelling.
    pub const LENGTH: usize = 55;

    /// The first step of a new trace, made from random bits.
    pub fn begin(trace: Uuid, step: Uuid) -> Self {
        let trace = NonZeroU128::new(trace.as_u128()).unwrap_or(NonZeroU128::MIN);
        Self { trace, span: span(step), sampled: true }
    }

    /// The trace of an order that no request asked for: it has the order's id.
    pub fn of_order(order: TransactionId) -> Self {
        Self::begin(order.0, order.0)
    }

    /// The next step, made from random bits.
    #[must_use]
    pub fn next(self, step: Uuid) -> Self {
        Self { span: span(step), ..self }
    }

    /// The trace's id.
    pub fn trace_id(self) -> TraceId {
        TraceId(self.trace)
    }

    /// The step's id.
    pub fn span_id(self) -> SpanId {
        SpanId(self.span)
    }
}

/// The random part of a UUID of version 4 is enough for a step.
fn span(step: Uuid) -> NonZeroU64 {
    let (_, low) = step.as_u64_pair();
    NonZeroU64::new(low).unwrap_or(NonZeroU64::MIN)
}

/// The id of a trace, as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId(NonZeroU128);

/// Every request has one: its digits are not made by a format.
impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Uuid::from_u128(self.0.get()).as_simple().encode_lower(&mut [0; 32]))
    }
}

/// The id of a step, as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpanId(NonZeroU64);

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = [0; 32];
        let digits = Uuid::from_u64_pair(0, self.0.get()).as_simple().encode_lower(&mut digits);
        f.write_str(digits.get(16..).unwrap_or_default())
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("00-")?;
        self.trace_id().fmt(f)?;
        f.write_str("-")?;
        self.span_id().fmt(f)?;
        f.write_str(if self.sampled { "-01" } else { "-00" })
    }
}

/// Versions after 00 may add to the end; what stands before is read as of 00, as the recommendation asks.
impl FromStr for TraceContext {
    type Err = UnknownSpelling;

    fn from_str(text: &str) -> Result<Self, UnknownSpelling> {
        read(text).ok_or(UnknownSpelling)
    }
}

fn read(text: &str) -> Option<TraceContext> {
    let (known, more) = text.split_at_checked(TraceContext::LENGTH)?;
    let mut parts = known.split('-');
    let [version, trace, span, flags] = [parts.next()?, parts.next()?, parts.next()?, parts.next()?];
    let lengths = [version, trace, span, flags].map(str::len);
    if lengths != [2, 32, 16, 2] || parts.next().is_some() || version == "ff" {
        return None;
    }
    if !(more.is_empty() || version != "00" && more.starts_with('-')) {
        return None;
    }
    u8::try_from(hexadecimal(version)?).ok()?;
    Some(TraceContext {
        trace: NonZeroU128::new(hexadecimal(trace)?)?,
        span: NonZeroU64::new(u64::try_from(hexadecimal(span)?).ok()?)?,
        sampled: hexadecimal(flags)? & 1 == 1,
    })
}

/// Lower case alone.
fn hexadecimal(text: &str) -> Option<u128> {
    let good = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    u128::from_str_radix(text, 16).ok().filter(|_| good)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_header_reads_back() {
        let context: TraceContext = GOOD.parse().unwrap();
        assert_eq!(context.to_string(), GOOD);
        assert_eq!(context.to_string().len(), TraceContext::LENGTH);
        assert_eq!(context.trace_id().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(context.span_id().to_string(), "00f067aa0ba902b7");
        let unsampled = GOOD.replace("-01", "-00");
        assert_eq!(unsampled.parse::<TraceContext>().unwrap().to_string(), unsampled);
    }

    #[test]
    fn what_a_later_version_adds_is_left_out() {
        for later in [GOOD.replacen("00", "cc", 1), GOOD.replacen("00", "cc", 1) + "-what-comes"] {
            assert_eq!(later.parse::<TraceContext>().map(|context| context.to_string()), Ok(GOOD.into()));
        }
    }

    #[test]
    fn anything_else_is_no_trace() {
        for bad in [
            "",
            "00",
            &GOOD[..54],
            &format!("{GOOD}-more"),
            &format!("{GOOD}0"),
            &GOOD.to_uppercase(),
            &GOOD.replacen("00", "ff", 1),
            &GOOD.replacen("00-", "0g-", 1),
            &GOOD.replace('-', "_"),
            &GOOD.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32)),
            &GOOD.replace("00f067aa0ba902b7", &"0".repeat(16)),
            &GOOD.replace("4bf92f", "+bf92f"),
            &GOOD.replace("b7-01", "é-01"),
        ] {
            assert!(bad.parse::<TraceContext>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_step_stays_in_its_trace() {
        let first: TraceContext = GOOD.parse().unwrap();
        let next = first.next(Uuid::from_u128(7));
        assert_eq!(next.trace_id(), first.trace_id());
        assert_eq!(next.span_id().to_string(), "0000000000000007");
        assert!(TraceContext::begin(Uuid::nil(), Uuid::nil()).to_string().parse::<TraceContext>().is_ok());
    }
}
