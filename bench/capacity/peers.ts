/** All peers of one replica, played by this process: they send what they are told, and hear how far the replica is. */
import { readKeyFile } from "../../crypto/keys/key_file.ts";
import type { Roster } from "../../crypto/roster/roster_types.ts";
import { loadBackend } from "../../crypto/signing/load_backend.ts";
import { eventually } from "../../tasks/support/eventually.ts";
import { decodePeerPacket } from "../../transport/codec/mod.ts";
import { openReplicaTransport, type ReplicaTransport } from "../../transport/mod.ts";
import type { Feed } from "./traffic.ts";

const WAIT_MS = 1000;
/** Time without progress after which what may be missing is sent again, and how often before something is wrong. */
const REPEAT_MS = 500;
const MOST_REPEATS = 60;
/** Packets kept before the oldest open entry: votes for it may have come earlier than itself. */
const KEPT_PACKETS = 64;
const BATCH = 256;

export class Peers implements AsyncDisposable {
  /** The replica's commit index, as it published it last. */
  commitIndex = 0;
  readonly #replica: string;
  readonly #transports: ReadonlyMap<string, ReplicaTransport>;
  /** Packets sent since the oldest entry that is not committed, and some before it. */
  #pending: Feed[] = [];
  readonly #receiving: Promise<unknown>;
  #progress = Promise.withResolvers<void>();
  #open = true;

  private constructor(replica: string, transports: ReadonlyMap<string, ReplicaTransport>) {
    this.#replica = replica;
    this.#transports = transports;
    this.#receiving = Promise.all([...transports.values()].map((transport) => this.#receive(transport)));
  }

  /** Opens the ports of all peers of `replica`, with their keys in `dir`. */
  static async open(roster: Roster, dir: string, replica: string): Promise<Peers> {
    const { backend } = await loadBackend("auto");
    const transports = new Map<string, ReplicaTransport>();
    for (const bind of roster.replicas.filter(({ id }) => id !== replica)) {
      const key = await readKeyFile(`${dir}/${bind.id}.key`, backend);
      transports.set(bind.id, await openReplicaTransport({ roster, key, bind }));
    }
    return new Peers(replica, transports);
  }

  /** Sends each peer's first packet of `feeds` until its connection to the replica takes it; what comes twice does no harm. */
  async connect(feeds: readonly Feed[]): Promise<void> {
    await Promise.all([...this.#transports].map(async ([id, { counters }]) => {
      const first = feeds.find(({ from }) => from === id);
      if (first === undefined) return;
      await eventually(`${id} is connected to ${this.#replica}`, () => {
        this.#sendTo(first);
        return counters.sent > 0;
      });
    }));
  }

  /** Has a peer send what it sent when it was recorded. */
  send(feed: Feed): void {
    this.#sendTo(feed);
    this.#pending.push(feed);
  }

  /**
   * Waits until the replica has committed up to `index`, and sends it again what it seems to lack: of a leader's first message it takes the word
   * that it leads, and not yet its entries. Throws if that does not help.
   */
  async committed(index: number): Promise<void> {
    let repeats = 0;
    while (this.commitIndex < index) {
      const moved = await this.#moved();
      if (moved) repeats = 0;
      else if (++repeats > MOST_REPEATS) throw new Error(`${this.#replica} stays at ${this.commitIndex}`);
      else for (const feed of this.#pending) this.#sendTo(feed);
    }
  }

  /** Returns whether the commit index grows soon. */
  async #moved(): Promise<boolean> {
    const late = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => late.resolve(false), REPEAT_MS);
    try {
      return await Promise.race([this.#progress.promise.then(() => true), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#open = false;
    for (const transport of this.#transports.values()) transport.wake();
    await this.#receiving;
    await Promise.all([...this.#transports.values()].map((transport) => transport.close()));
  }

  async #receive(transport: ReplicaTransport): Promise<void> {
    while (this.#open) {
      for (const { frames } of await transport.receive(WAIT_MS, BATCH)) this.#take(frames);
    }
  }

  #take(frames: readonly Uint8Array[]): void {
    const packet = decodePeerPacket(frames);
    if (packet.kind !== "AppendEntriesResponse") return;
    const { replica, commitIndex } = packet.signed.message;
    if (replica === this.#replica && commitIndex > this.commitIndex) this.#note(commitIndex);
  }

  #note(commitIndex: number): void {
    this.commitIndex = commitIndex;
    const open = this.#pending.findIndex(({ index }) => index > commitIndex);
    this.#pending = this.#pending.slice(open < 0 ? -KEPT_PACKETS : Math.max(0, open - KEPT_PACKETS));
    this.#progress.resolve();
    this.#progress = Promise.withResolvers<void>();
  }

  #sendTo({ from, frames }: Feed): void {
    this.#transports.get(from)!.sendToPeer(this.#replica, frames);
  }
}
