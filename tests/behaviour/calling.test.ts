import { expect, test } from "vitest";
import { consume, provide, service, serveObject, t, watch, type Impl, clientControl } from "../../ts/index.ts";

const IncreaseError = t.enum("IncreaseError", { Overflow: t.struct({ current_value: t.u32 }), Call: t.callError });
const Counter = service("Counter", {
  value: t.method("&self", {}, t.u32),
  watch: t.method("&mut self", {}, t.watch.receiver(t.u32)),
  increase: t.method("&mut self", { by: t.u32 }, t.unit, IncreaseError),
});
class CounterImpl implements Impl<typeof Counter> {
  #tx = watch.channel(t.u32, 0)[0];
  value() { return this.#tx.borrow(); }
  watch() { return this.#tx.subscribe(); }
  increase({ by }: { by: number }) {
    const v = this.#tx.borrow();
    if (v + by > 0xffff_ffff) throw IncreaseError.error({ Overflow: { current_value: v } });
    this.#tx.send(v + by);
    return null;
  }
}
test("smoke", async () => {
  const { port1, port2 } = new MessageChannel();
  const [conn, counter] = await Promise.all([provide(Counter, new CounterImpl(), { to: port1 }), consume(Counter, port2)]);
  await counter.increase({ by: 20 });
  expect(await counter.value()).toBe(20);
  const w = await counter.watch();
  expect(w.borrow()).toBe(20);
  try { await counter.increase({ by: 4_294_967_295 }); expect.unreachable(); }
  catch (error) { expect(IncreaseError.is(error, "Overflow") && error.current_value).toBe(20); }
  w.drop();
  clientControl(counter).close();
  await conn.closed;
});
