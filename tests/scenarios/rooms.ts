/** Traits whose methods return clients of other traits, as the Rust peers have them. */

import {
  type ArgsOf,
  type Client,
  type ClientOf,
  clientControl,
  type Impl,
  type Method,
  serveObject,
  service,
  t,
} from "../../ts/index.ts";
import { codeOf } from "./close.ts";

/** Why a room is not opened. */
export const OpenError = t.enum("OpenError", { Denied: t.unit, Call: t.callError });
type OpenFailure = t.Infer<typeof OpenError>;
type Named = { name: t.Descriptor<string> };

// Spelled out because it leads to itself.
type RoomMethods = {
  say: Method<{ text: t.Descriptor<string> }, string>;
  side: Method<Named, Client<RoomMethods>, OpenFailure>;
  note: Method<{ number: t.Descriptor<number> }, number[]>;
  fail: Method<Record<never, never>, null, OpenFailure>;
};

const room = t.lazy((): t.Descriptor<Client<RoomMethods>> => t.client(Room));
const opens = { pipelinable: true } as const;

/** A room, which leads to others. */
export const Room = service<RoomMethods>("Room", {
  say: t.method("&self", { text: t.str }, t.str),
  side: t.method("&self", { name: t.str }, room, OpenError, opens),
  note: t.method("&self", { number: t.u32 }, t.vec(t.u32)),
  fail: t.method("&self", {}, t.unit, OpenError),
});

/** What opens them. */
export const Rooms = service("Rooms", {
  open: t.method("&self", { name: t.str }, t.client(Room), OpenError, opens),
  open_plain: t.method("&self", { name: t.str }, t.client(Room), OpenError),
  greet: t.method("&self", { room: t.client(Room) }, t.str),
});

/** Opens rooms; those whose name ends in "closed" are denied. */
export class RoomsImpl implements Impl<typeof Rooms> {
  open({ name }: ArgsOf<typeof Rooms, "open">): ClientOf<typeof Room> {
    return openRoom(name);
  }

  open_plain({ name }: ArgsOf<typeof Rooms, "open_plain">): ClientOf<typeof Room> {
    return openRoom(name);
  }

  async greet({ room }: ArgsOf<typeof Rooms, "greet">): Promise<string> {
    return await room.say({ text: "hello" }).finally(() => clientControl(room).close());
  }
}

function openRoom(name: string): ClientOf<typeof Room> {
  if (name.endsWith("closed")) throw OpenError.error("Denied");
  const notes: number[] = [];
  const implementation: Impl<typeof Room> = {
    say: ({ text }) => `${name}: ${text}`,
    side: (args) => openRoom(`${name}/${args.name}`),
    async note({ number }) {
      notes.push(number);
      for (let turn = 0; turn < 100; turn++) await Promise.resolve();
      notes.push(number);
      return [...notes];
    },
    fail() {
      throw OpenError.error("Denied");
    },
  };
  return serveObject(Room, implementation).client;
}

/** What using rooms showed. */
export interface RoomsReport {
  said: string[];
  denied: string[];
  greeted: string[];
  notes: number[] | string;
  stopped: string[];
}

/** Uses the rooms without waiting for any, and lets go of them. */
export async function useRooms(rooms: ClientOf<typeof Rooms>): Promise<RoomsReport> {
  const lobby = rooms.open({ name: "lobby" });
  const side = lobby.side({ name: "side" });
  const farther = side.side({ name: "farther" });
  const plain = rooms.open_plain({ name: "plain" });
  const said = await Promise.all([
    lobby.say({ text: "hi" }),
    side.say({ text: "hello" }),
    farther.say({ text: "oh" }),
    plain.say({ text: "well" }),
  ]);
  const closed = rooms.open({ name: "closed" });
  const denied = [closed.say({ text: "hi" }), closed.side({ name: "x" }).say({ text: "hi" }), closed];
  const reasons = await Promise.all(denied.map((one) => one.then(String, reasonOf)));
  const greeted = await rooms.greet({ room: await rooms.open({ name: "mine" }) });
  const greetedEarly = await rooms.greet({ room: rooms.open({ name: "early" }) });
  const notes = await takeNotes(await rooms.open({ name: "ordered" }));
  const stopped = await failOnce(await rooms.open({ name: "strict" }));
  for (const one of [lobby, side, farther, plain]) clientControl(await one).close();
  clientControl(rooms).close();
  return { said, denied: reasons, greeted: [greeted, greetedEarly], notes, stopped };
}

/** Calls that run one after the other although all are sent at once, where that can be asked for. */
async function takeNotes(room: ClientOf<typeof Room>): Promise<number[] | string> {
  clientControl(room).sequential = true;
  const calls = [1, 2, 3].map((number) => room.note({ number }));
  const results = await Promise.allSettled(calls);
  clientControl(room).close();
  const last = results.at(-1) as PromiseSettledResult<number[]>;
  return last.status === "fulfilled" ? last.value : codeOf(last.reason);
}

/** A failure after which nothing more is served, where that can be asked for. */
async function failOnce(room: ClientOf<typeof Room>): Promise<string[]> {
  const control = clientControl(room);
  control.sequential = true;
  control.stopOnError = true;
  const calls = [room.fail(), room.say({ text: "late" })];
  const codes = await Promise.all(calls.map((call) => call.then(String, reasonOf)));
  control.close();
  return codes;
}

function reasonOf(error: unknown): string {
  return OpenError.is(error, "Denied") ? "Denied" : codeOf(error);
}
