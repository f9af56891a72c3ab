//! Ends the lab's daemons when the lab's own process is gone, however it went.
//!
//! A shell in a process group of its own reads process ids from a pipe. The pipe closes when the test
//! process ends (normally, by panic, Ctrl-C or SIGKILL); the shell then kills what is still there and
//! removes the lab's directory. Nothing can be left behind by a crash.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::{Error, Result};

/// Only a process whose command line names the lab's directory is killed: a recycled id is someone else's.
const SCRIPT: &str = r#"
dir=$1 pids= keep=
while read -r word pid; do
  case $word in
    add) pids="$pids $pid" ;;
    keep) keep=1 ;;
  esac
done
[ -z "$keep" ] || exit 0
for pid in $pids; do
  if grep -qaF -- "$dir/" "/proc/$pid/cmdline" 2>/dev/null; then kill -9 "$pid" 2>/dev/null; fi
done
rm -rf -- "$dir"
"#;

/// Handle to the watching shell. Clones share it; it acts when the last one is dropped.
#[derive(Clone, Debug)]
pub(crate) struct Reaper {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    dir: PathBuf,
    watched: Mutex<Vec<u32>>,
    kept: AtomicBool,
    pipe: Mutex<Option<ChildStdin>>,
    shell: Mutex<Child>,
}

impl Reaper {
    pub(crate) fn watch(dir: &Path) -> Result<Reaper> {
        let mut shell = Command::new("/bin/sh")
            .args(["-c", SCRIPT, "weir-lab-reaper"])
            .arg(dir)
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .current_dir("/")
            .spawn()
            .map_err(|source| Error::Spawn { program: "/bin/sh".to_owned(), source })?;
        let pipe = Mutex::new(shell.stdin.take());
        let inner = Inner {
            dir: dir.to_owned(),
            watched: Mutex::default(),
            kept: AtomicBool::new(false),
            pipe,
            shell: Mutex::new(shell),
        };
        Ok(Reaper { inner: Arc::new(inner) })
    }

    /// Puts a process under watch.
    pub(crate) fn add(&self, pid: u32) {
        self.inner.watched.lock().unwrap_or_else(PoisonError::into_inner).push(pid);
        self.send(&format!("add {pid}\n"));
    }

    /// Lets everything live on after this process. Gives a script that does later what the reaper would have.
    pub(crate) fn keep(&self) -> Result<PathBuf> {
        let dir = &self.inner.dir;
        let watched = self.inner.watched.lock().unwrap_or_else(PoisonError::into_inner);
        let adds: String = watched.iter().map(|pid| format!("add {pid}\n")).collect();
        let path = dir.join("stop");
        let script = format!("set -- '{}'\n{{ {SCRIPT}\n}} <<'PIDS'\n{adds}PIDS\n", dir.display());
        std::fs::write(&path, script).map_err(Error::io(&path))?;
        self.inner.kept.store(true, Ordering::Relaxed);
        self.send("keep\n");
        Ok(path)
    }

    /// True after [`Reaper::keep`].
    pub(crate) fn is_kept(&self) -> bool {
        self.inner.kept.load(Ordering::Relaxed)
    }

    fn send(&self, line: &str) {
        let mut pipe = self.inner.pipe.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pipe) = pipe.as_mut() {
            // The shell only ends when this pipe closes, so a failing write has nobody left to tell.
            let _ = pipe.write_all(line.as_bytes());
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.pipe.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        let _ = self.shell.get_mut().unwrap_or_else(PoisonError::into_inner).wait();
    }
}
