import { checkOptions, type ConnectionOptions } from "../connection/connection_options.ts";
import { TokenBucket } from "../connection/token_bucket.ts";
import { type CloseCause, OFFENCES } from "../connection/violation.ts";
import type { LinkOwner } from "../socket/link.ts";
import { AdmissionTable } from "./admission_table.ts";
import type { ComputeBudget } from "./compute_budget.ts";
import type { NetLimits } from "./net_limits.ts";
import { type LinkHooks, TcpLink } from "./tcp_link.ts";
import type { Ticker } from "./ticker.ts";

/** An end of a connection, for logs and counters. */
export interface End {
  readonly direction: "in" | "out";
  readonly address: string;
  /** The name of the other side's key, if it got as far. */
  readonly peer: string | null;
  readonly cause: CloseCause;
}

/** Things that all connections of a process share. */
export interface Shared {
  readonly limits: NetLimits;
  readonly ticker: Ticker;
  readonly budget: ComputeBudget;
  onEnd(end: End): void;
}

/** Pause while no more may be accepted: some ten connections' worth. */
const BUDGET_PAUSE_MS = 20;
/** Pause after accepting has failed, for want of descriptors in most cases. */
const FAILURE_PAUSE_MS = 100;

/** Accepts connections for one socket. */
export class Listener {
  readonly #tcp: Deno.TcpListener;
  readonly #options: ConnectionOptions;
  readonly #owner: LinkOwner;
  readonly #shared: Shared;
  readonly #table: AdmissionTable;
  readonly #accepts: TokenBucket;
  readonly #links = new Set<TcpLink>();
  readonly #hooks: LinkHooks;
  #closing: Promise<void> | null = null;
  readonly #accepting: Promise<void>;

  /** Listens at once. Throws if it cannot, and a `RangeError` on settings that contradict each other. */
  constructor(at: { hostname: string; port: number }, options: ConnectionOptions, owner: LinkOwner, shared: Shared) {
    checkOptions(options);
    this.#tcp = Deno.listen({ ...at, tcpBacklog: shared.limits.acceptBacklog });
    this.#options = options;
    this.#owner = owner;
    this.#shared = shared;
    this.#table = new AdmissionTable(shared.limits);
    this.#accepts = new TokenBucket(shared.limits.acceptsPerSecond, shared.limits.acceptBurst, shared.ticker.now());
    this.#hooks = this.#makeHooks();
    this.#accepting = this.#accept();
  }

  get port(): number {
    return this.#tcp.addr.port;
  }

  /** Connections that have proved nothing yet, and those that have. */
  get connections(): { readonly strangers: number; readonly established: number } {
    return this.#table;
  }

  /**
   * Asks again of whoever has shown a key whether it may be here, and by what name: the keys that are admitted have changed. Those who may not end;
   * those who wait at a bar are among them.
   */
  readmit(): void {
    const { mechanism } = this.#options;
    if (!("server" in mechanism)) return;
    const admit = (key: string) => mechanism.server.admit(Uint8Array.fromHex(key));
    for (const link of [...this.#links]) {
      if (link.key === null) continue;
      const admission = admit(link.key);
      if ("id" in admission) link.rename(admission.id);
      else link.close({ code: "not-admitted", detail: `Key ${link.key} was admitted before: ${admission.reason}` });
    }
    this.#table.forgetBars((key) => "id" in admit(key));
  }

  /** Ends all connections and listens no more. */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    this.#tcp.close();
    for (const link of [...this.#links]) link.close({ code: "closed", detail: "This side has closed" });
    await this.#accepting;
  }

  async #accept(): Promise<void> {
    while (this.#closing === null) {
      if (!this.#accepts.take(this.#shared.ticker.now())) {
        await pause(BUDGET_PAUSE_MS);
        continue;
      }
      const tcp = await this.#tcp.accept().catch(() => null);
      if (tcp !== null) this.#begin(tcp);
      else if (this.#closing === null) await pause(FAILURE_PAUSE_MS);
    }
  }

  #begin(tcp: Deno.TcpConn): void {
    prepare(tcp);
    const link = new TcpLink(tcp, this.#options, this.#owner, this.#hooks);
    this.#links.add(link);
    this.#table.enter(link);
    link.start();
  }

  #makeHooks(): LinkHooks {
    const { ticker, limits, budget } = this.#shared;
    const { farewellMs } = limits;
    return {
      ...{ ticker, farewellMs, budget: "server" in this.#options.mechanism ? budget : null },
      isBarred: ({ key }) => key !== null && this.#table.isBarred(key, ticker.now()),
      established: (link) => {
        const cause = this.#table.establish(link, link.key, ticker.now());
        if (cause === null && link.key !== null) {
          this.#accepts.give();
          budget.finished();
        }
        return cause;
      },
      ended: (link, cause) => this.#ended(link, cause),
    };
  }

  #ended(link: TcpLink, cause: CloseCause): void {
    const { address, peer, key } = link;
    this.#links.delete(link);
    this.#table.leave(link, key);
    if (key !== null && OFFENCES.has(cause.code)) this.#table.bar(key, this.#shared.ticker.now());
    this.#shared.onEnd({ direction: "in", address, peer, cause });
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Small messages leave at once, and the kernel, too, looks for dead peers. */
export function prepare(tcp: Deno.TcpConn): void {
  try {
    tcp.setNoDelay(true);
    tcp.setKeepAlive(true);
  } catch {
    // Reset already; the first read will tell.
  }
}
