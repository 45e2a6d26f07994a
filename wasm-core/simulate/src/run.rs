//! Running many schedules, and reporting the one that fails.

use std::any::Any;
use std::cell::RefCell;
use std::collections::HashMap;
use std::env;
use std::fmt::Debug;
use std::ops::Range;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, Once};
use std::thread::{self, ScopedJoinHandle, ThreadId};
use std::time::{Duration, Instant};

use crate::choices::{Choices, Seeded};
use crate::pair::Summary;
use crate::shrink::shrink;
use crate::{hostile, pair};

/// A schedule takes milliseconds; shrinking one that fails, seconds.
const LONGEST: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A kind of schedule.
pub trait Simulation: Clone + Send {
    /// Its module, as it is named on the command line and in regression tests.
    const NAME: &'static str;
    /// One of its steps.
    type Op: Clone + Debug;

    /// The schedule that these choices make.
    fn of(choices: &mut impl Choices) -> Self;
    /// The schedule of a seed.
    fn of_seed(seed: u64) -> Self {
        Self::of(&mut Seeded::new(seed))
    }
    /// What happens, in order.
    fn ops(&self) -> &[Self::Op];
    /// The same setup with other steps.
    fn with_ops(&self, ops: &[Self::Op]) -> Self;
    /// The setup as a field of its struct.
    fn setup(&self) -> String;
    /// Runs it.
    ///
    /// # Panics
    /// When an invariant does not hold.
    fn run(&self) -> Summary;
}

impl Simulation for pair::Schedule {
    const NAME: &'static str = "pair";
    type Op = pair::Op;

    fn of(choices: &mut impl Choices) -> Self {
        Self::generate(choices)
    }

    fn ops(&self) -> &[pair::Op] {
        &self.ops
    }

    fn with_ops(&self, ops: &[pair::Op]) -> Self {
        Self { ops: ops.to_vec(), ..self.clone() }
    }

    fn setup(&self) -> String {
        format!("setup: {:?}", self.setup)
    }

    fn run(&self) -> Summary {
        Self::run(self)
    }
}

impl Simulation for hostile::Schedule {
    const NAME: &'static str = "hostile";
    type Op = hostile::Op;

    fn of(choices: &mut impl Choices) -> Self {
        Self::generate(choices)
    }

    fn ops(&self) -> &[hostile::Op] {
        &self.ops
    }

    fn with_ops(&self, ops: &[hostile::Op]) -> Self {
        Self { ops: ops.to_vec(), ..self.clone() }
    }

    fn setup(&self) -> String {
        format!("end: {:?}", self.end)
    }

    fn run(&self) -> Summary {
        Self::run(self)
    }
}

/// Runs the schedules of these seeds on all processors; their sums.
///
/// # Errors
/// The first failure that was found, shrunk and written as a regression test. The seeds after it are left out.
pub fn search<S: Simulation>(seeds: Range<u64>) -> Result<Summary, String> {
    let next = AtomicU64::new(seeds.start);
    let failed = AtomicBool::new(false);
    let failure = Mutex::new(None);
    let total = Mutex::new(Summary::default());
    let started = Mutex::new(HashMap::new());
    let work = || {
        let mut sum = Summary::default();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end || failed.load(Ordering::Relaxed) {
                break;
            }
            started.lock().unwrap().insert(thread::current().id(), (seed, Instant::now()));
            let schedule = S::of_seed(seed);
            match attempt(|| schedule.run()) {
                Ok(summary) => add(&mut sum, summary),
                Err(message) if !failed.swap(true, Ordering::Relaxed) => {
                    let again = format!("npm run simulate -- --kind {} --seed {seed}", S::NAME);
                    *failure.lock().unwrap() = Some(report(&schedule, &message, &again));
                }
                Err(_) => {}
            }
        }
        started.lock().unwrap().remove(&thread::current().id());
        add(&mut total.lock().unwrap(), sum);
    };
    thread::scope(|scope| {
        let count = thread::available_parallelism().map_or(1, usize::from);
        let workers: Vec<_> = (0..count).map(|_| scope.spawn(work)).collect();
        while !workers.iter().all(ScopedJoinHandle::is_finished) {
            thread::sleep(LOOK_EVERY);
            give_up_on_hangs::<S>(&started.lock().unwrap());
        }
    });
    match failure.into_inner().unwrap() {
        Some(report) => Err(report),
        None => Ok(total.into_inner().unwrap()),
    }
}

