import { member } from "./mark.ts";
import type { Question } from "./questions.ts";
import type { Session } from "./session.ts";
import { type Referent, referenceOf } from "./stub.ts";

/** An export of the other side. */
export class ImportReferent implements Referent {
  readonly session: Session;
  readonly id: number;

  constructor(session: Session, id: number) {
    this.session = session;
    this.id = id;
  }

  get name(): string {
    return this.id === 0 ? "object" : `object ${this.id}`;
  }

  get promise(): undefined {
    return undefined;
  }

  call(path: readonly string[], args: readonly unknown[]): object {
    return this.session.call(this.id, path, args);
  }

  read(path: readonly string[]): Promise<unknown> {
    return this.session.ask(this, path).result.promise;
  }

  dispose(): void | Promise<void> {
    return this.session.dropImport(this.id);
  }
}

/** The result of a call, there or not. */
export class QuestionReferent implements Referent {
  readonly session: Session;
  readonly question: Question;

  constructor(session: Session, question: Question) {
    this.session = session;
    this.question = question;
  }

  get name(): string {
    return "result";
  }

  get promise(): Promise<unknown> {
    return this.question.result.promise;
  }

  call(path: readonly string[], args: readonly unknown[]): object {
    if (this.question.outcome === undefined) return this.session.callResult(this.question, path, args);
    return this.session.local(async () => {
      const holder = reach(await this.promise, path.slice(0, -1));
      return invoke(holder, path.at(-1), args);
    });
  }

  read(path: readonly string[]): Promise<unknown> {
    if (this.question.outcome === undefined) return this.session.ask(this, path).result.promise;
    return this.promise.then((value) => reach(value, path));
  }

  dispose(): void {
    const drop = (value: unknown): void => {
      if (typeof value === "function") void referenceOf(value)?.referent.dispose();
    };
    this.promise.then(drop, () => undefined);
  }
}

/** The member at a path. Throws `remote_rejected` where there is none that may be used. */
export function reach(value: unknown, path: readonly string[]): unknown {
  let reached = value;
  for (const name of path) {
    const isStub = typeof reached === "function" && referenceOf(reached) !== undefined && !OF_PROMISES.has(name);
    reached = isStub ? (reached as unknown as Record<string, unknown>)[name] : member(reached, name);
  }
  return reached;
}

/** Members of stubs that the language uses: a name that came from a peer is none. */
const OF_PROMISES: ReadonlySet<string> = /* @__PURE__ */ new Set(["then", "catch", "finally"]);

/** Calls a member of `holder`, or `holder` itself. */
export function invoke(holder: unknown, name: string | undefined, args: readonly unknown[]): unknown {
  const method = name === undefined ? holder : reach(holder, [name]);
  if (typeof method !== "function") {
    throw new TypeError(`${name === undefined ? "what was called" : JSON.stringify(name)} is not a function`);
  }
  return Reflect.apply(method, name === undefined ? undefined : holder, args);
}
