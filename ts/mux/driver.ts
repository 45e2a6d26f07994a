import { Came, Core, type CoreSettings, type Flush } from "../core/core.ts";
import { CuttleError } from "../errors/error.ts";
import type { Transport, TransportEnd, TransportSink } from "../transport/transport.ts";
import type { Clock } from "../util/clock.ts";
import { Fifo } from "../util/fifo.ts";
import { onOnline } from "../util/online.ts";
import { nextTask } from "../util/task.ts";
import { Alarm } from "./alarm.ts";
import { Breath } from "./breath.ts";
import { dispatch, type EventTarget, type PayloadSource } from "./events.ts";
import { handOver } from "./flush.ts";
import { USUAL_CHUNK_BYTES } from "./settings.ts";
import type { FrameTap } from "./trace.ts";

/** What a multiplexer needs beside its transport. */
export interface MuxOptions {
  readonly settings: CoreSettings;
  readonly clock: Clock;
  /** Differs between connections; see the core. */
  readonly seed: number;
  /** Sees every frame from the first one on. */
  readonly tap?: FrameTap | undefined;
}

/** What a connection has moved so far. */
export interface Traffic {
  /** Frames and bytes handed to and received from the transport. */
  readonly framesSent: number;
  readonly framesReceived: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Flushes that sent something. */
  readonly flushes: number;
}

/** Whom the driver works for; told of the end exactly once, by `handleEnded` or `handleFailure`, and then stops it. */
export type DriverTarget = EventTarget;

/**
 * Messages handed over in one task. A browser pays about 0.1 ms for each WebSocket message, so this keeps the thread
 * for about 13 ms at most; bytes are bounded by the transport's capacity.
 */
const FLUSH_MESSAGES = 128;
/** Turns of promises in which most calls are answered that need wait for nothing, and most callers make the next one. */
const QUIET_TURNS = 16;
const RESOLVED = Promise.resolve();
/** A network that has changed answers within this time, or the connection did not survive it. */
const PROBE_MS = 3_000;

/**
 * Joins the core and a transport. It asks the core for frames only as far as the transport has room: once per task, and
 * where nothing was under way in the microtasks of the task that sends.
 * After {@link Driver.stop} it does nothing any more.
 */
export class Driver implements TransportSink, PayloadSource {
  readonly core: Core;
  readonly #transport: Transport;
  readonly clock: Clock;
  readonly #target: DriverTarget;
  readonly #settings: CoreSettings;
  readonly #alarm: Alarm;
  /** The transport takes frames. */
  #started = false;
  #stopped = false;
  /** The next frame is the payload of the header before. */
  #payloadDue = false;
  /** Those of which the core has not told what they are, in order. */
  readonly #payloads: Fifo<Uint8Array> = new Fifo();
  /** Frames that came together are being handled: their events are taken behind them. */
  #isTogether = false;
  #flushPlanned = false;
  /** Something happened since the last flush, so there may be something to send. */
  #isAsked = false;
  /** A task is too late for it. */
  #isSoon = false;
  /** Turns of promises that are left before a flush is planned for what is asked by then; 0 when nothing waits so. */
  #turnsLeft = 0;
  /** What is sent waits for the next flush; else it is as good as alone and need not. */
  #isBusy = false;
  /** Calls of {@link hurry} since the last flush. */
  #hurried = 0;
  /** A flush waits behind the microtasks that were queued. */
  #isHurrying = false;
  /** Run once, at the start of the next flush. */
  #gatherers: (() => void)[] = [];
  #dispatching = false;
  /** Towards a remoc 0.18 that is open. */
  #breath: Breath | undefined;
  #unwatch: (() => void) | undefined;
  /** See {@link MuxOptions.tap}. */
  tap: FrameTap | undefined;
  readonly #traffic = { framesSent: 0, framesReceived: 0, bytesSent: 0, bytesReceived: 0, flushes: 0 };

  /** Throws what making the core throws. */
  constructor(transport: Transport, options: MuxOptions, target: DriverTarget) {
    this.#transport = transport;
    this.clock = options.clock;
    this.#target = target;
    this.#settings = options.settings;
    this.tap = options.tap;
    const now = options.clock.now();
    this.core = new Core(options.settings, options.seed, now);
    // From now on, so that the deadline of the handshake covers a transport that never opens.
    this.#alarm = new Alarm(options.clock, () => this.flush());
    this.#alarm.set(this.core.deadline(), now);
  }

