/**
 * Peers that have forgotten: a replica's term and commit index are durable before it signs them (I8), and neither ever falls. One that
 * publishes less than it did a while ago runs on an older copy of its disk, or on an empty one that was not begun with `--recover`, and may
 * contradict what it signed (§1.3). This is a hint for the operator, not evidence: nothing rests on it.
 */
import type { Packet } from "../../protocol/packet.ts";
import type { Logger } from "../diagnostics/logger.ts";

interface Known {
  readonly term: number;
  readonly commitIndex: number;
  readonly at: number;
}

export class PeerMemory {
  readonly #log: Logger;
  readonly #settledMs: number;
  readonly #known = new Map<string, Known>();

  /** Words heard less than `settledMs` ago may be overtaken on their way, where a connection was renewed. */
  constructor(log: Logger, settledMs: number) {
    this.#log = log;
    this.#settledMs = settledMs;
  }

  /** Returns what `peer` published last of itself; null where it has said nothing. */
  latest(peer: string): { readonly term: number; readonly commitIndex: number } | null {
    return this.#known.get(peer) ?? null;
  }

  /** Compares what `peer`, a replica of the roster, published with what it published before. */
  heard(peer: string, packet: Packet, now: number): void {
    if (packet.kind !== "AppendEntriesResponse") return;
    const { term, commitIndex } = packet.signed.message;
    const known = this.#known.get(peer);
    const less = known !== undefined && (term < known.term || commitIndex < known.commitIndex);
    if (less && now - known.at < this.#settledMs) return;
    this.#known.set(peer, { term, commitIndex, at: now });
    if (!less) return;
    this.#log.log("warn", "peer-forgot", {
      ...{ peer, term, commitIndex, knownTerm: known.term, knownCommitIndex: known.commitIndex },
      todo: "stop it, and start it with --recover",
    });
  }
}
