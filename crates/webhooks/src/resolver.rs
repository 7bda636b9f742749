//! Names: looked up for each connection, and called at an address that was vetted in that very look-up. So a name that
//! stands for another address a moment later (DNS rebinding) leads nowhere.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use thiserror::Error;

use crate::address::Reach;

/// Finds the addresses of a name.
#[async_trait]
pub trait Lookup: Send + Sync {
    /// The addresses that the name stands for now.
    async fn lookup(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// Asks the system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemLookup;

#[async_trait]
impl Lookup for SystemLookup {
    async fn lookup(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect())
    }
}

/// The name stands for nothing that may be called.
#[derive(Debug, Clone, Copy, Error)]
#[error("the address is not public")]
pub(crate) struct NotPublic;

/// What of a name's addresses may be called.
pub(crate) struct Vetting {
    pub(crate) lookup: Arc<dyn Lookup>,
    pub(crate) reach: Reach,
    /// Whether this machine alone may be called: without encryption nothing else is.
    pub(crate) only_loopback: bool,
}

impl Vetting {
    pub(crate) fn admits(&self, address: IpAddr) -> bool {
        self.reach.admits(address) && (!self.only_loopback || address.to_canonical().is_loopback())
    }
}

/// The resolver of a client.
#[derive(Clone)]
pub(crate) struct VettedResolver(pub(crate) Arc<Vetting>);

impl Resolve for VettedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let vetting = self.0.clone();
        Box::pin(async move {
            let found = vetting.lookup.lookup(name.as_str()).await?;
            let vetted = found.into_iter().filter(|address| vetting.admits(*address));
            let vetted: Vec<_> = vetted.map(|address| SocketAddr::new(address, 0)).collect();
            if vetted.is_empty() {
                return Err(NotPublic.into());
            }
            let addresses: Addrs = Box::new(vetted.into_iter());
            Ok(addresses)
        })
    }
}
