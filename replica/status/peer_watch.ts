/**
 * Watch over the peers: which of them this replica hears, and whether they are a quorum with it. Only what a peer published under its signature counts, heard over
 * the connection to the peer's own address: so nobody else keeps a dead peer alive by repeating its words. Who takes no part says nothing:
 * a peer that is down, cut off, deactivated, a learner, or without a disk that accepts writes is silent alike.
 */
import type { Logger } from "../diagnostics/logger.ts";

/** Election timeouts without a word after which a peer counts as silent. Every one of them brings a sign of life ({@linkcode SignsOfLife}). */
export const SILENT_AFTER_TIMEOUTS = 3;

/** One peer as heard here. */
export interface PeerStatus {
  /** Milliseconds since its last published word; null before the first. */
  readonly heardMsAgo: number | null;
  readonly silent: boolean;
}

export interface PeerWatchParts {
  readonly self: string;
  readonly replicas: readonly string[];
  /** Replicas that make a quorum, this one included. */
  readonly quorum: number;
  readonly electionTimeoutMs: number;
  readonly log: Logger;
}

interface Peer {
  heardAt: number | null;
  /** Time of its last word, or from which it could be heard. */
  since: number;
  silent: boolean;
}

/** Watches all peers of one replica. Times are those of one monotonic clock, in milliseconds. */
export class PeerWatch {
  readonly #parts: PeerWatchParts;
  readonly #silentMs: number;
  readonly #peers: ReadonlyMap<string, Peer>;
  #lookedAt: number;
  #lostAt: number | null = null;

  constructor(parts: PeerWatchParts, now: number) {
    this.#parts = parts;
    this.#silentMs = SILENT_AFTER_TIMEOUTS * parts.electionTimeoutMs;
    this.#lookedAt = now;
    const peers = parts.replicas.filter((id) => id !== parts.self);
    this.#peers = new Map(peers.map((id) => [id, { heardAt: null, since: now, silent: false }]));
  }

  /** Records that `replica` published something. */
  heard(replica: string, now: number): void {
    const peer = this.#peers.get(replica);
    if (peer === undefined) return;
    if (peer.silent) this.#back(replica, peer, now);
    peer.heardAt = peer.since = now;
  }

  /** Looks for peers that have fallen silent. Called in every turn in which this replica takes part. */
  look(now: number): void {
    this.#forgiveOwnAbsence(now);
    for (const [id, peer] of this.#peers) {
      if (peer.silent || now - peer.since < this.#silentMs) continue;
      peer.silent = true;
      this.#parts.log.log("warn", "peer-silent", { peer: id, silentMs: Math.round(now - peer.since) });
    }
    this.#judgeQuorum(now);
  }

  /** Returns true if this replica and the peers it really heard, and hears still, are a quorum. */
  hearsQuorum(now: number): boolean {
    const heard = [...this.#peers.values()].filter(({ heardAt }) => heardAt !== null && now - heardAt < this.#silentMs);
    return heard.length + 1 >= this.#parts.quorum;
  }

  report(now: number): Readonly<Record<string, PeerStatus>> {
    return Object.fromEntries(
      [...this.#peers].map(([id, { heardAt, silent }]) => [
        id,
        { heardMsAgo: heardAt === null ? null : Math.round(now - heardAt), silent },
      ]),
    );
  }

  /** A replica that was itself away (stopped, deactivated, its disk refused) heard nobody, and blames nobody for that. */
  #forgiveOwnAbsence(now: number): void {
    const gap = now - this.#lookedAt;
    this.#lookedAt = now;
    if (gap < this.#silentMs / 2) return;
    for (const peer of this.#peers.values()) peer.since = Math.min(now, peer.since + gap);
  }

  #back(id: string, peer: Peer, now: number): void {
    peer.silent = false;
    this.#parts.log.log("warn", "peer-back", { peer: id, silentMs: Math.round(now - peer.since) });
    peer.since = now;
    this.#judgeQuorum(now);
  }

  #judgeQuorum(now: number): void {
    const { self, log, quorum } = this.#parts;
    const heard = [self, ...[...this.#peers].filter(([, { silent }]) => !silent).map(([id]) => id)];
    const fields = { heard: heard.join(" "), wanted: quorum };
    if (heard.length < quorum && this.#lostAt === null) {
      this.#lostAt = now;
      log.log("warn", "quorum-lost", fields);
    } else if (heard.length >= quorum && this.#lostAt !== null) {
      log.log("warn", "quorum-back", { ...fields, lostMs: Math.round(now - this.#lostAt) });
      this.#lostAt = null;
    }
  }
}
