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
  readonly #options: ConnectionOptions;
  readonly #owner: LinkOwner;
  readonly #shared: Shared;
  readonly #lookup: Lookup;
  #link: TcpLink | null = null;
  #pauseMs: number;
  #isClosed = false;
  #endPause: () => void = () => {};
  readonly #connecting = new AbortController();
  #running: Promise<void> | null = null;
  /** Told when the name of the first attempt has been looked up, or could not be. */
  #onLookedUp: () => void = () => {};

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
  }

  /** Begins to connect; resolves once the host's name is looked up for the first time, or could not be. */
  start(): Promise<void> {
    return new Promise((resolve) => {
      this.#onLookedUp = resolve;
      this.#running = this.#run();
    });
  }

  /** Ends the connection, and tries no more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#connecting.abort();
    this.#endPause();
    this.#link?.close({ code: "closed", detail: "This side has closed" });
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#isClosed) {
      const begin = performance.now();
      const cause = await this.#attempt();
      const { firstPauseMs, longestPauseMs, refusedPauseMs } = this.#shared.limits;
      if (performance.now() - begin > longestPauseMs) this.#pauseMs = firstPauseMs;
      if (this.#isClosed) return;
      await this.#pause(cause.code === "refused-by-peer" ? refusedPauseMs : this.#pauseMs);
      this.#pauseMs = Math.min(longestPauseMs, this.#pauseMs * 2);
    }
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
      this.#onLookedUp();
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
      this.#onLookedUp();
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

/** Returns whether this process lacks the permission; the system's look-up says so with a code. */
const isForbidden = (error: unknown): boolean =>
  error instanceof Deno.errors.NotCapable || (error instanceof Error && "code" in error && error.code === "EPERM");