  /** What carries the frames, for messages. */
  get transportKind(): string {
    return this.#transport.kind;
  }

  /** What was moved so far. */
  get traffic(): Traffic {
    return this.#traffic;
  }

  /** Starts the transport and says Hello. Rejects when the transport cannot be opened. */
  async start(): Promise<void> {
    await this.#transport.start(this);
    this.#started = true;
    this.flush();
  }

  /** Nothing happens any more; frees everything. */
  stop(): void {
    this.#stopped = true;
    this.#unwatch?.();
    this.#alarm.stop();
    this.#transport.close();
    this.core.free();
  }

  /** The peer said Hello, so it is known what the transport can do. */
  handleReady(): void {
    const { acks, unasked, chunkBytes } = this.#transport;
    if (acks === true) this.core.useAcks();
    else if (unasked !== true) {
      this.core.useProbes();
      if (this.core.peer()?.generation === "0.18") this.#breath = new Breath();
    }
    // Others do not cross a network.
    if (unasked !== true) this.#unwatch = onOnline(() => this.#probe());
    if (chunkBytes === undefined) return;
    // Whoever chose smaller chunks than usual wants small ones.
    const { chunkBytes: received, maxSendChunkBytes } = this.#settings;
    const sent = Math.min(this.core.peer()?.chunkBytes ?? 0, maxSendChunkBytes);
    const agreed = (bytes: number): number => (bytes < USUAL_CHUNK_BYTES ? bytes : Math.max(bytes, chunkBytes));
    this.core.useChunks(agreed(received), agreed(sent));
  }

