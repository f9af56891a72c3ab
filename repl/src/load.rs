//! Commands from a file.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::time::Instant;

use weir_engine::command::{Command, CommandParser};

use crate::error::ShellError;
use crate::progress::Progress;
use crate::shell::{Next, Shell};

/// Carries out the commands of a file. Updates outside a transaction are one together, up to the next other command.
pub(crate) fn commands<W: Write>(shell: &mut Shell<W>, path: &Path) -> Result<(), ShellError> {
    let unreadable = |source| ShellError::File { path: path.to_owned(), source };
    let file = File::open(path).map_err(unreadable)?;
    let size = file.metadata().map_err(unreadable)?.len();
    let started = Instant::now();
    let mut load = Load { shell, updates: 0, own_transaction: false, progress: Progress::new(size) };
    load.shell.loading = true;
    load.shell.forget_places();
    let result = load.file(BufReader::new(file), path);
    load.shell.loading = false;
    load.shell.forget_places();
    let (updates, own) = (load.updates, load.own_transaction);
    load.progress.done();
    if own {
        // What was begun for the updates before an error goes with it.
        shell.drop_transaction();
    }
    result?;
    let updates = if updates == 1 { "1 update".to_owned() } else { format!("{updates} updates") };
    writeln!(shell.out, "{}: {updates} in {:.1?}", path.display(), started.elapsed())?;
    Ok(())
}

struct Load<'s, W> {
    shell: &'s mut Shell<W>,
    updates: u64,
    /// A transaction is under way that the file did not start.
    own_transaction: bool,
    progress: Progress,
}

impl<W: Write> Load<'_, W> {
    fn file(&mut self, mut file: impl BufRead, path: &Path) -> Result<(), ShellError> {
        let unreadable = |source| ShellError::File { path: path.to_owned(), source };
        let mut parser = CommandParser::new();
        let mut line = Vec::new();
        loop {
            line.clear();
            let length = file.read_until(b'\n', &mut line).map_err(unreadable)?;
            self.shell.check_stopped()?;
            parser.feed(&String::from_utf8_lossy(&line));
            loop {
                let command = if length == 0 { parser.finish() } else { parser.next_command() };
                match command {
                    Ok(None) => break,
                    Ok(Some(command)) => {
                        self.shell.place = Some(parser.begun_at());
                        let done = self.command(command).map_err(|error| {
                            let at = error.place(&parser);
                            error.at(path, Some(at))
                        });
                        match done? {
                            Next::Continue => {}
                            Next::Exit => return self.end().map_err(|error| error.at(path, None)),
                        }
                    }
                    Err(error) => {
                        let at = Some((error.line, error.column));
                        return Err(ShellError::Parse(error).at(path, at));
                    }
                }
            }
            self.progress.advance(length as u64, self.updates);
            if length == 0 {
                return self.end().map_err(|error| error.at(path, None));
            }
        }
    }

    fn command(&mut self, command: Command) -> Result<Next, ShellError> {
        match &command {
            Command::Comment(_) => return Ok(Next::Continue),
            Command::Update { .. } | Command::Clear(_) => {
                if self.shell.pending().is_none() {
                    self.shell.execute(Command::Start)?;
                    self.own_transaction = true;
                }
                self.updates += 1;
            }
            _ => self.end()?,
        }
        self.shell.execute(command)
    }

    /// Commits what the file did not put into a transaction itself.
    fn end(&mut self) -> Result<(), ShellError> {
        if !std::mem::take(&mut self.own_transaction) {
            return Ok(());
        }
        self.progress.committing();
        self.shell.execute(Command::Commit { dump_changes: true })?;
        Ok(())
    }
}
