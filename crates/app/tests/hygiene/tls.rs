//! The program's own TLS: what it takes, what it refuses, and a certificate that is renewed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, ProtocolVersion, RootCertStore, SupportedProtocolVersion};
use sharewell::tls::{CertificateFiles, Shown, TlsError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;

use crate::house::House;

/// `TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256`.
const ECDSA_GCM: u16 = 0xc02b;

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// Writes a certificate for `localhost` and its key, as if that was so many seconds ago; gives the certificate.
fn write(folder: &Path, authority: &CertifiedIssuer<'static, KeyPair>, seconds_ago: u64) -> CertificateDer<'static> {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, authority).unwrap();
    for (name, text) in [("chain.pem", certificate.pem()), ("key.pem", key.serialize_pem())] {
        let path = folder.join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let written = fs::metadata(&path).unwrap().modified().unwrap() - Duration::from_secs(seconds_ago);
        fs::File::options().write(true).open(&path).unwrap().set_modified(written).unwrap();
    }
    certificate.der().clone()
}

fn files(folder: &Path) -> CertificateFiles {
    CertificateFiles { certificate: folder.join("chain.pem"), key: folder.join("key.pem") }
}

/// What a browser that knows the authority is shown and answered; none when it cannot agree with the program.
async fn asked(
    address: &str,
    authority: &CertifiedIssuer<'static, KeyPair>,
    versions: &[&'static SupportedProtocolVersion],
) -> Option<(ProtocolVersion, CertificateDer<'static>, String)> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.der().clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.ok()?;
    let (_, session) = stream.get_ref();
    let (version, shown) = (session.protocol_version().unwrap(), session.peer_certificates().unwrap()[0].clone());
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    Some((version, shown, String::from_utf8(answer).unwrap()))
}

/// What is answered to bytes that are no TLS that the program takes.
async fn raw(address: &str, sent: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(sent).await.unwrap();
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await;
    // Whoever is turned away may find the connection reset.
    let _ = read.unwrap();
    answer
}

/// A browser's first words that offer this version and these suites alone (RFC 5246, 7.4.1.2).
fn hello(version: [u8; 2], suites: &[u16]) -> Vec<u8> {
    // P-256, and ECDSA and RSA with SHA-256: all that TLS 1.2 asks for besides.
    let extensions = [0, 10, 0, 4, 0, 2, 0, 23, 0, 13, 0, 6, 0, 4, 4, 3, 4, 1];
    let mut said = [&version[..], &[7; 32], &[0]].concat();
    said.extend(u16::try_from(suites.len() * 2).unwrap().to_be_bytes());
    for suite in suites {
        said.extend(suite.to_be_bytes());
    }
    said.extend([1, 0]);
    said.extend(u16::try_from(extensions.len()).unwrap().to_be_bytes());
    said.extend(extensions);
    let length = u16::try_from(said.len()).unwrap().to_be_bytes();
    let handshake = [&[1, 0][..], &length, &said].concat();
    let record = u16::try_from(handshake.len()).unwrap().to_be_bytes();
    [&[22, 3, 1][..], &record, &handshake].concat()
}

#[tokio::test]
async fn over_its_own_tls_nothing_old_nothing_weak_and_nothing_in_the_open_is_answered() {
    let house = House::new().await;
    let (folder, authority) = (house.folder.path().to_owned(), authority());
    let before = write(&folder, &authority, 60);
    let shown = Shown::new(files(&folder)).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving =
        tokio::spawn(sharewell::serve::serve_with(house.app.clone(), listener, Some(Arc::clone(&shown)), async move {
            let _ = stopped.await;
        }));
    for (version, expected) in [(&TLS12, ProtocolVersion::TLSv1_2), (&TLS13, ProtocolVersion::TLSv1_3)] {
        let (version, certificate, answer) = asked(&address, &authority, &[version]).await.unwrap();
        assert_eq!((version, &certificate), (expected, &before));
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("x-request-id"), "{answer}");
    }
    assert!(asked(&address, &self::authority(), &[&TLS13]).await.is_none(), "another authority's");
    // An alert (21) that is fatal (2): the version is not taken (70), or nothing is in common (40).
    for (version, suites) in [
        ([3, 1], &[ECDSA_GCM][..]),
        ([3, 2], &[ECDSA_GCM]),
        // AES-CBC, without forward secrecy, RC4, 3DES, nothing at all.
        ([3, 3], &[0xc009, 0xc023, 0x009c, 0x002f, 0xc007, 0x000a, 0x0000]),
    ] {
        let answer = raw(&address, &hello(version, suites)).await;
        assert!(matches!(answer[..], [21, .., 2, 40 | 70]), "{version:?} {answer:?}");
    }
    let plain = raw(&address, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert!(!String::from_utf8_lossy(&plain).contains("HTTP"), "{plain:?}");
    // A renewed certificate is taken up; one of no use is not.
    let after = write(&folder, &authority, 30);
    shown.renew();
    assert_eq!(asked(&address, &authority, &[&TLS13]).await.unwrap().1, after);
    fs::write(folder.join("key.pem"), "no key").unwrap();
    shown.renew();
    assert_eq!(asked(&address, &authority, &[&TLS13]).await.unwrap().1, after);
    stop.send(()).unwrap();
    serving.await.unwrap().unwrap();
}

#[test]
fn files_that_are_no_certificate_with_its_key_or_that_others_may_read_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |files| Shown::new(files).map(drop).unwrap_err();
    assert!(matches!(refused(files(folder.path())), TlsError::File { .. }));
    write(folder.path(), &authority(), 0);
    let key = fs::read(folder.path().join("key.pem")).unwrap();
    write(folder.path(), &authority(), 0);
    let other = folder.path().join("other.pem");
    fs::write(&other, key).unwrap();
    fs::set_permissions(&other, fs::Permissions::from_mode(0o644)).unwrap();
    let mixed = CertificateFiles { key: other.clone(), ..files(folder.path()) };
    assert!(refused(mixed.clone()).to_string().contains("chmod 600"));
    fs::set_permissions(&other, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(matches!(refused(mixed), TlsError::Unfit { .. }));
}
