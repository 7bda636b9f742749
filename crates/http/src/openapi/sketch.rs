//! What a handler's signature says about its operation: each extractor draws what it asks for, and the answer what it
//! promises. So the contract cannot promise what the code does not do.

use schemars::JsonSchema;
use serde_json::Value;
use utoipa::openapi::header::Header;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{RefOr, Required, Schema};

use super::shapes::{Shapes, written};
use crate::error_code::ErrorCode;
use crate::problem::Problem;

/// An operation while it is drawn.
pub(crate) struct Sketch<'a> {
    pub(super) shapes: &'a mut Shapes,
    pub(super) parameters: Vec<Parameter>,
    pub(super) body: Option<RefOr<Schema>>,
    pub(super) answers: Vec<Drawn>,
    pub(super) refusals: Vec<ErrorCode>,
    pub(super) signed_in_if_known: bool,
}

/// An answer that is no error.
pub(super) struct Drawn {
    pub(super) status: u16,
    pub(super) body: Option<(&'static str, RefOr<Schema>)>,
    pub(super) headers: Vec<(&'static str, Header)>,
}

/// Something that a handler asks of a request.
pub(crate) trait Asks {
    /// Draws it.
    fn draw(sketch: &mut Sketch<'_>);
}

/// Something that a handler answers with.
pub(crate) trait Answers {
    /// Draws it.
    fn draw(sketch: &mut Sketch<'_>);
}

impl<T: Answers> Answers for Result<T, Problem> {
    fn draw(sketch: &mut Sketch<'_>) {
        T::draw(sketch);
    }
}

impl<'a> Sketch<'a> {
    pub(super) fn new(shapes: &'a mut Shapes) -> Self {
        Self {
            shapes,
            parameters: Vec::new(),
            body: None,
            answers: Vec::new(),
            refusals: Vec::new(),
            signed_in_if_known: false,
        }
    }

    /// A JSON body.
    pub(crate) fn body<T: JsonSchema>(&mut self) {
        self.body = Some(self.shapes.asked::<T>());
    }

    /// The parameters of a query, one for each field.
    pub(crate) fn query<T: JsonSchema>(&mut self) {
        for (name, mut shape, required) in self.shapes.fields::<T>() {
            let about = shape.as_object_mut().and_then(|shape| shape.remove("description"));
            let about = about.as_ref().and_then(Value::as_str).map(str::to_owned);
            self.parameter(ParameterIn::Query, &name, required, about.as_deref(), written(shape));
        }
    }

    /// A part of the path.
    pub(crate) fn part(&mut self, name: &str, shape: RefOr<Schema>) {
        self.parameter(ParameterIn::Path, name, true, None, shape);
    }

    /// A header of the request.
    pub(crate) fn header(&mut self, name: &str, required: bool, about: &str, shape: RefOr<Schema>) {
        self.parameter(ParameterIn::Header, name, required, Some(about), shape);
    }

    fn parameter(
        &mut self,
        place: ParameterIn,
        name: &str,
        required: bool,
        about: Option<&str>,
        shape: RefOr<Schema>,
    ) {
        let required = if required { Required::True } else { Required::False };
        let parameter = ParameterBuilder::new().name(name).parameter_in(place).required(required);
        self.parameters.push(parameter.description(about).schema(Some(shape)).build());
    }

    /// Errors that may be the answer.
    pub(crate) fn refuses(&mut self, codes: &[ErrorCode]) {
        self.refusals.extend_from_slice(codes);
    }

    /// Who calls is known where a good token says it; nobody has to.
    pub(crate) fn signed_in_if_known(&mut self) {
        self.signed_in_if_known = true;
    }

    /// An answer with a JSON body.
    pub(crate) fn answers<T: JsonSchema>(&mut self, status: u16) {
        let shape = self.shapes.answered::<T>();
        self.answers_with(status, Some(("application/json", shape)));
    }

    /// An answer with this body, or with none.
    pub(crate) fn answers_with(&mut self, status: u16, body: Option<(&'static str, RefOr<Schema>)>) {
        self.answers.push(Drawn { status, body, headers: Vec::new() });
    }

    /// A header of every answer drawn so far.
    pub(crate) fn sends(&mut self, name: &'static str, about: &str, shape: &RefOr<Schema>) {
        for answer in &mut self.answers {
            let mut header = Header::new(shape.clone());
            header.description = Some(about.to_owned());
            answer.headers.push((name, header));
        }
    }
}

/// A handler, whose signature is drawn.
pub(crate) trait Signature<Arguments> {
    /// Draws everything that it takes and gives.
    fn draw(sketch: &mut Sketch<'_>);
}

/// Draws the signature of this handler.
pub(crate) fn draw<Arguments, H: Signature<Arguments>>(_: H, sketch: &mut Sketch<'_>) {
    H::draw(sketch);
}

macro_rules! signatures {
    ($(($($part:ident)*)),+) => { $(
        impl<Handler, Answered, $($part),*> Signature<($($part,)*)> for Handler
        where
            Handler: Fn($($part),*) -> Answered,
            Answered: Future,
            Answered::Output: Answers,
            $($part: Asks),*
        {
            fn draw(sketch: &mut Sketch<'_>) {
                $($part::draw(sketch);)*
                Answered::Output::draw(sketch);
            }
        }
    )+ };
}

signatures!((), (A), (A B), (A B C), (A B C D), (A B C D E), (A B C D E F));
