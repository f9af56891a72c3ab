//! How the daemon is told what to do: command line, or a TOML file with the same names.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ovsdb::client::{Remote, Remotes};
use serde::Deserialize;
use thiserror::Error;
use weir_cluster::{Cluster, ClusterError, ClusterOptions};
use weir_tls::TlsFiles;

use crate::chassis::Listen;
use crate::feed::FeedAddress;

/// Given in place of a remote that there is none of.
pub const NO_REMOTE: &str = "none";

/// Options of `weir run`. On the command line and in the file alike; the command line wins.
#[derive(Debug, Clone, Default, clap::Args, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct RunOptions {
    /// Configuration file (TOML, the option names without the dashes in front)
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    pub config: Option<PathBuf>,
    /// The network program: its main file, or a directory whose main file is weir.dl [default: rules]
    #[arg(long, value_name = "PATH")]
    pub rules: Option<PathBuf>,
    /// Where imports are looked for, after the main file's own directory; may be repeated
    #[arg(short = 'L', long = "library", value_name = "DIR")]
    pub library: Vec<PathBuf>,
    /// OVN Northbound database: unix:PATH, tcp:HOST:PORT or ssl:HOST:PORT, several of one cluster with commas between them,
    /// or none [default: unix:/run/ovn/ovnnb_db.sock]
    #[arg(long, value_name = "REMOTE")]
    pub nb: Option<String>,
    /// Where a cloud management system streams intent (docs/feed.md): ssl:ADDRESS:PORT, tcp:ADDRESS:PORT, unix:PATH, or -
    /// for standard input; may be repeated
    #[arg(long, value_name = "ADDR", allow_hyphen_values = true)]
    pub feed: Vec<String>,
    /// The certificate's name of who may feed by ssl; may be repeated
    #[arg(long, value_name = "NAME")]
    pub feed_client: Vec<String>,
    /// Where hypervisors' OVSDB sessions arrive (ovs-vsctl set-manager): ssl:ADDRESS:PORT,
    /// tcp:ADDRESS:PORT or unix:PATH [default: tcp:0.0.0.0:6640]
    #[arg(long, value_name = "ADDR")]
    pub listen_ovsdb: Option<String>,
    /// Where their OpenFlow sessions arrive: ssl:ADDRESS:PORT, tcp:ADDRESS:PORT or unix:PATH [default: tcp:0.0.0.0:6653]
    #[arg(long, value_name = "ADDR")]
    pub listen_openflow: Option<String>,
    /// What hypervisors are told to call for OpenFlow, if not the address they reached us by: ssl:HOST:PORT,
    /// tcp:HOST:PORT, unix:PATH
    #[arg(long, value_name = "TARGET")]
    pub openflow_target: Option<String>,
    /// A hypervisor's OVSDB to dial instead of waiting for its call (labs); may be repeated
    #[arg(long, value_name = "REMOTE")]
    #[serde(rename = "hypervisor")]
    pub hypervisor: Vec<String>,
    /// Certificates (PEM) of the authorities that those who connect by ssl, or are connected to, must come from
    #[arg(long, value_name = "FILE")]
    pub tls_ca: Option<PathBuf>,
    /// Our certificate (PEM), for all that is ssl
    #[arg(long, value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,
    /// Our certificate's private key (PEM)
    #[arg(long, value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
    /// How many connections each listener may have at once [default: 10000]
    #[arg(long, value_name = "N")]
    pub max_connections: Option<usize>,
    /// How many new connections each listener takes per second; more wait [default: 1000]
    #[arg(long, value_name = "N")]
    pub connections_per_second: Option<u32>,
    /// Where /metrics (Prometheus), /healthz and /readyz are served over HTTP: ADDRESS:PORT; nowhere if not given
    #[arg(long, value_name = "ADDR")]
    pub metrics: Option<String>,
    /// Socket for `weir repl --connect` [default: weir.sock in the state directory]
    #[arg(long, value_name = "SOCK")]
    pub control: Option<PathBuf>,
    /// Directory for the little that must outlive the process [default: /var/lib/weir]
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// Seconds after which a hypervisor that is away has left, and the others drop its tunnels [default: 60]
    #[arg(long, value_name = "SECONDS")]
    pub leave_after: Option<f64>,
    /// Seconds to wait at start for hypervisors known from before [default: 5]
    #[arg(long, value_name = "SECONDS")]
    pub settle: Option<f64>,
    /// Engine threads [default: 1]
    #[arg(short = 'w', long, value_name = "N")]
    pub workers: Option<usize>,
    /// The processes that run the rules together: each has its own number, so that this is not said in the file
    #[command(flatten)]
    #[serde(skip)]
    pub cluster: ClusterOptions,
}

