/** Rooms that are spoken to before they are open. */

// #region readme
import {
  type ArgsOf,
  type ClientOf,
  consume,
  type Impl,
  provide,
  serveObject,
  service,
  type Target,
  t,
} from "../../ts/index.ts";

const OpenError = t.enum("OpenError", { Denied: t.unit, Call: t.callError });
const Room = service("Room", { say: t.method("&self", { text: t.str }, t.str) });
const Rooms = service("Rooms", {
  // #[pipelinable] in Rust
  open: t.method("&self", { name: t.str }, t.client(Room), OpenError, { pipelinable: true }),
});

class RoomsImpl implements Impl<typeof Rooms> {
  open({ name }: ArgsOf<typeof Rooms, "open">): ClientOf<typeof Room> {
    if (name === "cellar") throw OpenError.error("Denied");
    return serveObject(Room, { say: ({ text }) => `${name}: ${text}` }).client;
  }
}

export async function hotel(to: Target): Promise<void> {
  await provide(Rooms, new RoomsImpl(), { to });
}

export async function guest(target: Target): Promise<string[]> {
  await using rooms = await consume(Rooms, target);
  await using lobby = rooms.open({ name: "lobby" }); // not awaited: it can be called all the same
  const said = await lobby.say({ text: "hi" }); // both calls cost one round trip
  const cellar = rooms.open({ name: "cellar" });
  const denied = await cellar.say({ text: "hi" }).catch((error) => (OpenError.is(error, "Denied") ? "denied" : "?"));
  return [said, denied];
}
// #endregion
