import { Connection } from "../connection/connection.ts";
import type { ConnectionOptions } from "../connection/connection_options.ts";
import type { CloseCause } from "../connection/violation.ts";
import type { Link, LinkOwner } from "../socket/link.ts";
import type { ComputeBudget, Waiting } from "./compute_budget.ts";
import { farewell } from "./farewell.ts";
import type { Ticker, Ticking } from "./ticker.ts";

/** Surroundings of a link: who made it is told of its steps. */
export interface LinkHooks {
  readonly ticker: Ticker;
  readonly farewellMs: number;
  /** Asked before anything is computed for this link; null where it always may. */
  readonly budget: ComputeBudget | null;
  /** True while the owner of its key has to wait, for what it did on another connection. Asked again and again. */
  isBarred(link: TcpLink): boolean;
  /** The handshake is over. Returns the cause if there is no place for it all the same. */
  established(link: TcpLink): CloseCause | null;
  /** Told once, when its socket is closed or about to be. */
  ended(link: TcpLink, cause: CloseCause): void;
}

/** Drives a connection over TCP: reads while its owner takes, writes what it has once a turn, closes both ends as one. */
export class TcpLink implements Link, Ticking, Waiting {
  tag = "";
  readonly address: string;
  readonly #tcp: Deno.TcpConn;
  readonly #connection: Connection;
  readonly #owner: LinkOwner;
  readonly #hooks: LinkHooks;
  /** The first message, fetched ahead: the owner hears of messages, not of bytes. */
  #head: Uint8Array[] | null = null;
  #refusedTold = 0;
  #isOpened = false;
  /** True while the last word of the handshake is kept back: nothing is read or written then. */
  #isBarred = false;
  #isHeld = false;
  #isReading = false;
  #isWriting = false;
  #isFlushDue = false;
  #isGranted = false;
  #hasEnded = false;

  constructor(tcp: Deno.TcpConn, options: ConnectionOptions, owner: LinkOwner, hooks: LinkHooks) {
    this.#tcp = tcp;
    this.#owner = owner;
    this.#hooks = hooks;
    this.address = tcp.remoteAddr.hostname;
    const mayCompute = () => this.#isGranted || (hooks.budget?.take() ?? true);
    this.#connection = new Connection({ ...options, mayCompute }, hooks.ticker.now());
  }

  /** Begins to read and write. */
  start(): void {
    this.#hooks.ticker.add(this);
    this.#flush();
    this.#read();
  }

  get peer(): string | null {
    return this.#connection.peer;
  }

  /** The key that was admitted here; null where this side admits nobody. */
  get key(): string | null {
    return this.#connection.key;
  }

  get isSubscribed(): boolean {
    return this.#connection.subscription.isOn;
  }

  take(): Uint8Array[] | null {
    const head = this.#head;
    if (head !== null) {
      this.#head = null;
      return head;
    }
    const message = this.#next();
    if (message === null) this.#step();
    return message;
  }

