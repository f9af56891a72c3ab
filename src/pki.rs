//! `weir pki`: certificates for those who have no authority of their own.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use weir_tls::pki::{Authority, Purpose};

/// What to make.
#[derive(Debug, Subcommand)]
pub(crate) enum PkiCommand {
    /// Make an authority: cacert.pem for everybody, private/cakey.pem for nobody else
    Init(Place),
    /// Make a certificate and its key: NAME-cert.pem and NAME-privkey.pem
    Issue {
        /// Whom it is for: a hypervisor's system-id, or any name for Weir itself
        name: String,
        /// It may be connected to as well: Weir's own certificate, a database server's, not a hypervisor's
        #[arg(long)]
        server: bool,
        /// Where the two files go [default: the directory one is in]
        #[arg(long, value_name = "DIR")]
        into: Option<PathBuf>,
        #[command(flatten)]
        place: Place,
    },
}

/// Where the authority is, and how long what is made holds.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// The authority's directory
    #[arg(long, value_name = "DIR", default_value = "/var/lib/weir/pki")]
    dir: PathBuf,
    /// For how many days it holds
    #[arg(long, value_name = "N", default_value_t = 3650)]
    days: u32,
}

pub(crate) fn pki(command: &PkiCommand) -> anyhow::Result<ExitCode> {
    match command {
        PkiCommand::Init(Place { dir, days }) => {
            let authority = Authority::init(dir, *days)?;
            println!("{}", authority.certificate().display());
        }
        PkiCommand::Issue { name, server, into, place } => {
            let purpose = if *server { Purpose::Server } else { Purpose::Client };
            let into = into.clone().unwrap_or_else(|| PathBuf::from("."));
            let issued = Authority::open(&place.dir).issue(name, purpose, &into, place.days)?;
            println!("{}", issued.files.cert.display());
            println!("{}", issued.files.key.display());
        }
    }
    Ok(ExitCode::SUCCESS)
}
