//! Processes come together: each calls those before it and is called by those after it.

use std::io;
use std::net::{TcpListener, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, unbounded};
use nix::sys::socket::{setsockopt, sockopt};
use weir_engine::engine::{OtherProcess, Processes};

use crate::error::ClusterError;
use crate::hello::Hello;

/// How long a process waits for the others.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Whoever says nothing for so long says nothing.
const SILENCE: Duration = Duration::from_secs(3);

/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(20);

/// Processes, as one of them sees them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// The one this is.
    pub index: usize,
    /// Where each of them listens: HOST:PORT.
    pub addresses: Vec<String>,
    /// How long it waits for the others.
    pub patience: Duration,
}

/// A connection over which somebody has said who it is.
type Met = (TcpStream, Hello);

impl Cluster {
    /// Waits for all others. `workers` are those of each process, and `program` is what tells programs apart; both must be
    /// the same everywhere. `waiting` is called once if somebody has not come at once.
    ///
    /// # Errors
    /// Somebody does not come in time, or does not fit.
    pub fn meet(
        &self,
        workers: usize,
        program: u128,
        mut waiting: impl FnMut(&str),
    ) -> Result<Processes, ClusterError> {
        let mut meeting = Meeting::begin(self, workers, program)?;
        let begun = Instant::now();
        let mut told = false;
        while let Some(absent) = meeting.step()? {
            if begun.elapsed() > self.patience {
                let last = meeting.last[absent].take();
                let address = self.addresses[absent].clone();
                return Err(ClusterError::Absent { index: absent, address, patience: self.patience, last });
            }
            if begun.elapsed() > Duration::from_secs(1) && !std::mem::replace(&mut told, true) {
                waiting(&format!("waiting for process {absent} at {}", self.addresses[absent]));
            }
            std::thread::sleep(PAUSE);
        }
        let name = |index: usize| format!("process {index} at {}", self.addresses[index]).into();
        let other = |(index, stream): (usize, Option<TcpStream>)| {
            stream.map(|stream| OtherProcess { name: name(index), stream })
        };
        Ok(Processes::new(self.index, meeting.met.into_iter().enumerate().map(other).collect()))
    }
}

struct Meeting<'c> {
    cluster: &'c Cluster,
    ours: Hello,
    listener: Option<TcpListener>,
    /// By process.
    met: Vec<Option<TcpStream>>,
    /// By process: what the last call gave.
    last: Vec<Option<io::Error>>,
    /// Those who have called and said who they are.
    callers: (Sender<Met>, Receiver<Met>),
}

impl<'c> Meeting<'c> {
    fn begin(cluster: &'c Cluster, workers: usize, program: u128) -> Result<Self, ClusterError> {
        let (index, count) = (cluster.index, cluster.addresses.len());
        let listen = || {
            let listener = TcpListener::bind(&cluster.addresses[index])?;
            listener.set_nonblocking(true)?;
            Ok(listener)
        };
        let refused = |source| {
            let address = cluster.addresses[index].clone();
            ClusterError::Listen { index, address, source }
        };
        // Nobody calls the last one.
        let listener = (index + 1 < count).then(listen).transpose().map_err(refused)?;
        Ok(Meeting {
            cluster,
            listener,
            ours: Hello {
                version: env!("CARGO_PKG_VERSION").to_owned(),
                processes: count as u32,
                workers: workers as u32,
                from: index as u32,
                to: 0,
                program,
            },
            met: (0..count).map(|_| None).collect(),
            last: (0..count).map(|_| None).collect(),
            callers: unbounded(),
        })
    }

    /// Calls and answers calls; somebody who is not there yet, if there is anybody.
    fn step(&mut self) -> Result<Option<usize>, ClusterError> {
        for before in 0..self.cluster.index {
            if self.met[before].is_none() {
                match self.call(before) {
                    Ok((stream, theirs)) => self.accept(before, stream, &theirs)?,
                    Err(error) => self.last[before] = Some(error),
                }
            }
        }
        // Who calls for another reason is not waited for.
        while let Some(Ok((stream, _))) = self.listener.as_ref().map(TcpListener::accept) {
            let (callers, ours) = (self.callers.0.clone(), self.ours.clone());
            let answer = move || {
                if let Ok(met) = answer(stream, ours) {
                    let _ = callers.send(met);
                }
            };
            // A caller whom nobody answers calls again.
            let _ = std::thread::Builder::new().name("weir-meet".into()).spawn(answer);
        }
        while let Ok((stream, theirs)) = self.callers.1.try_recv() {
            let after = theirs.from as usize;
            if after > self.cluster.index && self.met.get(after).is_some_and(Option::is_none) {
                self.accept(after, stream, &theirs)?;
            } else {
                return Err(self.unlike(after, &theirs));
            }
        }
        let index = self.cluster.index;
        Ok((0..self.met.len()).find(|other| *other != index && self.met[*other].is_none()))
    }

