//! Sessions recorded between remoc 0.20.5 and itself, 0.19.1 and 0.18.3: the core plays either side.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

#[path = "sessions/player.rs"]
mod player;
mod support;

use cuttle_mux::{Event, Message, Misuse, PortRef};
use player::{Frames, Player, frames_of, is_about_credits, play, play_frames, recording, vector};
use serde_json::Value;

fn replay(name: &str, side: usize) {
    check_whole(play(name, side), side);
}

fn check_whole(mut player: Player, side: usize) {
    let events = player.end.events();
    let count = |wanted: fn(&Event) -> bool| events.iter().filter(|event| wanted(event)).count();
    assert_eq!(count(|event| matches!(event, Event::Ready)), 1);
    assert_eq!(count(|event| matches!(event, Event::Opened { .. })), 1 + usize::from(side == 0));
    assert_eq!(count(|event| matches!(event, Event::Request { .. })), 1 + usize::from(side == 1));
    assert_eq!(count(|event| matches!(event, Event::Freed { .. })), 3);
    assert_eq!(count(|event| matches!(event, Event::SendFinished { .. })), 3);
    assert_eq!(count(|event| matches!(event, Event::ReceiverFinished { .. })), 3);
    let chunks = count(|event| matches!(event, Event::Chunk { key: Some(_), last: true, .. }));
    assert_eq!(chunks, player.received.len());
    assert_eq!(player.received.len(), if side == 0 { 2 } else { 1 });
    assert_eq!(player.sent, Vec::new(), "more was sent");
    assert_eq!(player.end.outcome, Some(Event::Ended));
    player.end.check_nothing_left(0.0);
}

/// A recording that stops in the middle.
fn replay_part(name: &str, side: usize) {
    end_part(name, side, play(name, side));
}

fn end_part(name: &str, side: usize, mut player: Player) {
    assert!(player.sent.is_empty(), "{name}, side {side}: more was sent: {:?}", player.texts(&player.sent));
    if player.end.outcome.is_none() {
        player.end.transport_end();
    }
    player.end.check_nothing_left(0.0);
}

#[test]
fn the_core_plays_0_18_3_asked_by_0_20_5() {
    replay("remoc20-06-asks-0.18.3.json", 1);
    replay("remoc20-09-asks-0.18.3-json.json", 1);
}

#[test]
fn the_core_plays_0_18_3_that_asks_0_20_5() {
    replay("remoc20-07-asked-by-0.18.3.json", 0);
    replay("remoc20-10-asked-by-0.18.3-json.json", 0);
}

#[test]
fn the_core_plays_0_20_5_with_0_18_3() {
    replay("remoc20-06-asks-0.18.3.json", 0);
    replay("remoc20-09-asks-0.18.3-json.json", 0);
    replay("remoc20-07-asked-by-0.18.3.json", 1);
    replay("remoc20-10-asked-by-0.18.3-json.json", 1);
}

#[test]
fn the_core_plays_either_side_of_0_20_5_without_extensions() {
    replay("remoc20-04-session-nothing.json", 0);
    replay("remoc20-04-session-nothing.json", 1);
}

#[test]
fn the_core_plays_either_side_of_0_20_5_with_all_that_it_announces() {
    for side in [0, 1] {
        replay("remoc20-01-session-all.json", side);
        replay("remoc20-08-session-all-json.json", side);
    }
}

#[test]
fn the_core_plays_either_side_of_0_20_5_without_one_of_its_features() {
    for side in [0, 1] {
        replay("remoc20-02-session-no-varint.json", side);
        replay("remoc20-03-session-no-pre-connect.json", side);
        replay("remoc20-05-session-no-port-side.json", side);
    }
}

#[test]
fn the_core_plays_either_side_of_0_20_5_with_0_19_1() {
    for side in [0, 1] {
        replay("remoc20-11-asks-0.19.1.json", side);
        replay("remoc20-12-asked-by-0.19.1.json", side);
    }
}

