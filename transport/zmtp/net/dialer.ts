import { checkOptions, type ConnectionOptions } from "../connection/connection_options.ts";
import type { CloseCause } from "../connection/violation.ts";
import type { LinkOwner } from "../socket/link.ts";
import { prepare, type Shared } from "./listener.ts";
import { isAddress, type Lookup } from "./resolver.ts";
import { TcpLink } from "./tcp_link.ts";

/** The other side of a dialer. */
export interface Target {
  /** An address, or a name that is looked up before each attempt. */
  readonly host: string;
  readonly port: number;
}

/** Keeps a socket connected to one peer. */
export class Dialer {
  readonly #target: Target;
  #options: ConnectionOptions;
  readonly #owner: LinkOwner;
  readonly #shared: Shared;
  readonly #lookup: Lookup;
  #link: TcpLink | null = null;
  #pauseMs: number;
  #refusedPauseMs: number;
  /** Set while a pause after a refusal is to end soon. */
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;
  #endPause: () => void = () => {};
  readonly #connecting = new AbortController();
  #running: Promise<void> | null = null;
  readonly #lookedUp = Promise.withResolvers<void>();

  constructor(
    ...[target, options, owner, shared, lookup]: [Target, ConnectionOptions, LinkOwner, Shared, Lookup]
  ) {
    checkOptions(options);
    this.#target = target;
    this.#options = options;
    this.#owner = owner;
    this.#shared = shared;
    this.#lookup = lookup;
    this.#pauseMs = shared.limits.firstPauseMs;
    this.#refusedPauseMs = shared.limits.firstRefusedPauseMs;
  }

  /** Resolves once the host's name is looked up for the first time, or could not be. */
  get lookedUp(): Promise<void> {
    return this.#lookedUp.promise;
  }

  /** Begins to connect. */
  start(): void {
    this.#running = this.#run();
  }

  /** Calls the other side by another name from now on, in what is told of its connections. */
  rename(name: string): void {
    this.#options = withServerId(this.#options, name);
    this.#link?.rename(name);
  }

  /** Tries again in a moment if it was refused: there is a sign that the other side admits this one's key now. */
  retryIfRefused(): void {
    const { firstPauseMs, firstRefusedPauseMs } = this.#shared.limits;
    if (this.#refusedPauseMs === firstRefusedPauseMs || this.#retryTimer !== undefined || this.#isClosed) return;
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = undefined;
      // An attempt may be under way that is refused yet.
      this.#refusedPauseMs = firstRefusedPauseMs;
      this.#endPause();
    }, firstPauseMs);
  }

  /** Ends the connection, and tries no more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#connecting.abort();
    clearTimeout(this.#retryTimer);
    this.#endPause();
    this.#link?.close({ code: "closed", detail: "This side has closed" });
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#isClosed) {
      const begin = performance.now();
      const cause = await this.#attempt();
      if (performance.now() - begin > this.#shared.limits.longestPauseMs) {
        this.#pauseMs = this.#shared.limits.firstPauseMs;
      }
      if (!this.#isClosed) await this.#pause(this.#pauseAfter(cause));
    }
  }

  /** Returns the pause before the next attempt, and makes the one after it longer. */
  #pauseAfter({ code }: CloseCause): number {
    const { longestPauseMs, firstRefusedPauseMs, refusedPauseMs } = this.#shared.limits;
    if (code === "refused-by-peer") {
      const pauseMs = Math.min(refusedPauseMs, this.#refusedPauseMs);
      this.#refusedPauseMs = pauseMs * 2;
      return pauseMs;
    }
    this.#refusedPauseMs = firstRefusedPauseMs;
    const pauseMs = this.#pauseMs;
    this.#pauseMs = Math.min(longestPauseMs, pauseMs * 2);
    return pauseMs;
  }

  /** Connects once, and returns the cause of the end when it has come to it. */
  async #attempt(): Promise<CloseCause> {
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(new Error("It takes too long")), this.#shared.limits.connectMs);
    const signal = AbortSignal.any([deadline.signal, this.#connecting.signal]);
    let tcp: Deno.TcpConn;
    try {
      const hostname = await this.#address(signal);
      tcp = await Deno.connect({ hostname, port: this.#target.port, signal });
    } catch (error) {
      const cause: CloseCause = { code: "network", detail: error instanceof Error ? error.message : String(error) };
      if (!this.#isClosed) this.#tell(this.#target.host, null, cause);
      return cause;
    } finally {
      clearTimeout(timer);
    }
    return await this.#hold(tcp);
  }

  /** A look-up cannot be ended, but is not waited for any longer than everything else. */
  async #address(signal: AbortSignal): Promise<string> {
    const { host } = this.#target;
    if (isAddress(host)) {
      this.#lookedUp.resolve();
      return host;
    }
    const ended = new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    try {
      return await Promise.race([this.#lookup(host), ended]);
    } catch (error) {
      // Not allowed to look up names: whoever connects does it then.
      if (isForbidden(error)) return host;
      throw error;
    } finally {
      this.#lookedUp.resolve();
    }
  }

  #hold(tcp: Deno.TcpConn): Promise<CloseCause> {
    prepare(tcp);
    const { ticker, limits } = this.#shared;
    return new Promise((resolve) => {
      const link = this.#link = new TcpLink(tcp, this.#options, this.#owner, {
        ...{ ticker, farewellMs: limits.farewellMs, budget: null },
        isBarred: () => false,
        established: () => null,
        ended: ({ address, peer }, cause) => {
          this.#link = null;
          this.#tell(address, peer, cause);
          resolve(cause);
        },
      });
      link.start();
      if (this.#isClosed) link.close({ code: "closed", detail: "This side has closed" });
    });
  }

  #tell(address: string, peer: string | null, cause: CloseCause): void {
    this.#shared.onEnd({ direction: "out", address, peer, cause });
  }

  /** Waits, give or take a quarter, so that those who lost a connection together do not come back together. */
  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms * (0.75 + Math.random() / 2));
      this.#endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Returns the settings of who calls the owner of the server's key `name`. */
function withServerId(options: ConnectionOptions, name: string): ConnectionOptions {
  const { mechanism } = options;
  if (!("client" in mechanism)) return options;
  return { ...options, mechanism: { ...mechanism, client: { ...mechanism.client, serverId: name } } };
}

/** Returns whether this process lacks the permission; the system's look-up says so with a code. */
const isForbidden = (error: unknown): boolean =>
  error instanceof Deno.errors.NotCapable || (error instanceof Error && "code" in error && error.code === "EPERM");
