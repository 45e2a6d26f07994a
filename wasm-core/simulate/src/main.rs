//! `cuttle-simulate [--kind pair|hostile] [--seeds N] [--from SEED] [--seed SEED]`: runs the schedules of N seeds, or of
//! one, and ends with 1 when one fails, which is printed in its shortest form.

#![allow(clippy::panic, reason = "a program for developers")]

use std::ops::Range;
use std::process::ExitCode;
use std::time::Instant;

use cuttle_simulate::run::{Simulation, search};
use cuttle_simulate::{hostile, pair};

/// Between two lines of a long run.
const SEEDS_PER_LINE: u64 = 50_000;

struct Options {
    kind: Option<String>,
    seeds: Range<u64>,
}

fn main() -> ExitCode {
    let options = match parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(problem) => {
            eprintln!("{problem}\ncuttle-simulate [--kind pair|hostile] [--seeds N] [--from SEED] [--seed SEED]");
            return ExitCode::from(2);
        }
    };
    let wanted = |name| options.kind.as_deref().is_none_or(|kind| kind == name);
    let passed = (!wanted("pair") || simulate::<pair::Schedule>(&options.seeds))
        && (!wanted("hostile") || simulate::<hostile::Schedule>(&options.seeds));
    if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn parse(mut args: impl Iterator<Item = String>) -> Result<Options, String> {
    let (mut kind, mut first, mut count) = (None, 0, 10_000);
    while let Some(name) = args.next() {
        let value = args.next().ok_or_else(|| format!("{name} needs a value"))?;
        let number = || value.parse::<u64>().map_err(|_| format!("{name} needs a number, not {value}"));
        match name.as_str() {
            "--kind" if ["pair", "hostile"].contains(&value.as_str()) => kind = Some(value),
            "--seeds" => count = number()?,
            "--from" => first = number()?,
            "--seed" => (first, count) = (number()?, 1),
            _ => return Err(format!("{name} {value} is not understood")),
        }
    }
    Ok(Options { kind, seeds: first..first.saturating_add(count) })
}

/// Whether all of them passed.
fn simulate<S: Simulation>(seeds: &Range<u64>) -> bool {
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
