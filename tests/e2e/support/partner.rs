//! An activation partner that does what a test tells it to, over real HTTP.

use offers_simulator::{Behaviour, Simulator, SimulatorHandle};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use uuid::Uuid;

/// A running simulator. It ends with the test.
pub struct Partner {
    /// Where it listens.
    pub url: String,
    /// Scripts and inspects it.
    pub handle: SimulatorHandle,
    _stop: oneshot::Sender<()>,
    _task: JoinHandle<()>,
}

impl Partner {
    /// Starts one that activates at once.
    pub async fn start() -> Self {
        let simulator = Simulator::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let url = format!("http://{}", simulator.local_addr());
        let handle = simulator.handle();
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(simulator.run(async move {
            let _ = stopped.await;
        }));
        Self { url, handle, _stop: stop, _task: task }
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