#[test]
fn the_core_plays_either_side_of_raw_ports_that_are_used_before_they_are_accepted() {
    for side in [0, 1] {
        replay_part("remoc20-25-undecided-port.json", side);
    }
    replay_part("remoc20-20-raw-ports.json", 1);
    // On the asking side the core uses every port early, also those of the recording that wait for the answer: 3 and 4.
    let name = "remoc20-20-raw-ports.json";
    let mut frames = recording(name);
    frames.retain(|(_, frame)| !matches!(frame.header.get(..2), Some([4..=12, 3 | 4])));
    end_part(name, 0, play_frames(name, &frames, 0));
}

#[test]
fn the_core_plays_either_side_of_lists_in_all_their_forms() {
    let name = "remoc20-21-port-data.json";
    replay_part(name, 1);
    // The core ends refused ports at once, the application of the recording never did.
    let mut player = play(name, 0);
    let ends = player.sent.split_off(0);
    assert!(ends.iter().all(|frame| matches!(frame.header[0], 0x0a | 0x0c)), "{:?}", player.texts(&ends));
    end_part(name, 0, player);
}

#[test]
fn the_core_plays_either_side_of_all_kinds_of_channels() {
    for side in [0, 1] {
        replay_part("remoc20-30-channels-all.json", side);
        replay_part("remoc20-31-channels-classic.json", side);
        replay_part("remoc20-32-mpsc-parallel.json", side);
    }
}

#[test]
fn a_refusal_that_comes_when_the_port_has_ended_is_survived() {
    replay_part("remoc20-23-late-reject.json", 0);
    replay_part("remoc20-24-late-tentative-reject.json", 0);
}

/// What a recording with one capability less or more changes in its `base`: frames by their sender and their place among
/// that one's.
fn with_changes(base: &Value, changes: &Value) -> Frames {
    let mut rows = base.as_array().unwrap().clone();
    for change in changes.as_array().unwrap() {
        let mut own = rows.iter_mut().filter(|row| row["dir"] == change["dir"]);
        let row = own.nth(change["nth"].as_u64().unwrap() as usize).unwrap();
        assert_eq!(row["hex"], change["instead_of"]);
        row["hex"] = change["hex"].clone();
    }
    frames_of(&rows)
}

#[test]
fn the_core_plays_either_side_of_a_0_20_5_with_one_capability_and_one_with_all() {
    let vector = vector("remoc20-13-capability-matrix.json");
    let matrix = vector["changes"].as_object().unwrap();
    assert_eq!(matrix.len(), 9);
    for (capability, directions) in matrix {
        for (direction, base) in vector["base"].as_object().unwrap() {
            let frames = with_changes(base, &directions[direction]);
            for side in [0, 1] {
                let name = format!("{capability}, {direction}");
                check_whole(play_frames(&name, &frames, side), side);
            }
        }
    }
}

/// Plays a recording in which credits come from pools, too. Of what is returned the core may keep back less than a
/// quarter of a window of 64 and a tenth of a pool of 128.
fn replay_credits(name: &str, side: usize) -> Player {
    let frames = recording(name);
    let mut player = play_frames(name, &frames, side);
    let returned = player.returned(player.sent.iter());
    let own = frames.iter().filter(|(from, _)| *from == side).map(|(_, frame)| frame);
    let recorded = player.returned(own);
    assert!(returned[0].abs_diff(recorded[0]) < 16, "{returned:?}, recorded {recorded:?}");
    assert!(returned[1].abs_diff(recorded[1]) < 13, "{returned:?}, recorded {recorded:?}");
    let varint = player.varint;
    player.sent.retain(|frame| !is_about_credits(&Message::decode(&frame.header, varint).unwrap()));
    player
}

#[test]
fn the_core_plays_either_side_of_credits_of_ports_and_pools() {
    let name = "remoc20-22-credits.json";
    for side in [0, 1] {
        end_part(name, side, replay_credits(name, side));
    }
}

#[test]
fn the_core_plays_either_side_of_what_is_used_without_being_announced() {
    let name = "remoc20-26-use-without-announcing.json";
    for side in [0, 1] {
        let mut player = replay_credits(name, side);
        let key = player.key(if side == 0 { PortRef::sender(1) } else { PortRef::receiver(1) });
        let asked = player.end.mux.request_report(key);
        // A answers no questions, and is asked none.
        assert_eq!(asked, if side == 0 { Ok(()) } else { Err(Misuse::Unsupported) });
        player.end.transmit(9, 0.0);
        end_part(name, side, player);
    }
}
