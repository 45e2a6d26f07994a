/** Functions and objects as values: what one side gives, and how the other one uses it. */

// #region readme
import { consume, functions, Handle, Lazy, LazyBlob, provide, RwLockOwner, type Target, t } from "../../ts/index.ts";

class Draft {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const Desk = t.struct({
  add: t.rfn([t.u32, t.u32], t.u32), // RFn<(u32, u32), u32>
  draft: t.handle(Draft), // Handle<Draft>: the draft stays where it is
  publish: t.rfn([t.handle(Draft)], t.str),
  report: t.lazyValue(t.str), // Lazy<String>: made when somebody asks
  photo: t.lazyBlob, // LazyBlob: its size is known before it is fetched
  title: t.rwLock(t.str), // RwLock<String>
});

export async function owner(to: Target): Promise<void> {
  const title = new RwLockOwner(t.str, "untitled");
  await provide(
    Desk,
    {
      add: async (a, b) => a + b,
      draft: Handle.of(new Draft("hello")),
      publish: async (draft) => draft.value.text.toUpperCase(), // the same draft again
      report: Lazy.of(async () => "all well"),
      photo: LazyBlob.of(new Uint8Array(100_000)),
      title: title.rwLock(),
    },
    { to },
  );
}

export async function user(target: Target): Promise<string[]> {
  const desk = await consume(Desk, target);
  const sum = await desk.add(1, 2);
  const published = await desk.publish(desk.draft);
  const report = await desk.report.get();
  const photo = desk.photo.size < 1_000_000 ? await desk.photo.blob("image/png") : new Blob();
  const title = await desk.title.write();
  title.value = "Tuesday";
  await title.commit(); // whoever had read the title before reads it again
  for (const fn of [desk.add, desk.publish]) functions.release(fn);
  for (const object of [desk.draft, desk.report, desk.photo, desk.title]) object.drop();
  return [`${sum}`, published, report, `${photo.size}`, title.value];
}
// #endregion
