/**
 * The few things that are used of the packages in bench/package.json, which is installed only for the benchmarks:
 * `npm run check` has to work without.
 */

declare module "capnweb" {
  export class RpcTarget {}
  export function newWebSocketRpcSession(socket: unknown, main?: unknown): unknown;
  export function newMessagePortRpcSession(port: unknown, main?: unknown): unknown;
}

declare module "birpc" {
  export interface Channel {
    post(data: unknown): void;
    on(listener: (data: unknown) => void): void;
    serialize?(data: unknown): unknown;
    deserialize?(data: never): unknown;
    timeout?: number;
  }
  export function createBirpc(
    functions: object,
    channel: Channel,
  ): {
    $call(name: string, ...args: unknown[]): Promise<unknown>;
    $callEvent(name: string, ...args: unknown[]): Promise<void>;
  };
}

declare module "comlink" {
  export function wrap(endpoint: unknown): unknown;
  export function expose(value: unknown, endpoint: unknown): void;
  export function proxy<T>(value: T): T;
  export function transfer<T>(value: T, transferables: unknown[]): T;
}

declare module "socket.io" {
  export interface Socket {
    on(event: string, listener: (...args: never[]) => void): void;
    emit(event: string, ...args: unknown[]): void;
  }
  export class Server {
    constructor(server: unknown, options: object);
    on(event: "connection", listener: (socket: Socket) => void): void;
    emit(event: string, ...args: unknown[]): void;
  }
}

declare module "socket.io-client" {
  export interface Socket {
    on(event: string, listener: (...args: never[]) => void): void;
    once(event: string, listener: (...args: never[]) => void): void;
    off(event: string, listener?: (...args: never[]) => void): void;
    emit(event: string, ...args: unknown[]): void;
    emitWithAck(event: string, ...args: unknown[]): Promise<unknown>;
    close(): void;
  }
  export function io(url: string, options: object): Socket;
}

declare module "@trpc/client" {
  export function createWSClient(options: { url: string; WebSocket?: unknown }): { close(): Promise<void> };
  export function wsLink(options: { client: unknown }): unknown;
  export function createTRPCClient(options: { links: unknown[] }): unknown;
}

declare module "@trpc/server" {
  interface Procedure {
    input(parse: (value: unknown) => unknown): Procedure;
    mutation(run: (given: { input: never }) => unknown): unknown;
    subscription(run: (given: { input: never }) => AsyncGenerator<unknown>): unknown;
  }
  export const initTRPC: { create(): { router(procedures: object): unknown; procedure: Procedure } };
}

declare module "@trpc/server/adapters/ws" {
  export function applyWSSHandler(options: { wss: unknown; router: unknown }): void;
}

declare module "@moq/qmux" {
  export interface BidirectionalStream {
    readable: ReadableStream<Uint8Array>;
    writable: WritableStream<Uint8Array>;
  }
  export default class Session {
    constructor(source: string, options?: object);
    static accept(socket: unknown, options?: object): Session;
    readonly ready: Promise<void>;
    readonly closed: Promise<unknown>;
    readonly incomingBidirectionalStreams: ReadableStream<BidirectionalStream>;
    createBidirectionalStream(): Promise<BidirectionalStream>;
    close(): void;
  }
  export function selectSubprotocol(offered: Iterable<string>): string | undefined;
}

declare module "@msgpack/msgpack" {
  export function encode(value: unknown): Uint8Array;
  export function decode(bytes: Uint8Array): unknown;
}

declare module "msgpackr" {
  export class Packr {
    constructor(options?: object);
    encode(value: unknown): Uint8Array;
    decode(bytes: Uint8Array): unknown;
  }
}

declare module "cbor-x" {
  export class Encoder {
    constructor(options?: object);
    encode(value: unknown): Uint8Array;
    decode(bytes: Uint8Array): unknown;
  }
}

declare module "mobx" {
  export const observable: { map<K, V>(entries: Iterable<[K, V]>, options: { deep: boolean }): Map<K, V> };
  export function runInAction<R>(action: () => R): R;
}

declare module "y-websocket" {
  export class WebsocketProvider {
    constructor(url: string, room: string, doc: unknown, options?: { disableBc?: boolean });
    destroy(): void;
  }
}

declare module "@y/websocket-server/utils" {
  export function getYDoc(name: string): import("yjs").Doc;
  export function setupWSConnection(socket: unknown, request: unknown): void;
}

declare module "@tanstack/db" {
  interface Sync<T> {
    begin(): void;
    write(change: { type: "insert" | "update"; value: T }): void;
    commit(): void;
    markReady(): void;
  }
  export function createCollection<T extends object, K>(options: {
    getKey(row: T): K;
    sync: { rowUpdateMode: "full" | "partial"; sync(sync: Sync<T>): void };
  }): {
    readonly size: number;
    get(key: K): T | undefined;
    preload(): Promise<void>;
    cleanup(): Promise<void>;
  };
}
