//! The route table: what answers where, and to whom. A route that is not listed does not exist, and one that does not
//! say that it is public is for signed-in users. Rows of one path stand together.

use std::time::Duration;

use actix_web::body::BoxBody;
use actix_web::dev::ServiceRequest;
use actix_web::http::header::{self, HeaderValue};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, Resource, Route, guard};
use offers_domain::partner_channel::api_key::KeyScope;
use offers_domain::user::Role;
use utoipa::openapi::path::HttpMethod;

use crate::error_code::ErrorCode;
use crate::extract::ARRIVES_WITHIN;
use crate::limits::Limit;
use crate::middleware::{access, deadline, limit, panics};
use crate::openapi::{Handler, to};
use crate::problem::Problem;

/// Whom a route is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody.
    Public,
    /// Activation partners; the handler checks their signature.
    Signed,
    /// Users with a valid access token.
    SignedIn,
    /// Those of them who work in the back office.
    Staff,
    /// Those of them who also manage staff.
    Superuser,
    /// Partners with an API key that opens this.
    Partner(KeyScope),
}

impl Access {
    /// Whether a signed-in user with this role may come in.
    pub fn admits(self, role: Role) -> bool {
        match self {
            Self::Public | Self::Signed | Self::SignedIn => true,
            Self::Staff => role.is_staff(),
            Self::Superuser => role == Role::Superuser,
            Self::Partner(_) => false,
        }
    }
}

/// What is asked of a route. `Get` also answers HEAD.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Get,
    Post,
    Patch,
    Delete,
}

/// One row of the table.
pub(crate) struct Endpoint {
    verb: Verb,
    pub(crate) path: &'static str,
    pub(crate) access: Access,
    pub(crate) limit: Limit,
    time: Duration,
    pub(crate) handler: Handler,
}

/// How long a handler may work.
const HANDLER: Duration = Duration::from_secs(5);
/// How long a client may wait for a change, and the handler's work.
const LONG_POLL: Duration = Duration::from_secs(35);

/// The path that most requests are for.
const FOLLOWED: &str = "/api/v1/activation/status/{id}/";

