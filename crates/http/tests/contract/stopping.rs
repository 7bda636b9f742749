//! A server that stops takes leave of its clients.

use tokio::net::TcpStream;

use crate::support::{Server, Wire};

const PROBE: &[u8] = b"GET /livez HTTP/1.1\r\nhost: t\r\n\r\n";

#[tokio::test]
async fn while_it_drains_every_request_is_answered_and_is_the_last_on_its_connection() {
    let server = Server::start();
    let mut known = Wire::connect(server.address).await;
    known.write(PROBE).await;
    assert_eq!(known.read_answer().await.expect(200).header("connection"), None);

    server.readiness.drain();

    let fresh = Wire::connect(server.address).await;
    for mut wire in [known, fresh] {
        wire.write(PROBE).await;
        assert_eq!(wire.read_answer().await.expect(200).header("connection"), Some("close"));
        assert_eq!(wire.read_to_close().await, b"");
    }
}

#[tokio::test]
async fn a_connection_on_which_nothing_happens_is_closed_in_an_orderly_way() {
    let server = Server::start();
    let mut wire = Wire::connect(server.address).await;
    wire.write(PROBE).await;
    wire.read_answer().await.expect(200);
    tokio::join!(server.stop(), async { assert_eq!(wire.read_to_close().await, b"") });
}

#[tokio::test]
async fn a_request_under_way_is_answered_before_the_end() {
    let server = Server::start();
    let mut wire = Wire::connect(server.address).await;
    wire.write(b"POST /api/v1/auth/login/ HTTP/1.1\r\nhost: t\r\ncontent-type: application/json\r\n").await;
    wire.write(b"content-length: 43\r\n\r\n{\"username\":\"nobody\",").await;
    // Its head has been taken: the server answers another one, which came later.
    server.stranger().get("/livez").await.expect(200);
    tokio::join!(server.stop(), async {
        while TcpStream::connect(server.address).await.is_ok() {
            tokio::task::yield_now().await;
        }
        wire.write(b"\"password\":\"password\"}").await;
        wire.read_answer().await.expect(401);
        assert_eq!(wire.read_to_close().await, b"");
    });
}
