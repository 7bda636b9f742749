//! An activation partner that does what a test tells it to, over real HTTP.

use offers_simulator::{Behaviour, Simulator, SimulatorHandle};
use tokio::task::JoinSet;
use uuid::Uuid;

/// A running simulator. It ends with the test.
pub struct Partner {
    /// Where it listens.
    pub url: String,
    /// Scripts and inspects it.
    pub handle: SimulatorHandle,
    _serving: JoinSet<()>,
}

impl Partner {
    /// Starts one that activates at once.
    pub async fn start() -> Self {
        let simulator = Simulator::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let url = format!("http://{}", simulator.local_addr());
        let handle = simulator.handle();
        let mut serving = JoinSet::new();
        serving.spawn(simulator.run(std::future::pending()));
        Self { url, handle, _serving: serving }
    }

    /// Starts one whose next orders go like this.
    pub async fn scripted(next: impl IntoIterator<Item = Behaviour>) -> Self {
        let partner = Self::start().await;
        partner.handle.next(next);
        partner
    }

    /// How often it executed the order.
    pub fn executed(&self, transaction: &str) -> u32 {
        self.handle.executed(transaction.parse::<Uuid>().unwrap())
    }
}
