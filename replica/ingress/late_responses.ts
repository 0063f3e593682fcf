/** Responses put off because they came too late to matter (§5.4d): of each peer the newest, until another of its own makes it pointless. */
import type { Millis, ReplicaId } from "../../protocol/ids.ts";

interface Held<T> {
  response: T;
  /** Time from which it is judged all the same: it shows what its sender has committed, and that it lives. */
  readonly dueAt: Millis;
}

export class LateResponses<T> {
  readonly #held = new Map<ReplicaId, Held<T>>();
  readonly #forMs: Millis;

  /** Puts off for half of `heartbeatMs`, so that what is due at the next heartbeat rests on it (§5.7). */
  constructor(heartbeatMs: Millis) {
    this.#forMs = heartbeatMs / 2;
  }

  /** Keeps a late response of `replica` in place of the one before, which was late as well, but no longer than that. */
  hold(replica: ReplicaId, response: T, now: Millis): void {
    const held = this.#held.get(replica);
    if (held) held.response = response;
    else this.#held.set(replica, { response, dueAt: now + this.#forMs });
  }

  /** Forgets what is held of a replica: a newer response of its own, verified, says as much and more. */
  forget(replica: ReplicaId): void {
    this.#held.delete(replica);
  }

  /** Takes out those whose time has come. */
  due(now: Millis): T[] {
    if (now < this.nextAt) return [];
    const due = [...this.#held].filter(([, { dueAt }]) => now >= dueAt);
    for (const [replica] of due) this.#held.delete(replica);
    return due.map(([, { response }]) => response);
  }

  /** Time at which the first one is due; Infinity if none is held. */
  get nextAt(): Millis {
    let next = Infinity;
    for (const { dueAt } of this.#held.values()) next = Math.min(next, dueAt);
    return next;
  }
}
