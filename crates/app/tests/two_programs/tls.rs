//! What a council puts before the program: a door that speaks TLS and passes on what it opens.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// A door before a program.
pub struct Door {
    /// Where it is knocked at.
    pub address: String,
    /// The certificate of the authority that its own is from, as PEM.
    pub authority: String,
    passed: Arc<AtomicUsize>,
}

/// An authority of which nobody has heard.
pub fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

impl Door {
    /// A door for `localhost` before the program that listens there.
    pub async fn before(program: &str) -> Self {
        let authority = authority();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate: Certificate = params.signed_by(&key, &authority).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let (passed, program) = (Arc::new(AtomicUsize::new(0)), program.to_owned());
        let counted = Arc::clone(&passed);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (acceptor, program, counted) = (acceptor.clone(), program.clone(), Arc::clone(&counted));
                tokio::spawn(async move {
                    // Who does not like the certificate goes away.
                    let Ok(mut outside) = acceptor.accept(stream).await else { return };
                    let Ok(mut inside) = TcpStream::connect(&program).await else { return };
                    counted.fetch_add(1, Ordering::Relaxed);
                    // Either side may hang up in the middle; the test looks at what came of it.
                    let _ = copy_bidirectional(&mut outside, &mut inside).await;
                });
            }
        });
        Self { address, authority: authority.pem(), passed }
    }

    /// How many connections went through.
    pub fn passed(&self) -> usize {
        self.passed.load(Ordering::Relaxed)
    }
}
