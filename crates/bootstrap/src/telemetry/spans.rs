//! Spans as OpenTelemetry knows them: those that have ended are sent to a collector, OTLP over HTTP, in batches. What the
//! collector cannot take in time is dropped: nobody waits for it.

use std::time::{Duration, SystemTime};

use offers_domain::ports::Clock;
use offers_local::SystemClock;
use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanExporter as _, SpanLinks};
use tokio::sync::mpsc;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use crate::StartError;

/// Spans that may wait.
const QUEUE: usize = 8192;
/// Spans that are sent together.
const BATCH: usize = 512;
/// How long spans are gathered.
const PAUSE: Duration = Duration::from_millis(500);
/// How long the collector may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// The service's name in the collector.
const SERVICE: &str = "offers";

/// Takes spans when they end.
pub(super) struct Spans(mpsc::Sender<SpanData>);

/// Sends them.
pub(crate) struct Export(Option<(mpsc::Receiver<SpanData>, SpanExporter)>);

/// A layer and what must run beside it; neither does anything where no collector is named.
pub(super) fn to(collector: Option<&str>) -> Result<(Option<Spans>, Export), StartError> {
    let Some(url) = collector else { return Ok((None, Export(None))) };
    let wrong = |error: &dyn std::fmt::Display| {
        StartError::Setting(format!("log.otlp_url (OFFERS_LOG_OTLP_URL): {error}"))
    };
    // The exporter's client takes the process's provider and panics without one. An error means that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let exporter = SpanExporter::builder().with_http().with_endpoint(url).with_timeout(PATIENCE).build();
    let mut exporter = exporter.map_err(|error| wrong(&error))?;
    exporter.set_resource(&Resource::builder().with_service_name(SERVICE).build());
    let (ended, waiting) = mpsc::channel(QUEUE);
    Ok((Some(Spans(ended)), Export(Some((waiting, exporter)))))
}

impl Export {
    /// Sends what has ended, for as long as the process lives.
    pub(crate) async fn run(self) {
        let Some((mut waiting, exporter)) = self.0 else { return };
        let mut batch = Vec::with_capacity(BATCH);
        while waiting.recv_many(&mut batch, BATCH).await > 0 {
            if let Err(error) = exporter.export(std::mem::take(&mut batch)).await {
                tracing::warn!(%error, "spans were not taken by their collector");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// A span under way.
struct Begun {
    at: SystemTime,
    fields: Fields,
}

/// What its fields say: its place in a trace, and the rest.
#[derive(Default)]
struct Fields {
    trace: Option<String>,
    span: Option<String>,
    parent: Option<String>,
    attributes: Vec<KeyValue>,
}

impl Visit for Fields {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.attributes.push(KeyValue::new(field.name(), value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.attributes.push(KeyValue::new(field.name(), i64::try_from(value).unwrap_or(i64::MAX)));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let place = match field.name() {
            "trace.id" => &mut self.trace,
            "span.id" => &mut self.span,
            "parent.id" => &mut self.parent,
            name => return self.attributes.push(KeyValue::new(name, value.to_owned())),
        };
        *place = Some(value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

impl<S> Layer<S> for Spans
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(Begun { at: now(), fields });
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(begun) = span.extensions_mut().get_mut::<Begun>()
        {
            values.record(&mut begun.fields);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let begun = span.extensions_mut().remove::<Begun>();
        if let Some(data) = begun.and_then(|begun| ended(span.metadata(), begun)) {
            // A queue that is full loses spans.
            let _ = self.0.try_send(data);
        }
    }
}

/// The span, where it has a place in a trace.
fn ended(metadata: &'static Metadata<'static>, Begun { at, fields }: Begun) -> Option<SpanData> {
    let trace = TraceId::from_hex(&fields.trace?).ok()?;
    let span = SpanId::from_hex(&fields.span?).ok()?;
    let parent = fields.parent.and_then(|parent| SpanId::from_hex(&parent).ok());
    let kind = if metadata.name() == "http.request" { SpanKind::Server } else { SpanKind::Consumer };
    Some(SpanData {
        span_context: SpanContext::new(trace, span, TraceFlags::SAMPLED, false, TraceState::default()),
        parent_span_id: parent.unwrap_or(SpanId::INVALID),
        parent_span_is_remote: parent.is_some(),
        span_kind: kind,
        name: metadata.name().into(),
        start_time: at,
        end_time: now(),
        attributes: fields.attributes,
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: Status::Unset,
        instrumentation_scope: InstrumentationScope::builder(SERVICE).build(),
    })
}

fn now() -> SystemTime {
    SystemClock.now().into()
}