  send(frames: readonly Uint8Array[]): boolean {
    const isQueued = this.#connection.send(frames);
    if (isQueued) this.#scheduleFlush();
    else if (this.#connection.closed !== null) this.#finish();
    return isQueued;
  }

  flush(): void {
    if (!this.#hasEnded) this.#flush();
  }

  subscribe(): void {
    this.#connection.subscribe();
    this.#scheduleFlush();
  }

  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    if (!this.#isHeld || this.#hasEnded) return;
    this.#isHeld = false;
    if (this.#head !== null) this.#owner.readable(this);
    else if (!this.#isReading) this.#advance();
  }

  tick(now: number): void {
    this.#connection.tick(now, this.#isReading);
    this.#step(false);
    if (this.#isBarred) this.#advance();
  }

  /** Goes on with a handshake that waited for leave to compute. */
  granted(): void {
    this.#isGranted = true;
    this.#connection.resume(this.#hooks.ticker.now());
    this.#advance();
  }

  /** Calls the other side by another name from now on. */
  rename(name: string): void {
    this.#connection.rename(name);
  }

  close(cause: CloseCause): void {
    this.#connection.close(cause);
    this.#finish();
  }

  /** Looks for an end and for something to write; reads on if wanted. */
  #step(readsOn = true): void {
    if (this.#connection.closed !== null) return this.#finish();
    this.#scheduleFlush();
    if (readsOn) this.#read();
  }

  #read(): void {
    if (this.#isReading || this.#hasEnded) return;
    const room = this.#connection.room();
    if (this.#connection.closed !== null) return this.#finish();
    this.#isReading = true;
    this.#tcp.read(room).then(this.#onRead, this.#onFailure);
  }

  readonly #onRead = (count: number | null): void => {
    this.#isReading = false;
    if (this.#hasEnded) return;
    if (count === null) return this.#lost("ended", "The other side has ended the connection");
    this.#connection.filled(count, this.#hooks.ticker.now());
    this.#advance();
  };

  readonly #onFailure = (error: unknown): void => {
    if (!this.#hasEnded) this.#lost("network", error instanceof Error ? error.message : String(error));
  };

  /** Nothing has been proved before the handshake is over, and whoever ends then may do so a thousand times a second. */
  #lost(code: "ended" | "network", detail: string): void {
    this.close({ code: this.#isOpened ? code : "unfinished", detail });
  }

  #advance(): void {
    if (!this.#isOpened && this.#connection.phase === "traffic" && !this.#open()) return;
    if (this.#isHeld) return this.#scheduleFlush();
    if (this.#connection.isWaiting) return this.#hooks.budget?.wait(this);
    const message = this.#next();
    if (message === null) return this.#step();
    this.#scheduleFlush();
    this.#head = message;
    this.#owner.readable(this);
  }

  #next(): Uint8Array[] | null {
    const message = this.#connection.next();
    const { refused } = this.#connection;
    if (refused > this.#refusedTold) this.#owner.refused(refused - this.#refusedTold);
    this.#refusedTold = refused;
    return message;
  }

  #open(): boolean {
    this.#isBarred = this.#hooks.isBarred(this);
    if (this.#isBarred) return false;
    const refusal = this.#hooks.established(this);
    if (refusal !== null) {
      this.close(refusal);
      return false;
    }
    this.#isOpened = true;
    this.#owner.opened(this);
    return true;
  }

  /** Everything sent until the end of this turn leaves together. */
  #scheduleFlush(): void {
    if (this.#isFlushDue || this.#isWriting || this.#connection.output.bytes === 0) return;
    this.#isFlushDue = true;
    queueMicrotask(this.#onFlush);
  }

  readonly #onFlush = (): void => {
    this.#isFlushDue = false;
    if (!this.#hasEnded) this.#flush();
  };

  #flush(): void {
    if (this.#isWriting || this.#isBarred) return;
    const bytes = this.#connection.output.take();
    if (bytes !== null) this.#write(bytes);
  }

  #write(bytes: Uint8Array): void {
    this.#isWriting = true;
    this.#tcp.write(bytes).then((count) => {
      this.#isWriting = false;
      if (this.#hasEnded) return;
      this.#connection.wrote(this.#hooks.ticker.now());
      if (count < bytes.length) return this.#write(bytes.subarray(count));
      this.#connection.output.written();
      this.#flush();
    }, this.#onFailure);
  }

  #finish(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#head = null;
    this.#hooks.ticker.delete(this);
    this.#hooks.budget?.forget(this);
    if (this.#isOpened) this.#owner.ended(this);
    this.#hooks.ended(this, this.#connection.closed!);
    const { output, hasFarewell } = this.#connection;
    if (hasFarewell && !this.#isWriting) {
      return void farewell(this.#tcp, output, this.#isReading, this.#hooks.farewellMs);
    }
    output.discard();
    this.#tcp.close();
  }
}
