//! Engines of several workers, in one or several processes; those processes are threads here, that have nothing in common but
//! the connections between them.

use std::net::{TcpListener, TcpStream};
use std::ops::Deref;
use std::sync::Arc;
use std::thread::JoinHandle;

use weir_engine::compile::compile_text;
use weir_engine::diagnostics::Diagnostic;
use weir_engine::engine::{OtherProcess, Processes, StartError, follow, identity};
use weir_engine::ir::Program;
use weir_engine::{Config, Engine};

/// How many processes, and how many workers each.
pub(crate) type Shape = (usize, usize);

/// An engine, and the processes that follow it.
pub(crate) struct Cluster {
    pub(crate) shape: Shape,
    engine: Option<Engine>,
    followers: Vec<JoinHandle<Result<(), StartError>>>,
}

impl Cluster {
    pub(crate) fn start(text: &str, shape: Shape) -> Cluster {
        // Each process would read the text by itself.
        let (one, other) = (program(text), program(text));
        assert_eq!(identity(&one).unwrap(), identity(&other).unwrap(), "{text}");
        Cluster::of(Arc::new(one), shape).unwrap_or_else(|found| panic!("{found:?}\n{text}"))
    }

    pub(crate) fn of(program: Arc<Program>, shape: Shape) -> Result<Cluster, Vec<Diagnostic>> {
        let (processes, workers) = shape;
        let config = move || Config { workers, ..Config::default() };
        if processes == 1 {
            let engine = Engine::new(program, config())?;
            return Ok(Cluster { shape, engine: Some(engine), followers: Vec::new() });
        }
        let mut connected = connected(processes).into_iter().enumerate();
        let (_, first) = connected.next().unwrap();
        let follower = |(index, others)| {
            let program = program.clone();
            std::thread::spawn(move || follow(program, config(), Processes::new(index, others)))
        };
        let followers: Vec<_> = connected.map(follower).collect();
        match Engine::among(program.clone(), config(), Processes::new(0, first)) {
            Ok(engine) => Ok(Cluster { shape, engine: Some(engine), followers }),
            Err(StartError::Program(found)) => {
                for follower in followers {
                    let also = follower.join().unwrap().unwrap_err();
                    assert!(matches!(also, StartError::Program(_)), "{also}");
                }
                Err(found)
            }
            Err(lost) => panic!("{lost}"),
        }
    }
}

impl Deref for Cluster {
    type Target = Engine;

    fn deref(&self) -> &Engine {
        self.engine.as_ref().unwrap()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.engine.take());
        for follower in self.followers.drain(..) {
            let ended = follower.join();
            if !std::thread::panicking() {
                ended.unwrap().unwrap();
            }
        }
    }
}

fn program(text: &str) -> Program {
    compile_text("test.dl", text, &[]).unwrap_or_else(|found| panic!("{found:?}")).0
}

/// By process its connections to the others.
pub(crate) fn connected(processes: usize) -> Vec<Vec<Option<OtherProcess>>> {
    let mut all: Vec<Vec<Option<OtherProcess>>> =
        (0..processes).map(|_| (0..processes).map(|_| None).collect()).collect();
    for one in 0..processes {
        for other in 0..one {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let there = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let (here, _) = listener.accept().unwrap();
            for (at, to, stream) in [(one, other, there), (other, one, here)] {
                stream.set_nodelay(true).unwrap();
                all[at][to] = Some(OtherProcess { name: format!("process {to}").into(), stream });
            }
        }
    }
    all
}
