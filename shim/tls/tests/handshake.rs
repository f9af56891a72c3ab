//! Who is let in, who is not, and what is said of it.
#![allow(clippy::unwrap_used)]

mod support;

use std::path::Path;
use std::process::{Command, Stdio};

use support::{DAYS, Site, meet, run};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use weir_tls::pki::{Authority, Purpose};
use weir_tls::{HandshakeError, Tls, TlsFiles};

#[tokio::test]
async fn both_ends_learn_each_others_names() {
    let site = Site::new();
    let (server, client) = meet(&site.tls("weir"), &site.tls("hv1")).await;
    assert_eq!((server.unwrap().as_str(), client.unwrap().as_str()), ("hv1", "weir"));
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_refused_by_either_side() {
    let (ours, theirs) = (Site::new(), Site::new());
    let mixed =
        |own: TlsFiles, ca: &Site| Tls::open(TlsFiles { ca: ca.authority.certificate(), ..own }).unwrap();
    // The client trusts us, but its own certificate comes from elsewhere.
    let stranger = mixed(theirs.files("hv1"), &ours);
    let (server, client) = meet(&ours.tls("weir"), &stranger).await;
    let error = server.unwrap_err().to_string();
    assert!(error.contains("UnknownIssuer"), "{error}");
    client.unwrap_err();
    // And the other way round.
    let impostor = mixed(theirs.files("weir"), &ours);
    let (server, client) = meet(&impostor, &ours.tls("hv2")).await;
    let error = client.unwrap_err().to_string();
    assert!(error.contains("UnknownIssuer"), "{error}");
    server.unwrap_err();
}

#[tokio::test]
async fn with_a_hypervisor_s_certificate_nobody_can_be_a_server() {
    let site = Site::new();
    let (server, client) = meet(&site.tls("hv2"), &site.tls("hv1")).await;
    let error = client.unwrap_err().to_string();
    assert!(error.contains("server authentication"), "{error}");
    server.unwrap_err();
    // What Open vSwitch verifies with sees it in the same way.
    let (ca, cert) = (site.authority.certificate(), site.path("hv2-cert.pem"));
    let output = Command::new("openssl")
        .args(["verify", "-purpose", "sslserver", "-CAfile", ca.to_str().unwrap(), cert.to_str().unwrap()])
        .output()
        .unwrap();
    assert!(!output.status.success());
}

#[tokio::test]
async fn a_certificate_that_has_run_out_is_refused() {
    let site = Site::new();
    let gone = Tls::open(site.authority.issue("hv1", Purpose::Client, site.dir.path(), 0).unwrap().files);
    // Zero days: it was good for the hour before now.
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let (server, _) = meet(&site.tls("weir"), &gone.unwrap()).await;
    let error = server.unwrap_err().to_string();
    assert!(error.contains("xpired"), "{error}");
}

#[tokio::test]
async fn bytes_that_are_not_tls_are_refused() {
    let site = Site::new();
    let (here, mut there) = tokio::io::duplex(4096);
    there.write_all(br#"{"id":1,"method":"list_dbs","params":[]}"#).await.unwrap();
    let error = site.tls("weir").accept(here).await.unwrap_err();
    assert!(matches!(error, HandshakeError::Tls(_)), "{error}");
}

/// What `openssl s_client` speaks, with what it shows, must come to `wanted`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn versions_from_1_2_on_are_spoken_and_a_certificate_is_demanded() {
    let site = Site::new();
    let server = site.tls("weir");
    let files = site.files("hv1");
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let own = ["-cert".to_owned(), text(&files.cert), "-key".to_owned(), text(&files.key)];
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    for (version, shows, wanted) in [
        ("-tls1_3", true, Some("hv1")),
        ("-tls1_2", true, Some("hv1")),
        ("-tls1_1", true, None),
        ("-tls1_3", false, None),
        ("-tls1_2", false, None),
    ] {
        let mut client = Command::new("openssl")
            .args(["s_client", "-connect", &address, version, "-quiet", "-no_ign_eof"])
            .args(["-verify_return_error", "-CAfile", &text(&files.ca), "-cipher", "DEFAULT:@SECLEVEL=0"])
            .args(shows.then_some(&own).into_iter().flatten())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        let accepted = server.accept(stream).await.map(|secured| secured.peer.to_string());
        assert_eq!(accepted.as_deref().ok(), wanted, "{version}, shows {shows}: {accepted:?}");
        client.kill().unwrap();
        client.wait().unwrap();
    }
}

#[tokio::test]
async fn identities_of_ovs_pki_meet_and_have_the_name_asked_for() {
    let site = Site::new();
    let dir = site.dir.path();
    let pki = |arguments: &[&str]| {
        let (pki, log) = (site.path("pki"), site.path("log"));
        let first = ["-b", "-d", pki.to_str().unwrap(), "-l", log.to_str().unwrap()];
        run(dir, "ovs-pki", &[&first, arguments].concat());
    };
    pki(&["init"]);
    pki(&["req+sign", "hv1", "switch"]);
    pki(&["-u", "req+sign", "hv2", "switch"]);
    pki(&["-u", "req+sign", "weir", "controller"]);
    let identity = |name: &str, peers: &str| {
        Tls::open(TlsFiles {
            ca: site.path(&format!("pki/{peers}ca/cacert.pem")),
            cert: site.path(&format!("{name}-cert.pem")),
            key: site.path(&format!("{name}-privkey.pem")),
        })
        .unwrap()
    };
    let weir = identity("weir", "switch");
    let (server, client) = meet(&weir, &identity("hv1", "controller")).await;
    let (server, client) = (server.unwrap(), client.unwrap());
    assert!(server.starts_with("hv1, hv1 id:"), "{server}");
    assert_eq!(client, "weir");
    let (server, _) = meet(&weir, &identity("hv2", "controller")).await;
    assert_eq!(server.unwrap(), "hv2");
    // Two of the switches' authority do not trust each other: theirs is not the one they verify with.
    let (server, _) = meet(&identity("hv2", "controller"), &identity("hv1", "controller")).await;
    server.unwrap_err();
}

#[tokio::test]
async fn changed_files_are_read_again_and_broken_ones_left_alone() {
    let (old, new) = (Site::new(), Site::new());
    let live = Site::new();
    let place = |name: &str| live.path(name);
    let install = |site: &Site, name: &str| {
        let files = site.files(name);
        for (from, to) in [(files.ca, "ca.pem"), (files.cert, "cert.pem"), (files.key, "key.pem")] {
            // Renamed into place, as careful tools do.
            std::fs::copy(from, place("next.pem")).unwrap();
            std::fs::rename(place("next.pem"), place(to)).unwrap();
        }
    };
    install(&old, "weir-a");
    let files = TlsFiles { ca: place("ca.pem"), cert: place("cert.pem"), key: place("key.pem") };
    let server = Tls::open(files).unwrap();
    let (old_client, new_client) = (old.tls("hv1"), new.tls("hv1"));
    assert_eq!(meet(&server, &old_client).await.1.unwrap(), "weir-a");
    meet(&server, &new_client).await.0.unwrap_err();

    // Half of a change: the certificate is of another key than the one there.
    std::fs::copy(old.files("weir-b").cert, place("cert.pem")).unwrap();
    assert_eq!(meet(&server, &old_client).await.1.unwrap(), "weir-a");
    std::fs::remove_file(place("key.pem")).unwrap();
    assert_eq!(meet(&server, &old_client).await.1.unwrap(), "weir-a");

    install(&new, "weir-c");
    assert_eq!(meet(&server, &new_client).await.1.unwrap(), "weir-c");
    meet(&server, &old_client).await.0.unwrap_err();
}

#[test]
fn what_is_wrong_with_a_file_is_said_with_its_name_and_nothing_of_the_key() {
    let site = Site::new();
    let (good, other) = (site.files("weir"), site.files("other"));
    let write = |name: &str, text: &str| {
        std::fs::write(site.path(name), text).unwrap();
        site.path(name)
    };
    let key = std::fs::read_to_string(&good.key).unwrap();
    let empty = write("empty", "nothing\n");
    let cut = write("cut", key.lines().take(2).collect::<Vec<_>>().join("\n").as_str());
    let scrambled = write("scrambled", &key.replace("MIG", "M!G"));
    let torn = write("torn", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    let with =
        |ca: &Path, cert: &Path, key: &Path| TlsFiles { ca: ca.into(), cert: cert.into(), key: key.into() };
    for (files, wanted) in [
        (with(&site.path("no"), &good.cert, &good.key), "no: No such file or directory"),
        (with(&good.ca, &site.path("no"), &good.key), "no: No such file or directory"),
        (with(&good.ca, &good.cert, &site.path("no")), "no: No such file or directory"),
        (with(&empty, &good.cert, &good.key), "empty: no certificate in it"),
        (with(&torn, &good.cert, &good.key), "torn: certificate 1: "),
        (with(&good.ca, &empty, &good.key), "empty: no certificate in it"),
        (with(&good.ca, &good.cert, &good.cert), "weir-cert.pem: no private key in it"),
        (with(&good.ca, &good.cert, &cut), "cut: the section of the private key is broken"),
        (with(&good.ca, &good.cert, &scrambled), "scrambled: the section of the private key is broken"),
        (with(&good.ca, &torn, &good.key), "torn with "),
        (with(&good.ca, &good.cert, &other.key), "the key is not the certificate's"),
    ] {
        let error = Tls::open(files).unwrap_err();
        let told = format!("{error} {error:?}");
        assert!(told.contains(wanted), "{told}");
        assert!(key.lines().skip(1).all(|line| !told.contains(line)), "{told}");
    }
    let shown = format!("{:?}", Tls::open(good).unwrap());
    assert!(key.lines().skip(1).all(|line| !shown.contains(line)), "{shown}");
}

#[test]
fn openssl_agrees_with_what_the_authority_makes() {
    let site = Site::new();
    let files = site.files("hv-1.example");
    let cert = files.cert.to_str().unwrap();
    let ca = files.ca.to_str().unwrap();
    let verified = run(site.dir.path(), "openssl", &["verify", "-x509_strict", "-CAfile", ca, cert]);
    assert!(verified.ends_with(": OK\n"), "{verified}");
    let text = run(
        site.dir.path(),
        "openssl",
        &["x509", "-in", cert, "-noout", "-subject", "-ext", "subjectAltName"],
    );
    assert!(text.contains("CN = hv-1.example") && text.contains("DNS:hv-1.example"), "{text}");
    use std::os::unix::fs::PermissionsExt;
    for (file, mode) in
        [(&files.key, 0o600), (&site.path("ca/private/cakey.pem"), 0o600), (&files.cert, 0o644)]
    {
        let found = std::fs::metadata(file).unwrap().permissions().mode() & 0o777;
        assert_eq!(found, mode, "{}", file.display());
    }
}

#[test]
fn the_authority_writes_nothing_over_and_refuses_names_that_are_no_files() {
    let site = Site::new();
    let dir = site.dir.path();
    let again = Authority::init(&dir.join("ca"), DAYS).unwrap_err().to_string();
    assert!(again.ends_with("cakey.pem: is there already"), "{again}");
    site.files("hv1");
    let again = site.authority.issue("hv1", Purpose::Client, dir, DAYS).unwrap_err().to_string();
    assert!(again.ends_with("hv1-privkey.pem: is there already"), "{again}");
    for name in ["", "../x", "a/b", ".hidden", "-f", "a\nb", "a id:b", &"x".repeat(65)] {
        let error = site.authority.issue(name, Purpose::Client, dir, DAYS).unwrap_err().to_string();
        assert!(error.starts_with(&format!("`{name}`: ")), "{error}");
    }
    let nowhere = Authority::open(&dir.join("nowhere"))
        .issue("hv2", Purpose::Client, dir, DAYS)
        .unwrap_err()
        .to_string();
    assert!(nowhere.contains("nowhere/cacert.pem: No such file"), "{nowhere}");
}

#[test]
fn an_authority_made_elsewhere_is_refused_before_a_file_is_written() {
    let site = Site::new();
    let ca = site.path("foreign");
    std::fs::create_dir_all(ca.join("private")).unwrap();
    let (key, cert) = (ca.join("private/cakey.pem"), ca.join("cacert.pem"));
    run(
        site.dir.path(),
        "openssl",
        &[
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "9",
            "-subj",
            "/O=Site/CN=Root",
            "-keyout",
            key.to_str().unwrap(),
            "-out",
            cert.to_str().unwrap(),
        ],
    );
    let error =
        Authority::open(&ca).issue("hv1", Purpose::Client, site.dir.path(), DAYS).unwrap_err().to_string();
    assert!(error.contains("foreign/cacert.pem: does not fit its key, or was not made by"), "{error}");
    assert!(!site.path("hv1-privkey.pem").exists());
}
