//! E22: an activation partner that decides later says how.

use offers_simulator::{Behaviour, CallbackTarget, Delivery, Ending, Fault, QueryBehaviour};
use serde_json::json;

use crate::support::{Options, Partner, Server};

const SECRET: &str = "whsec_b2ZmZXJzLWFwaS1leGFtcGxlLXNlY3JldCE=";
const PATH: &str = "/api/v1/partner/callbacks/activation/";

#[tokio::test(flavor = "multi_thread")]
async fn e22_a_signed_callback_ends_the_order_and_a_forged_one_is_refused() {
    let behaviour = Behaviour::Callback { ms: 100, then: Ending::Activate, delivery: Delivery::Once };
    let partner = Partner::scripted([behaviour]).await;
    partner.handle.next_queries((0..1000).map(|_| QueryBehaviour::Fail(Fault::Drop)));
    let settings = vec![("OFFERS_PARTNER_CALLBACK_SECRETS", SECRET.to_owned())];
    let server = Server::start(Options { partner: Some(partner.url.clone()), settings });
    let forged = server.client().post(PATH, json!({"status": "SUCCESS"})).await.expect(401).json();
    assert_eq!(forged["code"], "invalid_signature");

    partner.handle.call_back(CallbackTarget { url: format!("{}{PATH}", server.url), secret: SECRET.into() });
    let customer = server.client().log_in("user1").await;
    let transaction = customer.activate(customer.offer(2).await.0).await;
    assert_eq!(customer.follow(&transaction).await["status"], "SUCCESS");
    assert_eq!(partner.executed(&transaction), 1);
}