/// What the daemon runs with: everything decided.
#[derive(Debug, Clone)]
pub struct RunConfig {
    /// Main rule file.
    pub rules: PathBuf,
    /// Where its imports are looked for besides.
    pub library: Vec<PathBuf>,
    /// Northbound's servers, if there is one.
    pub nb: Option<Remotes>,
    /// Where feeds come in.
    pub feeds: Vec<FeedAddress>,
    /// Names of the certificates that may feed by ssl.
    pub feed_clients: Vec<String>,
    /// OVSDB listener.
    pub listen_ovsdb: Listen,
    /// OpenFlow listener.
    pub listen_openflow: Listen,
    /// Target written to hypervisors, if given.
    pub openflow_target: Option<String>,
    /// Hypervisors to dial.
    pub hypervisors: Vec<Remote>,
    /// Certificate files, if there are any.
    pub tls: Option<TlsFiles>,
    /// Connections each listener may have at once.
    pub max_connections: usize,
    /// New connections each listener takes per second.
    pub connections_per_second: u32,
    /// Where metrics are served.
    pub metrics: Option<String>,
    /// Control socket.
    pub control: PathBuf,
    /// State directory.
    pub state: PathBuf,
    /// When a hypervisor has left.
    pub leave_after: Duration,
    /// How long to wait for known ones.
    pub settle: Duration,
    /// Engine threads.
    pub workers: usize,
    /// The processes that run the rules, if this one is not alone.
    pub cluster: Option<Cluster>,
}

/// Options that cannot be.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// Path.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is no configuration.
    #[error("{path}: {source}")]
    Parse {
        /// Path.
        path: PathBuf,
        /// Why, with the place.
        source: Box<toml::de::Error>,
    },
    /// What is said of other processes makes no sense.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// An option's value is not of its form.
    #[error("--{option}: {problem}")]
    Value {
        /// Option.
        option: &'static str,
        /// Why.
        problem: String,
    },
}

impl RunOptions {
    /// Adds the file's options, if one is named, and the defaults.
    ///
    /// # Errors
    /// When the file cannot be read or a value is not of its form.
    pub fn resolve(self) -> Result<RunConfig, ConfigError> {
        let file = match &self.config {
            Some(path) => read_file(path)?,
            None => RunOptions::default(),
        };
        let pick = |ours: &Option<String>, theirs: &Option<String>, default: &str| {
            ours.clone().or_else(|| theirs.clone()).unwrap_or_else(|| default.to_owned())
        };
        let path = |ours: &Option<PathBuf>, theirs: &Option<PathBuf>| ours.clone().or_else(|| theirs.clone());
        let rules = path(&self.rules, &file.rules).unwrap_or_else(|| "rules".into());
        let state = path(&self.state, &file.state).unwrap_or_else(|| "/var/lib/weir".into());
        let hypervisors =
            if self.hypervisor.is_empty() { file.hypervisor.clone() } else { self.hypervisor.clone() };
        let library = if self.library.is_empty() { file.library.clone() } else { self.library.clone() };
        let tls = tls_files(
            path(&self.tls_ca, &file.tls_ca),
            path(&self.tls_cert, &file.tls_cert),
            path(&self.tls_key, &file.tls_key),
        )?;
        let feeds = if self.feed.is_empty() { &file.feed } else { &self.feed };
        let feed_clients = if self.feed_client.is_empty() { &file.feed_client } else { &self.feed_client };
        let nb = pick(&self.nb, &file.nb, "unix:/run/ovn/ovnnb_db.sock");
        let config = RunConfig {
            library,
            rules: if rules.is_dir() { rules.join("weir.dl") } else { rules },
            nb: if nb == NO_REMOTE { None } else { Some(parse("nb", &nb)?) },
            feeds: feeds.iter().map(|address| parse("feed", address)).collect::<Result<_, _>>()?,
            feed_clients: feed_clients.clone(),
            listen_ovsdb: parse(
                "listen-ovsdb",
                &pick(&self.listen_ovsdb, &file.listen_ovsdb, "tcp:0.0.0.0:6640"),
            )?,
            listen_openflow: parse(
                "listen-openflow",
                &pick(&self.listen_openflow, &file.listen_openflow, "tcp:0.0.0.0:6653"),
            )?,
            openflow_target: self.openflow_target.or(file.openflow_target),
            hypervisors: hypervisors
                .iter()
                .map(|remote| parse("hypervisor", remote))
                .collect::<Result<_, _>>()?,
            tls,
            max_connections: self.max_connections.or(file.max_connections).unwrap_or(10_000).max(1),
            connections_per_second: self
                .connections_per_second
                .or(file.connections_per_second)
                .unwrap_or(1_000)
                .max(1),
            metrics: self.metrics.or(file.metrics),
            control: path(&self.control, &file.control).unwrap_or_else(|| state.join("weir.sock")),
            state,
            leave_after: seconds("leave-after", self.leave_after.or(file.leave_after).unwrap_or(60.0))?,
            settle: seconds("settle", self.settle.or(file.settle).unwrap_or(5.0))?,
            workers: self.workers.or(file.workers).unwrap_or(1).max(1),
            cluster: self.cluster.resolve()?,
        };
        config.check_tls()?;
        Ok(config)
    }
}

