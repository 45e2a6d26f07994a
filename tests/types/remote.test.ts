/** What people see when they hover and when they err; checked by the compiler, the run only counts it. */
import { expectTypeOf, test } from "vitest";
import { type broadcast, consume, mpsc, type Remote, RemoteObject, remote, t } from "../../ts/index.ts";

class Room extends RemoteObject {
  private readonly secret = 1;
  /** Says something to everybody. */
  say(text: string): number {
    return text.length + this.secret;
  }
  next(): Room {
    return this;
  }
}

const api = {
  version: 3,
  settings: { dark: true, sizes: [1, 2] },
  openRoom: (_name: string): Room => new Room(),
  rooms: async (): Promise<{ name: string; room: Room }[]> => [],
  blur: async (image: Uint8Array, _radius: number, _onProgress: (percent: number) => void) => image,
  adder: (n: number) => (m: number) => n + m,
  items: (): Map<string, { at: Date }> => new Map(),
  marked: () => remote({ hit: (): number => 1 }),
  async *count(to: number) {
    for (let i = 0; i < to; i++) yield i;
  },
  feed: (_sender: mpsc.Sender<number>): void => {},
  news: async (): Promise<{ rx: mpsc.Receiver<string> }> => ({ rx: undefined as never }),
  weak: () => new WeakMap<object, number>(),
};
type Api = Remote<typeof api>;
declare const there: Api;

/** Only the compiler looks at the body. */
function compiled(_: () => unknown): void {}

test("arguments keep their names and types, results are promised", () => {
  compiled(async () => {
    expectTypeOf(await there.openRoom("lobby").say("hi")).toEqualTypeOf<number>();
    expectTypeOf(await there.version).toEqualTypeOf<number>();
    expectTypeOf(await there.settings.sizes).toEqualTypeOf<number[]>();
    expectTypeOf(await there.items()).toEqualTypeOf<Map<string, { at: Date }>>();
    expectTypeOf(await there.blur(new Uint8Array(1), 4, (percent) => expectTypeOf(percent).toBeNumber())).toEqualTypeOf<
      Uint8Array<ArrayBufferLike>
    >();
    // @ts-expect-error a name is a string
    there.openRoom(5);
    // @ts-expect-error there is no such member
    there.closeRoom("lobby");
  });
});

test("what goes by reference is remote in results, at any depth", () => {
  compiled(async () => {
    const [first] = await there.rooms();
    expectTypeOf(first?.name).toEqualTypeOf<string | undefined>();
    if (first !== undefined) expectTypeOf(await first.room.say("hi")).toEqualTypeOf<number>();
    const add = await there.adder(1);
    expectTypeOf(await add(2)).toEqualTypeOf<number>();
    expectTypeOf(await (await there.marked()).hit()).toEqualTypeOf<number>();
    expectTypeOf((await there.news()).rx).toEqualTypeOf<mpsc.Receiver<string>>();
    for await (const n of await there.count(3)) expectTypeOf(n).toEqualTypeOf<number>();
    using room = await there.openRoom("lobby");
    expectTypeOf(await room.next().next().say("x")).toEqualTypeOf<number>();
    // @ts-expect-error private members stay at home
    void room.secret;
  });
});

test("a result that is still to come can be an argument, and a callback may answer later", () => {
  compiled(async () => {
    await there.openRoom(there.rooms().then((all) => all.length.toString()));
    await there.blur(
      there.blur(new Uint8Array(1), 1, () => {}),
      2,
      async () => {},
    );
    // @ts-expect-error a promise of something else
    await there.openRoom(Promise.resolve(5));
  });
});

test("what cannot be sent says so where it is used", () => {
  compiled(async () => {
    const weak = await there.weak();
    expectTypeOf(weak["~cannot be sent"]).toEqualTypeOf<"a weak collection">();
    // @ts-expect-error not a WeakMap over here
    weak.get({});
  });
});

class Thermometer extends RemoteObject {
  #degrees = 20;
  /** What it shows. */
  get degrees(): number {
    return this.#degrees;
  }
  set degrees(value: number) {
    this.#degrees = value;
  }
  get limits(): { low: number; high: number } {
    return { low: 0, high: 100 };
  }
  get owner(): Room {
    return new Room();
  }
  protected get calibration(): number {
    return 1;
  }
  /** Events through a channel of this side, and through one of the caller. */
  changes(): broadcast.Receiver<{ degrees: number }> {
    return undefined as never;
  }
  watch(_degrees: mpsc.Sender<number>, _onLimit: (degrees: number) => void): void {}
}

test("getters of a class are read by awaiting them, and cannot be written", () => {
  compiled(async () => {
    await using thermometer = await consume<Thermometer>("/live");
    expectTypeOf(await thermometer.degrees).toEqualTypeOf<number>();
    expectTypeOf(await thermometer.limits).toEqualTypeOf<{ low: number; high: number }>();
    expectTypeOf(await thermometer.limits.high).toEqualTypeOf<number>();
    expectTypeOf(await thermometer.owner.say("hi")).toEqualTypeOf<number>();
    // @ts-expect-error a promise is no number
    thermometer.degrees + 1;
    // @ts-expect-error a method has to do it
    thermometer.degrees = 30;
    // @ts-expect-error it is protected
    void thermometer.calibration;
  });
});

test("events come through halves of channels, which keep their types, or through callbacks", () => {
  compiled(async () => {
    await using thermometer = await consume<Thermometer>("/live");
    const changes = await thermometer.changes();
    expectTypeOf(changes).toEqualTypeOf<broadcast.Receiver<{ degrees: number }>>();
    for await (const change of changes) expectTypeOf(change.degrees).toEqualTypeOf<number>();
    const [tx, rx] = mpsc.channel(t.f64);
    await thermometer.watch(tx, (degrees) => expectTypeOf(degrees).toEqualTypeOf<number>());
    for await (const degrees of rx) expectTypeOf(degrees).toEqualTypeOf<number>();
    const [texts] = mpsc.channel(t.str);
    // @ts-expect-error a channel for texts takes no numbers
    await thermometer.watch(texts, () => {});
    // @ts-expect-error a callback for texts
    await thermometer.watch(tx, (degrees: string) => degrees);
  });
});

test("consume infers from what is asked for", () => {
  compiled(async () => {
    await using images = await consume<typeof api>("/live");
    expectTypeOf(images.openRoom).parameter(0).extract<string>().toEqualTypeOf<string>();
  });
});
