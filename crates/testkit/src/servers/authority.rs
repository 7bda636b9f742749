//! Certificates for servers that speak TLS.

use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;

/// A certificate authority that exists for one test.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: TempDir,
}

/// What a server shows to its clients, and the key that proves it.
#[derive(Debug, Clone)]
pub struct Identity {
    pub(super) certificate: String,
    pub(super) key: String,
}

impl Authority {
    /// One that nobody knows of yet.
    #[expect(clippy::new_without_default, reason = "it makes a key and a file")]
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let issuer = CertifiedIssuer::self_signed(params, key).expect("a certificate");
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("authority.pem"), issuer.pem()).expect("a file");
        Self { issuer, folder }
    }

    /// Its own certificate: a client that is to believe it gets this file as `SSL_CERT_FILE`.
    pub fn file(&self) -> PathBuf {
        Path::join(self.folder.path(), "authority.pem")
    }

    /// Vouches for a server that is called by this host name or address.
    pub fn vouch_for(&self, host: &str) -> Identity {
        let params = CertificateParams::new([host.to_owned()]).expect("a host");
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        Identity { certificate: certificate.pem(), key: key.serialize_pem() }
    }
}
