//! Who calls, by the access token in the `Authorization` header (RFC 6750).

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::future::LocalBoxFuture;
use offers_application::identity::{AuthenticateError, Caller};

use crate::error_code::ErrorCode;
use crate::openapi::{Asks, Sketch};
use crate::problem::Problem;
use crate::state;

/// Longer tokens are not even looked at.
const MAX_TOKEN: usize = 4096;

/// What the header says.
pub(super) enum Presented<'a> {
    Nothing,
    Token(&'a str),
    Nonsense,
}

pub(super) fn presented(headers: &HeaderMap) -> Presented<'_> {
    let mut values = headers.get_all(header::AUTHORIZATION);
    match (values.next(), values.next()) {
        (None, _) => Presented::Nothing,
        (Some(value), None) => bearer(value).map_or(Presented::Nonsense, Presented::Token),
        (Some(_), Some(_)) => Presented::Nonsense,
    }
}

fn bearer(value: &HeaderValue) -> Option<&str> {
    let (scheme, token) = std::str::from_utf8(value.as_bytes()).ok()?.split_once(' ')?;
    let token = token.trim_matches(' ');
    (scheme.eq_ignore_ascii_case("bearer") && token.len() <= MAX_TOKEN).then_some(token)
}

impl Problem {
    /// A token was given, but it is not good.
    pub(crate) fn invalid_token() -> Self {
        Self::new(ErrorCode::NotAuthenticated)
            .header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer error=\"invalid_token\""))
    }
}

/// Finds out who calls.
pub(crate) async fn identify(request: &HttpRequest) -> Result<Caller, Problem> {
    match presented(request.headers()) {
        Presented::Nothing => Err(Problem::new(ErrorCode::NotAuthenticated)),
        Presented::Nonsense => Err(Problem::invalid_token()),
        Presented::Token(token) => Ok(state::of(request)?.services.authenticate.run(token).await?),
    }
}

/// The caller of a route for signed-in users. The route's access policy has let them in already.
pub(crate) struct SignedIn(pub(crate) Caller);

impl FromRequest for SignedIn {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let caller = request.extensions().get::<Caller>().copied();
        ready(caller.map(Self).ok_or_else(|| Problem::new(ErrorCode::NotAuthenticated)))
    }
}

impl Asks for SignedIn {
    fn draw(_: &mut Sketch<'_>) {}
}

/// The caller of a public route, where a good token says who it is.
pub(crate) struct CallerIfKnown(pub(crate) Option<Caller>);

impl FromRequest for CallerIfKnown {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let Presented::Token(token) = presented(request.headers()) else { return Ok(Self(None)) };
            match state::of(&request)?.services.authenticate.run(token).await {
                Ok(caller) => Ok(Self(Some(caller))),
                Err(AuthenticateError::InvalidToken) => Ok(Self(None)),
                Err(error) => Err(error.into()),
            }
        })
    }
}

impl Asks for CallerIfKnown {
    fn draw(sketch: &mut Sketch<'_>) {
        sketch.signed_in_if_known();
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    /// The token, or what there is instead.
    fn token(values: &[&[u8]]) -> String {
        let request = values.iter().fold(TestRequest::default(), |request, value| {
            request.append_header((header::AUTHORIZATION, HeaderValue::from_bytes(value).unwrap()))
        });
        match presented(request.to_http_request().headers()) {
            Presented::Nothing => "nothing".into(),
            Presented::Nonsense => "nonsense".into(),
            Presented::Token(token) => format!("token {token}"),
        }
    }

    #[test]
    fn the_token_follows_the_word_bearer_in_any_case() {
        assert_eq!(token(&[b"Bearer abc"]), "token abc");
        assert_eq!(token(&[b"bEARER abc"]), "token abc");
        assert_eq!(token(&[]), "nothing");
    }

    #[test]
    fn anything_else_is_a_token_that_is_not_good() {
        let long = [b"Bearer ".as_slice(), &[b'a'; 4097]].concat();
        let twice: &[&[u8]] = &[b"Bearer a", b"Bearer b"];
        for values in
            [&[b"Basic abc".as_slice()][..], &[b"Bearer"], &[b""], twice, &[&long], &[b"Bearer \xff"]]
        {
            assert_eq!(token(values), "nonsense", "{values:?}");
        }
    }
}
