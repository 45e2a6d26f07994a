//! `differential [--scripts N] [--from SEED]`: runs scripts between ends that are cuttle's core or a real remoc, in every
//! combination, and compares what the applications see. The last line is `N scripts agree`.
//!
//! Packets go through memory and time stands still, so what is seen is decided by the script alone.

mod cuttle;
#[allow(dead_code, reason = "the application of the core's own tests; a part of it is used")]
#[path = "../../../../wasm-core/mux/tests/support/end.rs"]
mod end;
mod remoc;
mod rng;
mod script;
mod seen;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

use bytes::Bytes;
use futures::channel::mpsc::{UnboundedSender, unbounded};
use tokio::task::{LocalSet, spawn_local};
use tokio::time::{sleep, timeout};

use cuttle::Announces;
use script::{At, Op, Script};
use seen::{CONNECTION, Command, Seen, Wiring};

/// What an end is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Cuttle(Announces),
    Remoc18,
    Remoc20,
}

const CLASSIC: Kind = Kind::Cuttle(Announces::Nothing);
const MODERN: Kind = Kind::Cuttle(Announces::Everything);

/// The first of them says what is right.
const COMBINATIONS: [[Kind; 2]; 10] = [
    [Kind::Remoc18, Kind::Remoc18],
    [Kind::Remoc20, Kind::Remoc20],
    [CLASSIC, CLASSIC],
    [MODERN, MODERN],
    [CLASSIC, Kind::Remoc18],
    [Kind::Remoc18, CLASSIC],
    [CLASSIC, Kind::Remoc20],
    [Kind::Remoc20, CLASSIC],
    [MODERN, Kind::Remoc20],
    [Kind::Remoc20, MODERN],
];

/// Longer than anybody waits before sending (remoc 0.18 flushes after 20 ms) and shorter than any timeout.
const SETTLE: Duration = Duration::from_millis(100);

type Lines = BTreeMap<At, Vec<String>>;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().collect();
    let number = |name: &str, default: u64| {
        let at = args.iter().position(|arg| arg == name);
        at.and_then(|at| args.get(at + 1)).map_or(default, |text| text.parse().expect("a number"))
    };
    let (count, first) = (number("--scripts", 1_000), number("--from", 0));
    for seed in first..first + count {
        if let Err(difference) = compare(&Script::of_seed(seed)) {
            println!("script {seed}: {difference}");
            return ExitCode::FAILURE;
        }
    }
    println!("{count} scripts agree");
    ExitCode::SUCCESS
}

fn compare(script: &Script) -> Result<(), String> {
    let [model, others @ ..] = &COMBINATIONS;
    let expected = run(script, *model);
    for kinds in others {
        let seen = run(script, *kinds);
        let ends = expected.keys().chain(seen.keys());
        if let Some(at) = ends.into_iter().find(|at| expected.get(at) != seen.get(at)) {
            let ops: String = script.ops.iter().map(|op| format!("\n  {op:?}")).collect();
            return Err(format!(
                "end {} of port {} saw\n  {:?} between {kinds:?},\n  {:?} between {model:?}.\nSizes {:?}{ops}",
                at.0,
                at.1,
                seen.get(at),
                expected.get(at),
                script.sizes,
            ));
        }
    }
    Ok(())
}

fn run(script: &Script, kinds: [Kind; 2]) -> Lines {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    LocalSet::new().block_on(&runtime, run_script(script, kinds))
}

async fn run_script(script: &Script, kinds: [Kind; 2]) -> Lines {
    /// Longer than any end takes.
    const END: Duration = Duration::from_secs(300);
    let seen = Seen::default();
    let (a_sink, b_stream) = unbounded::<Bytes>();
    let (b_sink, a_stream) = unbounded::<Bytes>();
    let mut commands = Vec::new();
    let mut tasks = Vec::new();
    for (end, (sink, stream)) in [(a_sink, a_stream), (b_sink, b_stream)].into_iter().enumerate() {
        let (tx, rx) = unbounded();
        let wiring = Wiring { end, sizes: script.sizes[end], commands: rx, sink, stream, seen: seen.clone() };
        commands.push(tx);
        tasks.push(match kinds[end] {
            Kind::Cuttle(announces) => spawn_local(cuttle::run(wiring, announces)),
            Kind::Remoc18 => spawn_local(remoc::v18::run(wiring)),
            Kind::Remoc20 => spawn_local(remoc::v20::run(wiring)),
        });
    }
    sleep(SETTLE).await;
    for (step, op) in script.ops.iter().enumerate() {
        perform(step, op, &commands, &seen);
        sleep(SETTLE).await;
    }
    commands.iter().for_each(|tx| drop(tx.unbounded_send(Command::End)));
    for (end, task) in tasks.into_iter().enumerate() {
        match timeout(END, task).await {
            Ok(Ok(())) => {}
            Ok(Err(panic)) => seen.note((end, CONNECTION), format!("panicked: {panic}")),
            Err(_) => seen.note((end, CONNECTION), "does not end"),
        }
    }
    seen.lines()
}

fn perform(step: usize, op: &Op, commands: &[UnboundedSender<Command>], seen: &Seen) {
    let (end, command) = match op {
        Op::Open { end, port } => (*end, Command::Open(*port)),
        Op::Answer { end, port, accept } => (*end, Command::Answer { accept: *accept, port: *port }),
        Op::Send { at, len } => (at.0, Command::Send(at.1, content(step, *len))),
        Op::List { at, ports } => {
            seen.announce((1 - at.0, at.1), ports.clone());
            (at.0, Command::List(at.1, ports.clone()))
        }
        Op::Finish { at } => (at.0, Command::Finish(at.1)),
        Op::Receive { at, count } => (at.0, Command::Receive(at.1, *count)),
        Op::Close { at } => (at.0, Command::Close(at.1)),
        Op::Drop { at } => (at.0, Command::Drop(at.1)),
    };
    // An end that is over has noted why.
    commands[end].unbounded_send(command).ok();
}

/// No two messages and no two parts of one are alike.
fn content(step: usize, len: usize) -> Bytes {
    (0..len).map(|at| (step.wrapping_mul(31) ^ at.wrapping_mul(at + 7)) as u8).collect()
}