#[rustfmt::skip]
pub(crate) static API: &[Endpoint] = &[
    post("/api/v1/auth/login/", to!(auth::login)).public().counted(Limit::Login),
    post("/api/v1/auth/refresh/", to!(auth::refresh)).public(),
    post("/api/v1/auth/logout/", to!(auth::logout)).public(),
    post("/api/v1/auth/register/", to!(auth::register)).public().counted(Limit::Register),
    post("/api/v1/auth/password/", to!(auth::change_password)),
    get("/api/v1/auth/profile/", to!(auth::profile)),
    patch("/api/v1/auth/profile/", to!(auth::change_profile)),
    get("/api/v1/auth/sessions/", to!(sessions::list)),
    delete("/api/v1/auth/sessions/", to!(sessions::end_others)),
    delete("/api/v1/auth/sessions/{id}/", to!(sessions::end)),
    get("/api/v1/offers/", to!(offers::list)),
    get("/api/v1/offers/expiring/", to!(subscriptions::expiring)),
    post("/api/v1/offers/renew/", to!(activation::renew)).counted(Limit::Order),
    get("/api/v1/offers/{id}/", to!(offers::get)),
    get("/api/v1/account/", to!(account::overview)),
    get("/api/v1/account/balance/", to!(account::balance)),
    get("/api/v1/account/subscriptions/", to!(account::subscriptions)),
    patch("/api/v1/account/subscriptions/{id}/", to!(subscriptions::change)),
    get("/api/v1/account/transactions/", to!(account::transactions)),
    get("/api/v1/account/transactions/{id}/", to!(account::transaction)),
    post("/api/v1/activation/", to!(activation::activate)).counted(Limit::Order),
    get("/api/v1/activation/status/{id}/", to!(activation::status)).waiting(),
    get("/api/v1/activation/status/{id}/events/", to!(activation_events::events)),
    post("/api/v1/partner/activate/", to!(partner::activate)).partner(KeyScope::Activate),
    get("/api/v1/partner/validate/{reference}/", to!(partner::validate)).partner(KeyScope::Read),
    get("/api/v1/partner/transactions/", to!(partner::transactions)).partner(KeyScope::Read),
    get("/api/v1/partner/transactions/{reference}/", to!(partner::transaction)).partner(KeyScope::Read),
    get("/api/v1/partner/account/", to!(partner::account)).partner(KeyScope::Read),
    get("/api/v1/partner/webhooks/", to!(webhooks::list)).partner(KeyScope::Webhooks),
    post("/api/v1/partner/webhooks/", to!(webhooks::create)).partner(KeyScope::Webhooks),
    get("/api/v1/partner/webhooks/{id}/", to!(webhooks::get)).partner(KeyScope::Webhooks),
    patch("/api/v1/partner/webhooks/{id}/", to!(webhooks::change)).partner(KeyScope::Webhooks),
    delete("/api/v1/partner/webhooks/{id}/", to!(webhooks::delete)).partner(KeyScope::Webhooks),
    post("/api/v1/partner/webhooks/{id}/rotate/", to!(webhooks::rotate)).partner(KeyScope::Webhooks),
    post("/api/v1/partner/webhooks/{id}/test/", to!(webhooks::test)).partner(KeyScope::Webhooks),
    post("/api/v1/partner/webhooks/{id}/replay/", to!(webhooks::replay)).partner(KeyScope::Webhooks),
    get("/api/v1/partner/webhooks/{id}/deliveries/", to!(webhooks::deliveries)).partner(KeyScope::Webhooks),
    get("/api/v1/partner/webhooks/{id}/deliveries/{event}/", to!(webhooks::delivery)).partner(KeyScope::Webhooks),
    post("/api/v1/partner/callbacks/activation/", to!(callbacks::activation)).signed(),
    post("/api/v1/partner/callbacks/activation/{id}/", to!(callbacks::named_activation)).signed(),
    get("/api/v1/admin/users/", to!(admin::users::list)).staff(),
    post("/api/v1/admin/users/", to!(admin::users::create)).staff(),
    get("/api/v1/admin/users/{id}/", to!(admin::users::get)).staff(),
    patch("/api/v1/admin/users/{id}/", to!(admin::users::change)).staff(),
    get("/api/v1/admin/users/{id}/account/", to!(admin::users::account)).staff(),
    post("/api/v1/admin/users/{id}/credits/", to!(admin::wallets::credit)).staff(),
    post("/api/v1/admin/users/{id}/debits/", to!(admin::wallets::debit)).superuser(),
    get("/api/v1/admin/offers/", to!(admin::offers::list)).staff(),
    post("/api/v1/admin/offers/", to!(admin::offers::create)).staff(),
    get("/api/v1/admin/offers/{id}/", to!(admin::offers::get)).staff(),
    patch("/api/v1/admin/offers/{id}/", to!(admin::offers::change)).staff(),
    post("/api/v1/admin/offers/{id}/retire/", to!(admin::offers::retire)).staff(),
    post("/api/v1/admin/offers/{id}/restore/", to!(admin::offers::restore)).staff(),
    get("/api/v1/admin/transactions/", to!(admin::transactions::list)).staff(),
    get("/api/v1/admin/transactions/{id}/", to!(admin::transactions::get)).staff(),
    post("/api/v1/admin/transactions/{id}/retry/", to!(admin::transactions::retry)).staff(),
    post("/api/v1/admin/transactions/{id}/resolve/", to!(admin::transactions::resolve)).staff(),
    get("/api/v1/admin/partners/", to!(admin::partners::list)).staff(),
    post("/api/v1/admin/partners/", to!(admin::partners::create)).staff(),
    get("/api/v1/admin/partners/{id}/", to!(admin::partners::get)).staff(),
    patch("/api/v1/admin/partners/{id}/", to!(admin::partners::change)).staff(),
    post("/api/v1/admin/partners/{id}/credits/", to!(admin::partners::credit)).superuser(),
    post("/api/v1/admin/partners/{id}/keys/", to!(admin::partners::issue_key)).superuser(),
    post("/api/v1/admin/partners/{id}/keys/{key}/revoke/", to!(admin::partners::revoke_key)).staff(),
    get("/api/v1/admin/activation-partners/", to!(admin::activation::partners)).staff(),
    post("/api/v1/admin/activation-partners/{id}/pause/", to!(admin::activation::pause)).staff(),
    post("/api/v1/admin/activation-partners/{id}/resume/", to!(admin::activation::resume)).staff(),
    get("/api/v1/admin/incidents/", to!(admin::activation::incidents)).staff(),
    get("/api/v1/admin/incidents/{id}/", to!(admin::activation::incident)).staff(),
    post("/api/v1/admin/incidents/{id}/close/", to!(admin::activation::close)).staff(),
    get("/api/v1/admin/webhooks/", to!(admin::webhooks::list)).staff(),
    post("/api/v1/admin/webhooks/", to!(admin::webhooks::create)).staff(),
    get("/api/v1/admin/webhooks/{id}/", to!(admin::webhooks::get)).staff(),
    patch("/api/v1/admin/webhooks/{id}/", to!(admin::webhooks::change)).staff(),
    post("/api/v1/admin/webhooks/{id}/delete/", to!(admin::webhooks::delete)).staff(),
    post("/api/v1/admin/webhooks/{id}/rotate/", to!(admin::webhooks::rotate)).staff(),
    post("/api/v1/admin/webhooks/{id}/test/", to!(admin::webhooks::test)).staff(),
    post("/api/v1/admin/webhooks/{id}/replay/", to!(admin::webhooks::replay)).staff(),
    get("/api/v1/admin/webhooks/{id}/deliveries/", to!(admin::webhooks::deliveries)).staff(),
    get("/api/v1/admin/webhooks/{id}/deliveries/{event}/", to!(admin::webhooks::delivery)).staff(),
    get("/api/v1/admin/audit/", to!(admin::audit::list)).staff(),
    get("/api/v1/admin/notices/", to!(admin::overview::notices)).staff(),
    get("/api/v1/admin/stats/", to!(admin::overview::stats)).staff(),
    get("/api/v1/admin/ledger/", to!(admin::overview::ledger)).staff(),
    get("/openapi.json", to!(documentation::contract)).public(),
    get("/swagger/", to!(documentation::page)).public(),
    get("/swagger/{file}/", to!(documentation::file)).public(),
    get("/problems/{code}/", to!(problems::explain)).public(),
    get("/livez/", to!(health::livez)).public().counted(Limit::None),
    get("/readyz/", to!(health::readyz)).public().counted(Limit::None),
];

