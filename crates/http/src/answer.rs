//! What handlers answer with, where it is more than a body as JSON: the type says what is promised.

use std::borrow::Cow;
use std::marker::PhantomData;

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::web::{Bytes, Json};
use actix_web::{HttpRequest, HttpResponse, Responder};
use offers_domain::idempotency::StoredResponse;
use offers_domain::user::Locale;
use schemars::{JsonSchema, json_schema};
use serde::Serialize;

use crate::etag::{self, ETag};
use crate::language;
use crate::openapi::{Answers, Sketch, plain};

impl<T: JsonSchema> Answers for Json<T> {
    fn draw(sketch: &mut Sketch<'_>) {
        sketch.answers::<T>(200);
    }
}

/// 202: something that is on its way, shown.
pub(crate) struct Queued<T>(pub(crate) T);

impl<T: Serialize> Responder for Queued<T> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Accepted().json(self.0)
    }
}

impl<T: JsonSchema> Answers for Queued<T> {
    fn draw(sketch: &mut Sketch<'_>) {
        sketch.answers::<T>(202);
    }
}

/// 201: something new, shown.
pub(crate) struct Created<T>(pub(crate) T);

impl<T: Serialize> Responder for Created<T> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Created().json(self.0)
    }
}

impl<T: JsonSchema> Answers for Created<T> {
    fn draw(sketch: &mut Sketch<'_>) {
        sketch.answers::<T>(201);
    }
}

/// Done or heard, and nothing to say about it.
pub(crate) struct Silent<const STATUS: u16>;

impl<const STATUS: u16> Responder for Silent<STATUS> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::new(status(STATUS))
    }
}

impl<const STATUS: u16> Answers for Silent<STATUS> {
    fn draw(sketch: &mut Sketch<'_>) {
        sketch.answers_with(STATUS, None);
    }
}

/// Something that several may change, shown with the tag of how it stands. A change has to name it.
pub(crate) struct Versioned<T, const STATUS: u16 = 200> {
    pub(crate) tag: ETag,
    pub(crate) body: T,
}

impl<T: Serialize, const STATUS: u16> Responder for Versioned<T, STATUS> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        self.tag.with(HttpResponse::build(status(STATUS)).json(self.body))
    }
}

impl<T: JsonSchema, const STATUS: u16> Answers for Versioned<T, STATUS> {
    fn draw(sketch: &mut Sketch<'_>) {
        sketch.answers::<T>(STATUS);
        etag::draw(sketch);
    }
}

/// An answer with a tag, or 304 for a client that has this state. It may be from before the store went away.
pub(crate) struct Conditional<T>(HttpResponse, PhantomData<fn() -> T>);

impl<T> Conditional<T> {
    /// The answer, which has its tag already.
    pub(crate) fn new(response: HttpResponse) -> Self {
        Self(response, PhantomData)
    }
}

impl<T> Responder for Conditional<T> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        self.0
    }
}

impl<T: JsonSchema> Answers for Conditional<T> {
    fn draw(sketch: &mut Sketch<'_>) {
        let tags = plain(json_schema!({ "type": "string", "examples": ["\"v3\""] }));
        sketch.header("If-None-Match", false, "Tags of the states that the client has.", tags);
        sketch.answers::<T>(200);
        let age = plain(json_schema!({ "type": "integer", "minimum": 0 }));
        sketch.sends("Age", "Seconds since the store last said so, where it does not answer now.", &age);
        sketch.answers_with(304, None);
        etag::draw(sketch);
    }
}

/// An answer that is written once, and given again for the same idempotency key.
pub(crate) struct Kept<T, const STATUS: u16>(HttpResponse, PhantomData<fn() -> T>);

const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

impl<T, const STATUS: u16> Kept<T, STATUS> {
    /// The answer, now or again.
    pub(crate) fn new(stored: StoredResponse, replayed: bool) -> Self {
        let mut response = HttpResponse::build(StatusCode::from_u16(stored.status).unwrap_or(status(STATUS)));
        if replayed {
            response.insert_header((REPLAYED, "true"));
        }
        Self(response.content_type("application/json").body(stored.body), PhantomData)
    }

