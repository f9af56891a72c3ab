//! Options by which a process is told of the others: timely's.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::ClusterError;
use crate::meet::{Cluster, PATIENCE};

/// Where the first process is if nobody says it; the others follow.
const FIRST_PORT: u16 = 2101;

/// Options by which a process is told of the others.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct ClusterOptions {
    /// How many processes run the program together, each with -w threads [default: the lines of --hostfile, or 1]
    #[arg(short = 'n', long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub processes: Option<u16>,
    /// Which of them this is, from 0; the first one is the one that is given something to do
    #[arg(short = 'p', long, value_name = "INDEX", default_value_t = 0)]
    pub process: u16,
    /// Their addresses, a line HOST:PORT each [default: 127.0.0.1, ports 2101 and on]
    #[arg(long, value_name = "FILE")]
    pub hostfile: Option<PathBuf>,
    /// How long to wait for the other processes at the start
    #[arg(long, value_name = "SECONDS", default_value_t = PATIENCE.as_secs())]
    pub wait: u64,
}

impl ClusterOptions {
    /// The processes; `None` if this is the only one.
    ///
    /// # Errors
    /// When there is no process of that index, or fewer addresses than processes.
    pub fn resolve(&self) -> Result<Option<Cluster>, ClusterError> {
        let listed = self.hostfile.as_deref().map(read).transpose()?;
        let count = match (self.processes, &listed) {
            (Some(count), _) => count.into(),
            (None, Some(listed)) => listed.len().max(1),
            (None, None) => 1,
        };
        let index = usize::from(self.process);
        if index >= count {
            return Err(ClusterError::Index { index, count });
        }
        if count == 1 {
            return Ok(None);
        }
        let addresses = match (listed, &self.hostfile) {
            (Some(listed), Some(path)) if listed.len() < count => {
                return Err(ClusterError::TooFew { path: path.clone(), found: listed.len(), wanted: count });
            }
            (Some(listed), _) => listed.into_iter().take(count).collect(),
            (None, _) => (0..count).map(|n| format!("127.0.0.1:{}", usize::from(FIRST_PORT) + n)).collect(),
        };
        Ok(Some(Cluster { index, addresses, patience: Duration::from_secs(self.wait) }))
    }
}

/// The lines of a file, without empty ones and comments.
fn read(path: &Path) -> Result<Vec<String>, ClusterError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| ClusterError::HostFile { path: path.to_owned(), source })?;
    let lines = text.lines().map(|line| line.split_once('#').map_or(line, |(before, _)| before).trim());
    Ok(lines.filter(|line| !line.is_empty()).map(ToOwned::to_owned).collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn addresses_come_from_the_file_or_are_local_ones() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("hosts");
        std::fs::write(&path, "# ours\na:1\n\n b:2 # the second\nc:3\n").unwrap();
        let hostfile = Some(path);
        let resolve = |processes, process, hostfile: &Option<PathBuf>| {
            let options = ClusterOptions { processes, process, hostfile: hostfile.clone(), wait: 30 };
            let resolved = options.resolve().map_err(|error| error.to_string())?;
            Ok::<_, String>(resolved.map(|cluster| (cluster.index, cluster.addresses.join(" "))))
        };
        assert_eq!(resolve(None, 0, &None), Ok(None));
        assert_eq!(resolve(Some(1), 0, &hostfile), Ok(None));
        assert_eq!(resolve(Some(2), 1, &None), Ok(Some((1, "127.0.0.1:2101 127.0.0.1:2102".into()))));
        assert_eq!(resolve(Some(2), 1, &hostfile), Ok(Some((1, "a:1 b:2".into()))));
        assert_eq!(resolve(None, 2, &hostfile), Ok(Some((2, "a:1 b:2 c:3".into()))));
        let error = resolve(Some(4), 0, &hostfile).unwrap_err();
        assert!(error.ends_with("hosts has 3 addresses, but there are 4 processes"), "{error}");
        let error = resolve(Some(2), 2, &None).unwrap_err();
        assert_eq!(error, "-p 2: there are 2 processes, the last of them is 1");
        assert!(resolve(None, 0, &Some("/nowhere".into())).is_err());
    }
}