    fn call(&self, index: usize) -> io::Result<Met> {
        let mut last = io::ErrorKind::NotFound.into();
        for address in self.cluster.addresses[index].to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, SILENCE) {
                Ok(stream) => return greet(stream, &Hello { to: index as u32, ..self.ours.clone() }),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    fn accept(&mut self, index: usize, stream: TcpStream, theirs: &Hello) -> Result<(), ClusterError> {
        match theirs.problem(&self.ours, index as u32) {
            Some(_) => Err(self.unlike(index, theirs)),
            None => {
                self.met[index] = Some(stream);
                Ok(())
            }
        }
    }

    fn unlike(&self, index: usize, theirs: &Hello) -> ClusterError {
        let problem = theirs.problem(&self.ours, index as u32);
        let problem =
            problem.unwrap_or_else(|| "is there twice, or calls where it should be called".to_owned());
        let address = self.cluster.addresses.get(index);
        let address = address.map_or_else(|| "an unknown address".to_owned(), Clone::clone);
        ClusterError::Unlike { index, address, problem }
    }
}

/// Hears who calls, and says who this is.
fn answer(mut stream: TcpStream, ours: Hello) -> io::Result<Met> {
    prepare(&stream)?;
    let theirs = Hello::read(&mut stream)?;
    Hello { to: theirs.from, ..ours }.write(&mut stream)?;
    finish(stream, theirs)
}

/// Says who this is, and hears who is there.
fn greet(mut stream: TcpStream, ours: &Hello) -> io::Result<Met> {
    prepare(&stream)?;
    ours.write(&mut stream)?;
    let theirs = Hello::read(&mut stream)?;
    finish(stream, theirs)
}

fn prepare(stream: &TcpStream) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_nodelay(true)?;
    watch(stream)?;
    stream.set_read_timeout(Some(SILENCE))?;
    stream.set_write_timeout(Some(SILENCE))
}

/// A machine that goes without a word is noticed after some seconds: it does not answer when asked whether it is there, nor
/// acknowledge what is sent.
fn watch(stream: &TcpStream) -> io::Result<()> {
    setsockopt(stream, sockopt::KeepAlive, &true)?;
    setsockopt(stream, sockopt::TcpKeepIdle, &2)?;
    setsockopt(stream, sockopt::TcpKeepInterval, &2)?;
    setsockopt(stream, sockopt::TcpKeepCount, &3)?;
    Ok(setsockopt(stream, sockopt::TcpUserTimeout, &8_000)?)
}

/// From here on whoever waits for something waits as long as it takes.
fn finish(stream: TcpStream, theirs: Hello) -> io::Result<Met> {
    stream.set_read_timeout(None)?;
    stream.set_write_timeout(None)?;
    Ok((stream, theirs))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    fn addresses(count: usize) -> Vec<String> {
        // Ports that were free a moment ago, each another one.
        let free: Vec<TcpListener> = (0..count).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        free.iter().map(|listener| listener.local_addr().unwrap().to_string()).collect()
    }

    fn meet(of: &Cluster, workers: usize, program: u128) -> Result<Vec<bool>, String> {
        let processes = of.meet(workers, program, |_| {}).map_err(|error| error.to_string())?;
        assert_eq!(processes.index(), of.index);
        Ok((0..processes.count()).map(|index| processes.is_other(index)).collect())
    }

    fn clusters(count: usize) -> Vec<Cluster> {
        let addresses = addresses(count);
        let patience = Duration::from_secs(10);
        (0..count).map(|index| Cluster { index, addresses: addresses.clone(), patience }).collect()
    }

    #[test]
    fn all_meet_whoever_comes_first() {
        let threads: Vec<_> = clusters(4)
            .into_iter()
            .map(|cluster| std::thread::spawn(move || (cluster.index, meet(&cluster, 2, 7))))
            .collect();
        for thread in threads {
            let (own, met) = thread.join().unwrap();
            assert_eq!(met, Ok((0..4).map(|index| index != own).collect()));
        }
    }

    #[test]
    fn who_does_not_fit_is_told_and_so_are_the_others() {
        type Change = fn(&mut Cluster, &mut usize, &mut u128);
        let changes: [(Change, &str, &str); 4] = [
            (|_, workers, _| *workers = 3, "has 3 workers (-w)", "has 2 workers (-w)"),
            (|_, _, program| *program = 8, "runs another program", "runs another program"),
            (
                |cluster, _, _| cluster.addresses.push("127.0.0.1:1".into()),
                "was told of 3 processes",
                "was told of 2 processes",
            ),
            (|cluster, _, _| cluster.addresses.reverse(), "has not come within", "has not come within"),
        ];
        for (change, first_hears, second_hears) in changes {
            let mut clusters = clusters(2);
            clusters.iter_mut().for_each(|cluster| cluster.patience = Duration::from_secs(1));
            let (mut second, first) = (clusters.pop().unwrap(), clusters.pop().unwrap());
            let (mut workers, mut program) = (2, 7);
            change(&mut second, &mut workers, &mut program);
            let other = std::thread::spawn(move || meet(&second, workers, program).unwrap_err());
            let here = meet(&first, 2, 7).unwrap_err();
            let there = other.join().unwrap();
            assert!(here.contains(first_hears) && there.contains(second_hears), "{here}\n{there}");
        }
    }

    #[test]
    fn who_does_not_come_is_named_with_its_address() {
        let mut clusters = clusters(2);
        for cluster in &mut clusters {
            cluster.patience = Duration::from_millis(100);
            let other = 1 - cluster.index;
            let error = meet(cluster, 1, 7).unwrap_err();
            let expected =
                format!("process {other} at {} has not come within 0.1 s", cluster.addresses[other]);
            assert!(error.starts_with(&expected), "{error}");
        }
    }

    #[test]
    fn strangers_are_no_trouble() {
        let mut clusters = clusters(2);
        let (second, first) = (clusters.pop().unwrap(), clusters.pop().unwrap());
        let address = first.addresses[0].clone();
        let here = std::thread::spawn(move || meet(&first, 1, 7));
        let stranger = || loop {
            if let Ok(stream) = TcpStream::connect(&address) {
                return stream;
            }
        };
        let silent = stranger();
        let mut loud = stranger();
        loud.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        let _ = loud.read(&mut [0; 1]);
        assert_eq!(meet(&second, 1, 7), Ok(vec![true, false]));
        assert_eq!(here.join().unwrap(), Ok(vec![false, true]));
        drop(silent);
    }
}