    /// The answer with one header more.
    pub(crate) fn with(mut self, name: HeaderName, value: Option<HeaderValue>) -> Self {
        if let Some(value) = value {
            self.0.headers_mut().insert(name, value);
        }
        self
    }
}

impl<T, const STATUS: u16> Responder for Kept<T, STATUS> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        self.0
    }
}

impl<T: JsonSchema, const STATUS: u16> Answers for Kept<T, STATUS> {
    fn draw(sketch: &mut Sketch<'_>) {
        sketch.answers::<T>(STATUS);
        let shape = plain(json_schema!({ "type": "string", "enum": ["true"] }));
        sketch.sends(
            "Idempotent-Replayed",
            "This is the answer to an earlier request with the same key.",
            &shape,
        );
    }
}

/// 200: a text of the program in this language, which caches may keep for an hour.
pub(crate) struct Lasting<T> {
    pub(crate) locale: Locale,
    pub(crate) body: T,
}

impl<T: Serialize> Responder for Lasting<T> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let mut response = HttpResponse::Ok().insert_header((header::CACHE_CONTROL, AN_HOUR)).json(self.body);
        language::mark(response.headers_mut(), self.locale);
        response
    }
}

impl<T: JsonSchema> Answers for Lasting<T> {
    fn draw(sketch: &mut Sketch<'_>) {
        sketch.answers::<T>(200);
    }
}

/// 200, with what has a name in several languages in this one.
pub(crate) struct Spoken<T> {
    pub(crate) locale: Locale,
    pub(crate) body: T,
}

impl<T: Serialize> Responder for Spoken<T> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let mut response = HttpResponse::Ok().json(self.body);
        language::mark(response.headers_mut(), self.locale);
        response
    }
}

impl<T: JsonSchema> Answers for Spoken<T> {
    fn draw(sketch: &mut Sketch<'_>) {
        sketch.answers::<T>(200);
    }
}

/// 200 with a stream of events, or 204 where there is nothing more to tell.
pub(crate) struct Events(pub(crate) HttpResponse);

impl Responder for Events {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        self.0
    }
}

impl Answers for Events {
    fn draw(sketch: &mut Sketch<'_>) {
        sketch.answers_with(200, Some(("text/event-stream", plain(json_schema!({ "type": "string" })))));
        sketch.answers_with(204, None);
    }
}

/// A file that is a part of the program.
pub(crate) struct Asset(HttpResponse);

/// What a page may do that people look at: run our scripts and styles, and call us. Its styles are set by its scripts, too.
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

impl Asset {
    /// The file.
    pub(crate) fn new(media_type: impl AsRef<str>, bytes: impl Into<Cow<'static, [u8]>>) -> Self {
        let mut response = HttpResponse::Ok();
        response.content_type(media_type.as_ref());
        Self(match bytes.into() {
            Cow::Borrowed(bytes) => response.body(Bytes::from_static(bytes)),
            Cow::Owned(bytes) => response.body(bytes),
        })
    }

    /// A page for people.
    pub(crate) fn for_people(mut self) -> Self {
        self.0.headers_mut().insert(header::CONTENT_SECURITY_POLICY, PAGE_POLICY);
        self
    }

    /// Changes with the program alone, so that caches may keep it for an hour.
    pub(crate) fn lasting(mut self) -> Self {
        self.0.headers_mut().insert(header::CACHE_CONTROL, AN_HOUR);
        self
    }
}

const AN_HOUR: HeaderValue = HeaderValue::from_static("public, max-age=3600");

impl Responder for Asset {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        self.0
    }
}

impl Answers for Asset {
    fn draw(sketch: &mut Sketch<'_>) {
        sketch.answers_with(200, Some(("*/*", plain(json_schema!({ "type": ["object", "string"] })))));
    }
}

/// A text that is no JSON.
pub(crate) struct Plain {
    pub(crate) media_type: &'static str,
    pub(crate) text: String,
}

impl Responder for Plain {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Ok().insert_header((header::CONTENT_TYPE, self.media_type)).body(self.text)
    }
}

impl Answers for Plain {
    fn draw(sketch: &mut Sketch<'_>) {
        sketch.answers_with(200, Some(("text/plain", plain(json_schema!({ "type": "string" })))));
    }
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::OK)
}
