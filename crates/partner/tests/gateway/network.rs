//! A partner that cannot be reached: the call certainly had no effect.

use std::net::Ipv4Addr;
use std::time::Duration;

use offers_domain::ports::ActivationGateway;
use tokio::net::{TcpListener, TcpSocket};

use crate::support::{Partner, gateway, not_executed, request};

#[tokio::test]
async fn a_refused_connection_is_not_executed() {
    // Bound but not listening: nobody else can take the port, and nobody answers.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let gateway = gateway(&format!("http://{}", socket.local_addr().unwrap()), |_| {});
    for answer in
        [gateway.activate(&request()).await, gateway.query(&request()).await, gateway.void(&request()).await]
    {
        assert!(not_executed(&answer).0.contains("Connection refused"), "{answer:?}");
    }
}

#[tokio::test]
async fn an_unknown_host_is_not_executed() {
    let gateway = gateway("http://partner.invalid", |_| {});
    not_executed(&gateway.activate(&request()).await);
}

#[tokio::test]
async fn a_failed_tls_handshake_is_not_executed() {
    let partner = Partner::start().await;
    let gateway = gateway(&partner.url.replace("http:", "https:"), |_| {});
    not_executed(&gateway.activate(&request()).await);
    assert!(partner.methods().is_empty());
}

#[tokio::test]
async fn a_handshake_that_hangs_is_not_executed() {
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let gateway = gateway(&format!("https://{}", silent.local_addr().unwrap()), |settings| {
        settings.connect_timeout = Duration::from_millis(100);
    });
    not_executed(&gateway.activate(&request()).await);
}
