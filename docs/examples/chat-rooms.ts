/** Objects by reference, calls on results that are not there yet, a stream of events. */

// #region readme
import { consume, RemoteObject, type Target } from "../../ts/index.ts";
import { type Server, serve } from "../../ts/node/index.ts";

/** Stays on the server: a client gets a stub, because the class extends RemoteObject. */
class Room extends RemoteObject {
  #listeners = new Set<(text: string) => void>();

  say(text: string): number {
    for (const listener of this.#listeners) listener(text);
    return this.#listeners.size;
  }

  listen(listener: (text: string) => void): void {
    this.#listeners.add(listener);
  }
}

class Chat {
  #rooms = new Map<string, Room>();

  openRoom(name: string): Room {
    const room = this.#rooms.get(name) ?? new Room();
    this.#rooms.set(name, room);
    return room;
  }
}

export function listen(port: number): Promise<Server> {
  const chat = new Chat();
  return serve({ port, path: "/chat" }, (client) => client.provide(chat));
}

export async function visit(url: Target, hear: (text: string) => void): Promise<number> {
  await using chat = await consume<Chat>(url);
  using room = await chat.openRoom("lobby");
  await room.listen(hear);
  return await chat.openRoom("lobby").say("hi"); // not awaited in between: both calls leave together
}
// #endregion
