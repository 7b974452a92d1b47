//! TLS at the program's own door, where no proxy on the same machine adds it: TLS 1.2 and 1.3 with forward secrecy and authenticated encryption
//! alone, which is all that `rustls` has. A certificate that was renewed is taken up without a restart.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use tokio_rustls::TlsAcceptor;

use crate::config::is_exposed;

/// The files of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The certificate and those between it and its authority, as PEM, its own first.
    pub certificate: PathBuf,
    /// Its private key, as PEM, for its owner alone.
    pub key: PathBuf,
}

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{}: {why}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why. What stands in it is never quoted.
        why: String,
    },
    /// Others may read the private key.
    #[error("{}: it holds a private key: allow only its owner to read it (chmod 600).", .0.display())]
    Exposed(PathBuf),
    /// The certificate is not for this key, or neither can be used.
    #[error("{}: {why}", certificate.display())]
    Unfit {
        /// The file of the certificate.
        certificate: PathBuf,
        /// Why.
        why: rustls::Error,
    },
}

impl CertificateFiles {
    fn read(&self) -> Result<CertifiedKey, TlsError> {
        if is_exposed(&self.key) {
            return Err(TlsError::Exposed(self.key.clone()));
        }
        let unread = |path: &Path, why: String| TlsError::File { path: path.to_owned(), why };
        let certificates = CertificateDer::pem_file_iter(&self.certificate).and_then(Iterator::collect);
        let certificates: Vec<_> = certificates.map_err(|error| unread(&self.certificate, error.to_string()))?;
        let key = PrivateKeyDer::from_pem_file(&self.key).map_err(|error| unread(&self.key, error.to_string()))?;
        CertifiedKey::from_der(certificates, key, &ring::default_provider())
            .map_err(|why| TlsError::Unfit { certificate: self.certificate.clone(), why })
    }

    /// When either file was written last.
    fn written_at(&self) -> io::Result<[SystemTime; 2]> {
        Ok([fs::metadata(&self.certificate)?.modified()?, fs::metadata(&self.key)?.modified()?])
    }
}

/// The certificate that is shown, as its files had it last.
#[derive(Debug)]
pub struct Shown {
    files: CertificateFiles,
    current: RwLock<([SystemTime; 2], Arc<CertifiedKey>)>,
}

impl Shown {
    /// Reads the files.
    ///
    /// # Errors
    /// When they cannot be used; the message says what to do.
    pub fn new(files: CertificateFiles) -> Result<Arc<Self>, TlsError> {
        let unread = |error: io::Error| TlsError::File { path: files.certificate.clone(), why: error.to_string() };
        let (at, key) = (files.written_at().map_err(unread)?, files.read()?);
        Ok(Arc::new(Self { files, current: RwLock::new((at, Arc::new(key))) }))
    }

    /// Takes up files that were renewed. While they are of no use, the certificate before is shown, and the log says so.
    pub fn renew(&self) {
        let now = match self.files.written_at() {
            Ok(now) => now,
            Err(error) => return tracing::error!(cause = %error, "the files of the certificate cannot be looked at"),
        };
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if current.0 == now {
            return;
        }
        match self.files.read() {
            Ok(key) => {
                *current = (now, Arc::new(key));
                tracing::info!("the certificate was renewed");
            }
            Err(error) => {
                tracing::error!(cause = %error, "the renewed certificate cannot be used; the one before is shown");
            }
        }
    }

    /// What takes connections.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn acceptor(self: &Arc<Self>) -> Result<TlsAcceptor, rustls::Error> {
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&TLS13, &TLS12])?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(self) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner).1))
    }
}