  /** Many networks change without a word to the connections that they had. */
  #probe(): void {
    this.core.probe(PROBE_MS, this.clock.now());
    this.flush();
  }

  /** Starts an orderly end. */
  close(): void {
    this.#breath = undefined;
    this.core.close(this.clock.now());
    this.flush();
  }

  /** Starts an end before which nothing that is queued is sent. */
  terminate(): void {
    this.#breath = undefined;
    this.core.terminate(this.clock.now());
    this.flush();
  }

  /** Plans a flush in a task of its own, for all that happens until then. */
  wake(): void {
    this.#isAsked = true;
    if (this.#flushPlanned || this.#turnsLeft > 0 || this.#stopped) return;
    this.#flushPlanned = true;
    nextTask(() => {
      this.#flushPlanned = false;
      const { flushes } = this.#traffic;
      this.flush();
      // Whoever sends so much mostly goes on.
      if (this.#traffic.flushes > flushes) this.wake();
      this.#isBusy = this.#flushPlanned || this.#turnsLeft > 0;
    });
  }

  /** As {@link hurry}, for what the answer to what has just come may take along. */
  soon(): void {
    this.#isAsked = true;
    this.#isSoon = true;
    this.#wakeWhenQuiet();
  }

  /**
   * As {@link wake}, for what somebody waits for: behind the microtasks that are queued now, so that what is sent together
   * leaves together, unless more was sent of late; then once there is enough for a flush, since a task may be long.
   */
  hurry(): void {
    if (this.#isHurrying || this.#stopped) return;
    this.#hurried += 1;
    if (this.#isBusy && this.#hurried < FLUSH_MESSAGES) return this.wake();
    this.#isBusy = true;
    this.#isHurrying = true;
    this.#wakeWhenQuiet();
    void RESOLVED.then(() => {
      this.#isHurrying = false;
      this.flush();
      this.#wakeWhenQuiet();
    });
  }

  /**
   * Some turns from now, {@link wake} when there is something to send by then. Most of it leaves before that with an answer
   * to what came, or the next call: a browser plans a task by posting a message, which takes as long as posting the answer.
   */
  #wakeWhenQuiet(): void {
    if (this.#flushPlanned) return;
    const isCounting = this.#turnsLeft > 0;
    this.#turnsLeft = QUIET_TURNS;
    if (isCounting) return;
    const turn = (): void => {
      this.#turnsLeft -= 1;
      if (this.#turnsLeft > 0) return void RESOLVED.then(turn);
      if (this.#isSoon) this.flush();
      if (this.#isAsked) this.wake();
      else this.#isBusy = false;
    };
    void RESOLVED.then(turn);
  }

  /** Runs `callback` once at the start of the next flush, to say in one message what was said in a task. */
  beforeFlush(callback: () => void): void {
    this.#gatherers.push(callback);
    this.hurry();
  }

  /** Hands over what the transport has room for, now. */
  flush(): void {
    if (!this.#stopped) this.#guarded(() => this.#transmit());
  }

  /** Tells what has happened, now. What a handler causes comes after what it has not seen yet. */
  takeEvents(detail?: string): void {
    if (this.#stopped || this.#dispatching) return;
    this.#dispatching = true;
    try {
      dispatch(this.core.takeEvents(), this.#target, this, detail);
    } finally {
      this.#dispatching = false;
    }
  }

  /** @internal The payload of the chunk being told about. */
  takePayload(): Uint8Array {
    const payload = this.#payloads.shift();
    if (payload === undefined) throw new CuttleError("bug", "the core tells of a payload that did not come");
    return payload;
  }

  /** @internal */
  frame(frame: Uint8Array): void {
    if (this.#stopped) return;
    this.#traffic.framesReceived += 1;
    this.#traffic.bytesReceived += frame.length;
    this.#isAsked = true;
    this.#wakeWhenQuiet();
    try {
      this.#take(frame);
    } catch (error) {
      this.#defect(error);
    }
  }

  #take(frame: Uint8Array): void {
    const now = this.clock.now();
    this.#breath?.heard(now);
    this.tap?.frame("received", frame, this.#payloadDue, now);
    if (this.#payloadDue) this.#payloads.push(frame);
    const came = this.#payloadDue ? this.core.handlePayload(frame.length, now) : this.core.handleFrame(frame, now);
    this.#payloadDue = (came & Came.payloadNext) !== 0;
    if ((came & Came.events) !== 0) this.#tell();
  }

  /** @internal */
  together(deliver: () => void): void {
    this.#isTogether = true;
    try {
      deliver();
    } finally {
      this.#isTogether = false;
    }
    this.#guarded(() => this.takeEvents());
  }

  /** @internal */
  acked(lenBytes: number, delayMs: number): void {
    if (this.#stopped) return;
    this.#guarded(() => {
      this.core.handleAck(lenBytes, delayMs, this.clock.now());
      this.#tell();
      this.#isAsked = true;
      this.#wakeWhenQuiet();
    });
  }

  /** @internal */
  writable(): void {
    this.wake();
  }

  /** @internal */
  ended(end: TransportEnd): void {
    if (this.#stopped) return;
    this.#guarded(() => {
      this.core.handleTransportEnd();
      this.takeEvents(end.reason);
    });
  }

  /** @internal */
  failed(error: CuttleError): void {
    if (this.#stopped) return;
    this.#guarded(() => this.takeEvents());
    this.#target.handleFailure(error);
  }

  /** Takes the events of what came, unless more comes together with it. */
  #tell(): void {
    if (!this.#isTogether) this.takeEvents();
  }

  /** A trap of the core, or any other defect here, ends this connection and no other. */
  #guarded(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#defect(error);
    }
  }

  #defect(error: unknown): void {
    this.#target.handleFailure(CuttleError.from(error, "bug", "the connection failed by a defect in cuttle"));
  }

  /** Events of commands are taken first, so that the queues of both sides of the border agree. */
  #transmit(): void {
    this.#hurried = 0;
    for (const gather of this.#gatherers.splice(0)) gather();
    const now = this.clock.now();
    this.core.handleTimeout(now);
    this.takeEvents();
    this.#isAsked = false;
    this.#isSoon = false;
    const quietUntil = this.#breath?.until(now);
    const maySend = this.#started && !this.#stopped && quietUntil === undefined;
    const capacity = maySend ? this.#transport.capacity() : 0;
    const flush = capacity > 0 ? this.core.transmit(FLUSH_MESSAGES, capacity, now) : undefined;
    if (flush !== undefined) {
      const bytes = this.#handOver(flush, now);
      this.takeEvents();
      // There may be more; other tasks come first.
      if (flush.count >= FLUSH_MESSAGES || bytes >= capacity) this.wake();
    }
    if (!this.#stopped) this.#alarm.set(quietUntil ?? this.core.deadline(), now);
  }

  /** How many bytes there were. */
  #handOver(flush: Flush, now: number): number {
    const { tap } = this;
    this.#breath?.sent(now);
    const counts = handOver(
      flush,
      this.#transport,
      this.#target.ports,
      tap && ((...sent) => tap.frame("sent", ...sent, now)),
    );
    this.#traffic.framesSent += counts.frames;
    this.#traffic.bytesSent += counts.bytes;
    this.#traffic.flushes += 1;
    this.#transport.flush();
    return counts.bytes;
  }
}
