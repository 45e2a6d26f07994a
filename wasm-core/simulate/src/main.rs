//! Runs the schedules of many seeds, of one, or of a fuzzer's file, and ends with 1 when one fails, which is printed in
//! its shortest form. [`USAGE`] names the options.

#![allow(clippy::panic, reason = "a program for developers")]

use std::ops::Range;
use std::process::ExitCode;
use std::time::Instant;

use cuttle_simulate::choices::Bytes;
use cuttle_simulate::run::{Simulation, run_one, search};
use cuttle_simulate::{hostile, pair};

const USAGE: &str =
    "cuttle-simulate [--kind pair|hostile] [--seeds N] [--from SEED] [--seed SEED] [--file PATH]";

/// Between two lines of a long run.
const SEEDS_PER_LINE: u64 = 50_000;

struct Options {
    kind: Option<String>,
    seeds: Range<u64>,
    /// The choices of a fuzzer, instead of seeds.
    file: Option<String>,
}

fn main() -> ExitCode {
    let options = match parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(problem) => {
            eprintln!("{problem}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let wanted = |name| options.kind.as_deref().is_none_or(|kind| kind == name);
    let passed = (!wanted("pair") || simulate::<pair::Schedule>(&options))
        && (!wanted("hostile") || simulate::<hostile::Schedule>(&options));
    if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn parse(mut args: impl Iterator<Item = String>) -> Result<Options, String> {
    let (mut kind, mut file, mut first, mut count) = (None, None, 0, 10_000);
    while let Some(name) = args.next() {
        let value = args.next().ok_or_else(|| format!("{name} needs a value"))?;
        let number = || value.parse::<u64>().map_err(|_| format!("{name} needs a number, not {value}"));
        match name.as_str() {
            "--kind" if ["pair", "hostile"].contains(&value.as_str()) => kind = Some(value),
            "--file" => file = Some(value),
            "--seeds" => count = number()?,
            "--from" => first = number()?,
            "--seed" => (first, count) = (number()?, 1),
            _ => return Err(format!("{name} {value} is not understood")),
        }
    }
    Ok(Options { kind, seeds: first..first.saturating_add(count), file })
}

/// Whether all of them passed.
fn simulate<S: Simulation>(options: &Options) -> bool {
    match &options.file {
        Some(path) => simulate_file::<S>(path),
        None => simulate_seeds::<S>(&options.seeds),
    }
}

fn simulate_file<S: Simulation>(path: &str) -> bool {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{path} cannot be read: {error}"));
    let again = format!("npm run simulate -- --kind {} --file {path}", S::NAME);
    let outcome = run_one(&S::of(&mut Bytes(&bytes)), &again);
    println!(
        "{}",
        outcome.as_ref().map_or_else(Clone::clone, |summary| format!("{} passed: {summary:?}", S::NAME))
    );
    outcome.is_ok()
}

fn simulate_seeds<S: Simulation>(seeds: &Range<u64>) -> bool {
    let began = Instant::now();
    let mut first = seeds.start;
    while first < seeds.end {
        let last = seeds.end.min(first + SEEDS_PER_LINE);
        match search::<S>(first..last) {
            Ok(summary) => {
                let seconds = began.elapsed().as_secs_f64();
                println!("{} {first} to {}: passed, {seconds:.1} s; {summary:?}", S::NAME, last - 1);
            }
            Err(report) => {
                println!("{report}");
                return false;
            }
        }
        first = last;
    }
    true
}