#[rustfmt::skip]
pub(crate) static MONITORING: &[Endpoint] = &[
    get("/metrics/", to!(health::metrics)).public().counted(Limit::None),
    get("/livez/", to!(health::livez)).public().counted(Limit::None),
    get("/readyz/", to!(health::readyz)).public().counted(Limit::None),
];

const fn get(path: &'static str, handler: Handler) -> Endpoint {
    Endpoint { verb: Verb::Get, path, access: Access::SignedIn, limit: Limit::Read, time: HANDLER, handler }
}

const fn post(path: &'static str, handler: Handler) -> Endpoint {
    let time = ARRIVES_WITHIN.saturating_add(HANDLER);
    Endpoint { verb: Verb::Post, path, access: Access::SignedIn, limit: Limit::Write, time, handler }
}

const fn delete(path: &'static str, handler: Handler) -> Endpoint {
    Endpoint {
        verb: Verb::Delete,
        path,
        access: Access::SignedIn,
        limit: Limit::Write,
        time: HANDLER,
        handler,
    }
}

const fn patch(path: &'static str, handler: Handler) -> Endpoint {
    Endpoint { verb: Verb::Patch, ..post(path, handler) }
}

impl Endpoint {
    const fn public(self) -> Self {
        Self { access: Access::Public, limit: Limit::Public, ..self }
    }

    const fn staff(self) -> Self {
        Self { access: Access::Staff, ..self }
    }

    const fn superuser(self) -> Self {
        Self { access: Access::Superuser, ..self }
    }

    const fn signed(self) -> Self {
        Self { access: Access::Signed, limit: Limit::Callback, ..self }
    }

    const fn counted(self, limit: Limit) -> Self {
        Self { limit, ..self }
    }

    const fn partner(self, scope: KeyScope) -> Self {
        Self { access: Access::Partner(scope), limit: Limit::Partner, ..self }
    }

    const fn waiting(self) -> Self {
        Self { time: LONG_POLL, ..self }
    }