impl RunConfig {
    /// What is to be reached or listened on by ssl needs certificates.
    fn check_tls(&self) -> Result<(), ConfigError> {
        let feeds_by_ssl = self.feeds.iter().any(|address| matches!(address, FeedAddress::Ssl(_)));
        if feeds_by_ssl && self.feed_clients.is_empty() {
            let problem = "ssl needs --feed-client, the name of the certificate that may feed".to_owned();
            return Err(ConfigError::Value { option: "feed", problem });
        }
        if self.tls.is_some() {
            return Ok(());
        }
        let is_ssl = |remote: &Remote| matches!(remote, Remote::Ssl { .. });
        let listens = |listen: &Listen| matches!(listen, Listen::Ssl(_));
        let option = if self.nb.iter().flat_map(Remotes::iter).any(is_ssl) {
            "nb"
        } else if self.hypervisors.iter().any(is_ssl) {
            "hypervisor"
        } else if listens(&self.listen_ovsdb) {
            "listen-ovsdb"
        } else if listens(&self.listen_openflow) {
            "listen-openflow"
        } else if feeds_by_ssl {
            "feed"
        } else {
            return Ok(());
        };
        let problem = "ssl needs --tls-ca, --tls-cert and --tls-key".to_owned();
        Err(ConfigError::Value { option, problem })
    }
}

/// All three files or none.
fn tls_files(
    ca: Option<PathBuf>,
    cert: Option<PathBuf>,
    key: Option<PathBuf>,
) -> Result<Option<TlsFiles>, ConfigError> {
    match (ca, cert, key) {
        (Some(ca), Some(cert), Some(key)) => Ok(Some(TlsFiles { ca, cert, key })),
        (None, None, None) => Ok(None),
        (ca, cert, _) => {
            let missing = if ca.is_none() {
                "tls-ca"
            } else if cert.is_none() {
                "tls-cert"
            } else {
                "tls-key"
            };
            let problem = "is missing; the other TLS files are given".to_owned();
            Err(ConfigError::Value { option: missing, problem })
        }
    }
}

fn read_file(path: &Path) -> Result<RunOptions, ConfigError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
    toml::from_str(&text)
        .map_err(|source| ConfigError::Parse { path: path.to_owned(), source: Box::new(source) })
}

fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(
    option: &'static str,
    text: &str,
) -> Result<T, ConfigError> {
    text.parse().map_err(|problem: T::Err| ConfigError::Value { option, problem: problem.to_string() })
}

fn seconds(option: &'static str, seconds: f64) -> Result<Duration, ConfigError> {
    Duration::try_from_secs_f64(seconds)
        .map_err(|problem| ConfigError::Value { option, problem: problem.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_wins_over_the_file_and_the_file_over_the_default() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("weir.toml");
        std::fs::write(&path, "nb = \"tcp:192.0.2.9:6641\"\nlisten-ovsdb = \"tcp:127.0.0.1:1\"\n").unwrap();
        let options = RunOptions {
            config: Some(path),
            listen_ovsdb: Some("tcp:127.0.0.1:2".into()),
            ..RunOptions::default()
        };
        let config = options.resolve().unwrap();
        assert_eq!(config.nb, Some("tcp:192.0.2.9:6641".parse().unwrap()));
        assert_eq!(config.listen_ovsdb, "tcp:127.0.0.1:2".parse().unwrap());
        assert_eq!(config.leave_after, Duration::from_secs(60));
    }

    #[test]
    fn a_wrong_value_is_named_by_its_option() {
        let options = RunOptions { nb: Some("carrier pigeon".into()), ..RunOptions::default() };
        let error = options.resolve().unwrap_err().to_string();
        assert!(error.starts_with("--nb: "), "{error}");
    }

    #[test]
    fn an_unknown_name_in_the_file_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("weir.toml");
        std::fs::write(&path, "northbound = \"x\"\n").unwrap();
        let error =
            RunOptions { config: Some(path), ..Default::default() }.resolve().unwrap_err().to_string();
        assert!(error.contains("northbound"), "{error}");
    }
}
