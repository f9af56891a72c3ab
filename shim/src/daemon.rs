//! `weir run`: everything started in order, and ended in order.

use std::sync::{Arc, mpsc};

use thiserror::Error;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{broadcast, mpsc as tokio_mpsc};
use tracing::{error, info};
use weir_cluster::{JoinError, join};
use weir_engine::diagnostics::Diagnostic;
use weir_engine::engine::{Config as EngineConfig, Engine};
use weir_engine::source::SourceMap;
use weir_tls::{Tls, TlsError};

use crate::chassis::{HypervisorConfig, Hypervisors};
use crate::config::{NO_REMOTE, RunConfig};
use crate::control::Control;
use crate::driver::{Driver, DriverConfig, DriverError, Input, MissingRelation, Relations, is_own};
use crate::feed::{Feed, FeedAddress, Intent, Tables, Trust};
use crate::northbound::{Northbound, NorthboundTables};
use crate::observe::{Observed, Page};
use crate::services::{self, LearnedRelations};
use crate::transport::Servers;

/// Commits a slow watcher may be behind.
const WATCH_BACKLOG: usize = 1024;

/// Packets handed over that wait for the services; more are dropped.
const PACKET_BACKLOG: usize = 1024;

/// Why the daemon did not start, or ended by itself.
#[derive(Debug, Error)]
pub enum RunError {
    /// The rules are wrong; to be shown with the sources.
    #[error("the rules have {} error(s)", .1.len())]
    Rules(Box<SourceMap>, Vec<Diagnostic>),
    /// The rules do not fit this program.
    #[error(transparent)]
    Relations(#[from] MissingRelation),
    /// Another process that runs the rules with this one is gone, or does not come.
    #[error(transparent)]
    Join(JoinError),
    /// The state directory cannot be used.
    #[error(transparent)]
    State(#[from] DriverError),
    /// A file of the TLS identity cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A listener or the control socket cannot be bound.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Where.
        address: String,
        /// Why.
        source: std::io::Error,
    },
    /// A thread could not be started, or signals not be watched.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

/// Runs until a signal (SIGINT, SIGTERM) ends it.
///
/// # Errors
/// See [`RunError`]; nothing has been pushed to any switch then.
pub fn run(config: RunConfig) -> Result<(), RunError> {
    let (program, warnings) = weir_engine::compile::compile(&config.rules, &config.library)
        .map_err(|(sources, diagnostics)| RunError::Rules(Box::new(sources), diagnostics))?;
    if !warnings.is_empty() {
        eprint!("{}", weir_engine::diagnostics::render(&program.sources, &warnings, false));
    }
    let sources = program.sources.clone();
    let relations = Relations::of(&program)?;
    let engine_config = EngineConfig { workers: config.workers, ..EngineConfig::default() };
    let waiting = |whom: &str| info!("{whom}");
    let engine = match join(program.into(), engine_config, config.cluster.as_ref(), waiting) {
        Ok(Some(engine)) => engine,
        Ok(None) => {
            info!("the first process has ended");
            return Ok(());
        }
        Err(JoinError::Program(diagnostics)) => {
            return Err(RunError::Rules(Box::new(sources), diagnostics));
        }
        Err(error) => return Err(RunError::Join(error)),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(config, Arc::new(engine), relations))
}

async fn serve(config: RunConfig, engine: Arc<Engine>, relations: Relations) -> Result<(), RunError> {
    let tls = config.tls.clone().map(Tls::open).transpose()?;
    let (inputs, received) = mpsc::channel();
    let (events, mut chassis_events) = tokio_mpsc::unbounded_channel();
    let (notices, noticed) = tokio_mpsc::unbounded_channel();
    let (commits, _) = broadcast::channel(WATCH_BACKLOG);
    let hypervisors = Hypervisors::new(
        HypervisorConfig {
            listen_ovsdb: vec![config.listen_ovsdb.clone()],
            listen_openflow: vec![config.listen_openflow.clone()],
            dial: config.hypervisors.clone(),
            tls: tls.clone(),
            max_connections: config.max_connections,
            connections_per_second: config.connections_per_second,
            openflow_target: config.openflow_target.clone(),
            leave_after: config.leave_after,
            ..HypervisorConfig::default()
        },
        events,
    );
    let tables = Arc::new(Tables::of(&engine.program(), is_own));
    let intent = Intent::open(&config.state, Arc::clone(&tables)).map_err(DriverError::from)?;
    let driver = Driver::new(
        DriverConfig { state: config.state.clone(), settle: config.settle, northbound: config.nb.is_some() },
        Arc::clone(&engine),
        relations,
        intent,
        Arc::clone(&hypervisors),
        notices,
        commits.clone(),
    )?;
    // Before there is anything to clean up.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let control = Control::bind(&config.control)
        .await
        .map_err(|source| RunError::Listen { address: config.control.display().to_string(), source })?;

    let chassis_inputs = inputs.clone();
    tokio::spawn(async move {
        while let Some(event) = chassis_events.recv().await {
            if chassis_inputs.send(Input::Chassis(event)).is_err() {
                return;
            }
        }
    });
    let feed_inputs = inputs.clone();
    let feed = Arc::new(Feed::new(tables, commits.clone(), move |submission| {
        // The driver goes only when the daemon ends.
        let _ = feed_inputs.send(Input::Feed(submission));
    }));
    let trust = tls.clone().map(|tls| Trust { tls, clients: config.feed_clients.clone().into() });
    let feeds = tokio::spawn(Arc::clone(&feed).serve(config.feeds.clone(), trust));
    let (committed, mut reached) = (commits.subscribe(), None);
    let mut answers = Control::new(Arc::clone(&engine), Arc::clone(&hypervisors), commits);
    match &config.nb {
        Some(remotes) => {
            let northbound_inputs = inputs.clone();
            let installed_on = Arc::clone(&hypervisors);
            let elected = Arc::clone(&hypervisors);
            let northbound = Northbound::dial(
                Servers::new(remotes.clone(), tls),
                NorthboundTables::of(&engine.program()),
                noticed,
                move |input| {
                    // The driver goes only when the daemon ends.
                    let _ = northbound_inputs.send(Input::Northbound(input));
                },
                move |port| installed_on.mark_installed(&port.chassis, &port.name, port.installed),
                move |leads| if leads { elected.lead() } else { elected.stand_by() },
            );
            answers = answers.waiting_for(northbound.waiting());
            reached = Some(northbound.connected());
            tokio::spawn(northbound.run());
        }
        // What would be reported there is not.
        None => {
            drop(noticed);
            // There is no lock to contend for.
            hypervisors.lead();
        }
    }
    if let Some(address) = &config.metrics {
        let listener = TcpListener::bind(address).await;
        let listener = listener.map_err(|source| RunError::Listen { address: address.clone(), source })?;
        let observed = Arc::new(Observed::new(Arc::clone(&hypervisors), feed, reached));
        tokio::spawn(Arc::clone(&observed).follow(committed));
        let driver = inputs.clone();
        let page = Page::new(observed, move |answer| {
            // If the driver has gone, so has the answer.
            let _ = driver.send(Input::Ping(answer));
        });
        tokio::spawn(page.serve(listener));
        info!(metrics = %address, "serving /metrics, /healthz and /readyz");
    }
    tokio::spawn(answers.serve(control));
    let learned_inputs = inputs.clone();
    tokio::spawn(services::serve(
        hypervisors.packets(PACKET_BACKLOG),
        Arc::clone(&hypervisors),
        LearnedRelations::of(&engine.program()),
        move |updates| {
            // The driver goes only when the daemon ends.
            let _ = learned_inputs.send(Input::Learned(updates));
        },
    ));
    let sessions = tokio::spawn(Arc::clone(&hypervisors).serve());
    let (driver_ended, driver_end) = tokio::sync::oneshot::channel();
    let thread = std::thread::Builder::new().name("driver".into()).spawn(move || {
        driver.run(&received);
        let _ = driver_ended.send(());
    })?;
    info!(
        rules = %config.rules.display(),
        northbound = %config.nb.as_ref().map_or_else(|| NO_REMOTE.to_owned(), ToString::to_string),
        ovsdb = %config.listen_ovsdb,
        openflow = %config.listen_openflow,
        control = %config.control.display(),
        "weir is ready"
    );

    let (lost, is_lost) = tokio::sync::oneshot::channel();
    engine.when_lost(move |what| drop(lost.send(what.into())));
    tokio::select! {
        // Is never said if there is only one process.
        Ok(what) = is_lost => return Err(RunError::Join(JoinError::Lost(what))),
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        ended = sessions => return Err(listen_error(&config, ended)),
        (address, source) = no_feeds(feeds) => return Err(RunError::Listen { address, source }),
        _ = driver_end => error!("the driver ended by itself; switches go on forwarding"),
    }
    info!("ending; switches go on forwarding");
    let _ = inputs.send(Input::Stop);
    let _ = tokio::task::spawn_blocking(move || thread.join()).await;
    let _ = std::fs::remove_file(&config.control);
    Ok(())
}

/// Ends if feeds cannot be listened for.
async fn no_feeds(
    feeds: tokio::task::JoinHandle<Result<(), (FeedAddress, std::io::Error)>>,
) -> (String, std::io::Error) {
    match feeds.await {
        Ok(Err((address, source))) => (address.to_string(), source),
        Err(panicked) => ("--feed".to_owned(), std::io::Error::other(panicked)),
        // There are none, or they have all been read to the end.
        Ok(Ok(())) => std::future::pending().await,
    }
}

/// The sessions end by themselves only if they cannot listen.
fn listen_error(config: &RunConfig, ended: Result<std::io::Result<()>, tokio::task::JoinError>) -> RunError {
    let source = match ended {
        Ok(Err(source)) => source,
        Ok(Ok(())) => std::io::Error::other("no listener is left"),
        Err(panicked) => std::io::Error::other(panicked),
    };
    RunError::Listen { address: format!("{} or {}", config.listen_ovsdb, config.listen_openflow), source }
}