    fn route(&self) -> Route {
        let route = match self.verb {
            Verb::Get => web::route().guard(guard::Any(guard::Get()).or(guard::Head())),
            Verb::Post => web::post(),
            Verb::Patch => web::patch(),
            Verb::Delete => web::delete(),
        };
        let (limit, time) = (self.limit, self.time);
        let route = (self.handler.serve)(route);
        let route = if limit == Limit::None {
            route
        } else {
            route.wrap(from_fn(move |request: ServiceRequest, next: Next<BoxBody>| {
                limit::counted(limit, request, next)
            }))
        };
        let route = match self.access {
            Access::Public | Access::Signed => route,
            Access::Partner(scope) => {
                route.wrap(from_fn(move |request: ServiceRequest, next: Next<BoxBody>| {
                    access::require_partner(scope, request, next)
                }))
            }
            access => route.wrap(from_fn(move |request: ServiceRequest, next: Next<BoxBody>| {
                access::require(access, request, next)
            })),
        };
        route
            .wrap(from_fn(move |request: ServiceRequest, next: Next<BoxBody>| {
                deadline::within(time, request, next)
            }))
            .wrap(from_fn(panics::caught))
    }

    /// The method, as the contract has it.
    pub(crate) fn method(&self) -> HttpMethod {
        match self.verb {
            Verb::Get => HttpMethod::Get,
            Verb::Post => HttpMethod::Post,
            Verb::Patch => HttpMethod::Patch,
            Verb::Delete => HttpMethod::Delete,
        }
    }

    fn methods(&self) -> &'static [&'static str] {
        match self.verb {
            Verb::Get => &["GET", "HEAD"],
            Verb::Post => &["POST"],
            Verb::Patch => &["PATCH"],
            Verb::Delete => &["DELETE"],
        }
    }
}

/// The route that a request matched, for logs and metrics.
#[derive(Clone, Copy)]
pub(crate) struct Matched(pub(crate) &'static str);

/// Serves a table, each path with and without its last slash.
pub(crate) fn serve(table: &'static [Endpoint], config: &mut ServiceConfig) {
    let mut paths: Vec<_> = table.iter().map(|endpoint| endpoint.path).collect();
    paths.dedup();
    // The framework tries one path after another, and a part that varies costs a regular expression: what clients ask for
    // all the time stands first, and then what is only compared.
    paths.sort_by_key(|path| (*path != FOLLOWED, path.contains('{')));
    for path in paths {
        // One resource for each spelling: the framework compares a path, but matches a list of paths by expressions.
        let mut spellings = vec![path, path.trim_end_matches('/')];
        spellings.dedup();
        for spelling in spellings {
            config.service(resource(path, spelling, table));
        }
    }
    config.default_service(web::to(|| async { Problem::new(ErrorCode::NotFound).response() }));
}

fn resource(path: &'static str, spelling: &'static str, table: &'static [Endpoint]) -> Resource {
    let endpoints = || table.iter().filter(move |endpoint| endpoint.path == path);
    let methods: Vec<_> = endpoints().flat_map(Endpoint::methods).copied().collect();
    let allow = methods.join(", ");
    let resource = web::resource(spelling).app_data(Matched(path));
    endpoints()
        .fold(resource, |resource, endpoint| resource.route(endpoint.route()))
        .default_service(web::to(move || std::future::ready(method_not_allowed(&allow))))
}

fn method_not_allowed(allow: &str) -> HttpResponse {
    let problem = Problem::new(ErrorCode::MethodNotAllowed);
    match HeaderValue::from_str(allow) {
        Ok(allow) => problem.header(header::ALLOW, allow).response(),
        Err(_) => problem.response(),
    }
}

/// A row of the API's table, for whoever checks or documents it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RouteInfo {
    /// The methods that it answers.
    pub methods: &'static [&'static str],
    /// The path, with `{…}` for its parts that vary; it also answers without its last slash.
    pub path: &'static str,
    /// Whom it is for.
    pub access: Access,
    /// What its requests are counted as.
    pub limit: Limit,
}

/// Every route of the API.
pub fn route_table() -> impl Iterator<Item = RouteInfo> {
    API.iter().map(|endpoint| RouteInfo {
        methods: endpoint.methods(),
        path: endpoint.path,
        access: endpoint.access,
        limit: endpoint.limit,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_for_a_role_and_those_above_it() {
        use Role::{Customer, Staff, Superuser};
        for (access, admitted) in [
            (Access::Public, [true, true, true]),
            (Access::SignedIn, [true, true, true]),
            (Access::Staff, [false, true, true]),
            (Access::Superuser, [false, false, true]),
        ] {
            assert_eq!([Customer, Staff, Superuser].map(|role| access.admits(role)), admitted, "{access:?}");
        }
    }
}