/// Runs one schedule, which is run again by the command `again`.
///
/// # Errors
/// As [`search`].
pub fn run_one<S: Simulation>(schedule: &S, again: &str) -> Result<Summary, String> {
    attempt(|| schedule.run()).map_err(|message| report(schedule, &message, again))
}

/// An endless loop cannot be caught.
fn give_up_on_hangs<S: Simulation>(started: &HashMap<ThreadId, (u64, Instant)>) {
    if let Some((seed, _)) = started.values().find(|(_, at)| at.elapsed() > LONGEST) {
        eprintln!(
            "{} {seed} does not end. Again: npm run simulate -- --kind {} --seed {seed}",
            S::NAME,
            S::NAME
        );
        std::process::exit(1);
    }
}

fn add(sum: &mut Summary, summary: Summary) {
    sum.sent += summary.sent;
    sum.received += summary.received;
    sum.cancelled += summary.cancelled;
    sum.freed += summary.freed;
    sum.quiet += summary.quiet;
    sum.failures |= summary.failures;
    sum.trace ^= summary.trace;
}

/// The failure of a schedule as a test to be pasted into `wasm-core/mux/tests/simulation.rs`.
fn report<S: Simulation>(schedule: &S, message: &str, again: &str) -> String {
    let ops = shrink(schedule.ops(), |ops| attempt(|| schedule.with_ops(ops).run()).is_err());
    let shortest = schedule.with_ops(&ops);
    let message_of_shortest = attempt(|| shortest.run()).err().unwrap_or_default();
    let lines: String = ops.iter().map(|op| format!("            {op:?},\n")).collect();
    let name = S::NAME;
    format!(
        "A schedule ({name}) failed: {message}\n\
         Again: {again}\n\
         Its shortest form, {} operations of {}, fails with: {message_of_shortest}\n\n\
         #[test]\n\
         fn name_what_must_hold() {{\n    \
             use {name}::Op::*;\n    \
             let _ = {name}::Schedule {{\n        \
                 {},\n        \
                 ops: vec![\n{lines}        ],\n    \
             }}\n    .run();\n\
         }}\n",
        ops.len(),
        schedule.ops().len(),
        schedule.setup(),
    )
}

thread_local! {
    /// `Some` while panics of this thread are caught: the last one's message and place.
    static CAUGHT: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// What `run` returns, or the message of its panic, which is not printed.
///
/// # Errors
/// When `run` panics.
pub fn attempt<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let is_caught = CAUGHT.with_borrow_mut(|caught| {
                let message = payload_text(info.payload());
                let place = info.location().map(ToString::to_string).unwrap_or_default();
                caught.as_mut().map(|caught| *caught = format!("{message} ({place})")).is_some()
            });
            if !is_caught {
                previous(info);
            }
        }));
    });
    CAUGHT.set(Some(String::new()));
    let result = panic::catch_unwind(AssertUnwindSafe(run));
    let message = CAUGHT.take().unwrap_or_default();
    result.map_err(|_| message)
}

fn payload_text(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_default()
}

/// The seeds of a test: `count` from `CUTTLE_SEED` on when that is set, else from `first` on. Printed.
#[must_use]
pub fn seeds(first: u64, count: u64) -> Range<u64> {
    let first = env::var("CUTTLE_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(first);
    println!("seeds {first} to {}; others with CUTTLE_SEED", first + count - 1);
    first..first + count
}
