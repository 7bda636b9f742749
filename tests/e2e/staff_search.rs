//! Staff who look for one order among many: in the API and on the command line.

use serde_json::Value;

use crate::partners::Shop;
use crate::staff::{fails, run, staff};
use crate::support::Client;

async fn found(staff: &Client, query: &str) -> Vec<String> {
    let path = format!("/api/v1/admin/transactions/?limit=100&{query}");
    let orders = staff.get(&path).await.expect(200).json();
    orders["data"].as_array().unwrap().iter().map(id).collect()
}

fn id(order: &Value) -> String {
    order["transaction_id"].as_str().unwrap().to_owned()
}

fn listed(shop: &Shop, arguments: &[&str]) -> Vec<String> {
    let list = ["transactions", "list", "--json", "--limit", "100"];
    let printed = run(&shop.server, &[&list[..], arguments].concat());
    printed.lines().map(|line| id(&serde_json::from_str(line).unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_found_by_whatever_people_have_of_it() {
    let shop = Shop::with([]).await;
    let staff = staff(&shop.server).await;
    let kiosk = shop.partner("Kiosk", &["--funding", "subscriber"]);
    let sold = kiosk.post("/api/v1/partner/activate/", shop.sale("sale-1")).await.expect(202).json();
    shop.end(&kiosk, &sold).await;
    let own = shop.customer.activate(shop.customer.offer(1).await.0).await;
    shop.customer.follow(&own).await;

    let (sale, reference) = (id(&sold), sold["reference"].as_str().unwrap());
    let papers = staff.get(&format!("/api/v1/admin/transactions/{own}/")).await.expect(200).json();
    let (answered, placed) = (papers["reference"].as_str().unwrap(), papers["created_at"].as_str().unwrap());
    let partners = staff.get("/api/v1/admin/partners/").await.expect(200).json();
    let (partner, user) = (partners["data"][0]["id"].to_string(), shop.user.to_string());
    for (name, value, option, text, expected) in [
        ("user_id", &*user, "--user", "user1", vec![&own, &sale]),
        ("partner_id", &*partner, "--partner", "Kiosk", vec![&sale]),
        ("reference", reference, "--reference", reference, vec![&sale]),
        ("reference", answered, "--reference", answered, vec![&own]),
        ("reference", "REF-000000000000", "--reference", "REF-000000000000", vec![]),
        ("status", "SUCCESS", "--status", "SUCCESS", vec![&own, &sale]),
        ("status", "FAILED", "--status", "FAILED", vec![]),
        ("from", placed, "--from", placed, vec![&own]),
        ("to", placed, "--to", placed, vec![&sale]),
    ] {
        assert_eq!(
            found(&staff, &format!("{name}={value}")).await.iter().collect::<Vec<_>>(),
            expected,
            "{name}"
        );
        assert_eq!(listed(&shop, &[option, text]).iter().collect::<Vec<_>>(), expected, "{option} {text}");
    }
    assert_eq!(found(&staff, &format!("id={own}")).await, std::slice::from_ref(&own));
    assert_eq!(found(&staff, &format!("id={own}&partner_id={partner}")).await, [""; 0]);
    let nobody = fails(&shop.server, &["transactions", "list", "--partner", "Nobody"]);
    assert!(nobody.contains("there is no partner named Nobody"), "{nobody}");
}
