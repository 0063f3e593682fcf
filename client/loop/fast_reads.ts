/** Fast reads (§7.4): those that wait go together under one signature, to all replicas; each is decided by itself. */
import type { Signer } from "../../crypto/signing/signing.ts";
import type { ClientId } from "../../protocol/ids.ts";
import { operationSize } from "../../protocol/operations/group.ts";
import type { ReadPacket } from "../../protocol/packet.ts";
import type { Profile } from "../../protocol/quorum.ts";
import { RefusedError } from "../errors.ts";
import { countFastRead, createFastReadTally, type FastReadTally } from "../session/fast_read_tally.ts";
import { nextGroup } from "../session/grouping.ts";
import { type Frames, sealQuery } from "./envelope.ts";
import type { Outlet } from "./outlet.ts";

/**
 * Time that a packet takes of a key's rate at replicas, and once more for each so many reads in it: one process keeps to it by itself, as what
 * goes beyond is dropped there. It may catch up that much of it.
 */
export const PACE_MS = 0.9;
const READS_PER_PACE = 16;
const CATCH_UP_MS = 20;

/** Returns the time that a packet of `reads` takes. */
export const paceOf = (reads: number): number => PACE_MS * (1 + Math.floor(reads / READS_PER_PACE));

export interface FastReadsConfig {
  readonly client: ClientId;
  readonly replicas: ReadonlySet<string>;
  /** Profile of the cluster, by which Q goes (§1.4); `byzantine` if left out. */
  readonly profile?: Profile;
  readonly signer: Signer;
  readonly outlet: Outlet;
  readonly now: () => number;
  /** Wait before replicas that did not answer are asked again. */
  readonly retryMs: number;
  /** Most reads under one signature. */
  readonly maxGroup: number;
  /** Most reads that wait or are under way. */
  readonly maxQueued: number;
  readonly drawNonce: () => number;
}

/** Resolves or rejects one read. */
type Outcome = { readonly payload: Uint8Array | null } | { readonly error: unknown };

interface Read {
  readonly query: Uint8Array;
  readonly size: number;
  readonly deadlineAt: number;
  readonly settle: (outcome: Outcome) => void;
  tally: FastReadTally;
  /** Set once a replica answered others of its group and not this one, for want of room. */
  leftOut: boolean;
  /** Set once no payload can reach Q any more. */
  hopeless: boolean;
  decided: boolean;
}

/** Reads under one signature. */
interface Group {
  /** In the order of the queries. */
  readonly reads: readonly Read[];
  readonly frames: Frames;
  /** Replicas that have not answered. */
  readonly silent: Set<string>;
  retryAt: number;
  /** Set once Q replicas answered one of its reads alike. */
  accepted: boolean;
}

/** All fast reads of one client. */
export class FastReads {
  #config: FastReadsConfig;
  readonly #queue: Read[] = [];
  /** Groups under way, by nonce. */
  readonly #groups = new Map<number, Group>();
  #undecided = 0;
  /** Time from which the next packet keeps to the pace. */
  #mayLeaveAt = -Infinity;
  /** No deadline and no repeat is due before this. */
  #nextAt = Infinity;

  constructor(config: FastReadsConfig) {
    this.#config = config;
  }

  /** True while a read waits or is under way. */
  get busy(): boolean {
    return this.#undecided > 0;
  }

  /** Time at which `tick` is due, on the client's clock. */
  get dueAt(): number {
    return this.#groupSize() > 0 ? Math.min(this.#nextAt, this.#mayLeaveAt) : this.#nextAt;
  }

  /**
   * Asks all replicas, together with what else is asked in this turn of the loop. Resolves to what Q of them answered alike, or to null if
   * there is no such answer within `timeoutMs`. Rejects with the signal's reason.
   */
  ask(query: Uint8Array, timeoutMs: number, signal?: AbortSignal): Promise<Uint8Array | null> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#undecided >= this.#config.maxQueued) {
      const message = `${this.#undecided} fast reads are under way already; wanted fewer before another one`;
      return Promise.reject(new RefusedError("queue-full", message));
    }
    return new Promise((resolve, reject) => {
      const onAbort = () => this.#decide(read, { error: signal?.reason });
      signal?.addEventListener("abort", onAbort, { once: true });
      const settle = (outcome: Outcome) => {
        signal?.removeEventListener("abort", onAbort);
        if ("error" in outcome) reject(outcome.error);
        else resolve(outcome.payload);
      };
      const read = this.#begin(query, this.#config.now() + timeoutMs, settle);
    });
  }

  /** Returns whether a packet answers reads under way, for the first time. */
  wants({ signed, part }: ReadPacket): boolean {
    return this.#groups.get(part.message.nonce)?.silent.has(signed.message.replica) ?? false;
  }

  /** Counts the answers of a verified packet. */
  take({ signed: { message: { replica } }, part: { message: { nonce, payloads } } }: ReadPacket): void {
    const group = this.#groups.get(nonce);
    if (!group?.silent.delete(replica)) return;
    group.reads.forEach((read, i) => {
      if (read.decided) return;
      read.leftOut ||= i >= payloads.length && payloads.length > 0;
      this.#count(group, read, replica, payloads[i]);
    });
    const open = openOf(group);
    if (open.every(({ hopeless }) => hopeless)) {
      for (const read of open) this.#askAgain(group, read);
      this.#groups.delete(nonce);
    }
  }

  /** Sends what is due, and ends reads past their deadline. */
  tick(): void {
    const now = this.#config.now();
    if (now >= this.#nextAt) this.#look(now);
    for (let size = this.#groupSize(); size > 0 && now >= this.#mayLeaveAt; size = this.#groupSize()) {
      this.#send(this.#queue.splice(0, size), now);
    }
  }

  /**
   * Takes in other replicas (§13.12): answers so far count no more, and all are asked again. Where the roster has no fast reads, all end without an
   * answer.
   */
  adopt(changes: Pick<FastReadsConfig, "replicas" | "retryMs">, isEnabled: boolean): void {
    this.#config = { ...this.#config, ...changes };
    const open = [...this.#groups.values()].flatMap(openOf);
    this.#groups.clear();
    if (!isEnabled) return [...open, ...this.#queue].forEach((read) => this.#decide(read, { payload: null }));
    this.#queue.unshift(...open);
    for (const read of this.#queue) this.#beginAnew(read);
  }

  /** Rejects every read with `error`. */
  abandon(error: Error): void {
    for (const read of this.#all()) this.#decide(read, { error });
  }

  #begin(query: Uint8Array, deadlineAt: number, settle: Read["settle"]): Read {
    const tally = createFastReadTally(this.#config.replicas, this.#config.profile);
    const size = operationSize(query);
    const read = { query, size, deadlineAt, settle, tally, leftOut: false, hopeless: false, decided: false };
    this.#queue.push(read);
    this.#undecided++;
    this.#nextAt = Math.min(this.#nextAt, deadlineAt);
    return read;
  }

  #groupSize(): number {
    return nextGroup(this.#queue, this.#config.maxGroup, this.#groups.size);
  }

  #send(reads: Read[], now: number): void {
    const { client, signer, outlet, replicas, retryMs, drawNonce } = this.#config;
    const nonce = drawNonce();
    const frames = sealQuery(signer, { kind: "FastReads", client, nonce, queries: reads.map(({ query }) => query) });
    const retryAt = now + retryMs;
    this.#mayLeaveAt = Math.max(this.#mayLeaveAt, now - CATCH_UP_MS) + paceOf(reads.length);
    this.#groups.set(nonce, { reads, frames, silent: new Set(replicas), retryAt, accepted: false });
    this.#nextAt = Math.min(this.#nextAt, retryAt);
    outlet.toAll(frames);
  }

  #count(group: Group, read: Read, replica: string, payload: Uint8Array | undefined): void {
    const answer = payload === undefined ? { ok: false, payload: NOTHING } : { ok: true, payload };
    const state = countFastRead(read.tally, replica, answer);
    if (state.state === "accepted") {
      group.accepted = true;
      // A copy: the bytes are a view into a frame that holds other answers too.
      this.#decide(read, { payload: state.payload.slice() });
    } else if (state.state === "hopeless") {
      read.hopeless = true;
      if (!read.leftOut) this.#decide(read, { payload: null });
    }
  }

  /** Asks once more for what had no room beside the answers to others, in a group without those of them that were accepted. */
  #askAgain(group: Group, read: Read): void {
    if (!group.accepted) return this.#decide(read, { payload: null });
    this.#beginAnew(read);
    this.#queue.push(read);
  }

  #beginAnew(read: Read): void {
    read.tally = createFastReadTally(this.#config.replicas, this.#config.profile);
    [read.leftOut, read.hopeless] = [false, false];
  }

  #decide(read: Read, outcome: Outcome): void {
    if (read.decided) return;
    read.decided = true;
    this.#undecided--;
    const at = this.#queue.indexOf(read);
    if (at >= 0) this.#queue.splice(at, 1);
    read.settle(outcome);
  }

  /** Asks again where it is due, and ends what is late. */
  #look(now: number): void {
    for (const read of this.#all()) if (now >= read.deadlineAt) this.#decide(read, { payload: null });
    this.#nextAt = this.#queue.reduce((next, { deadlineAt }) => Math.min(next, deadlineAt), Infinity);
    for (const [nonce, group] of this.#groups) {
      const open = openOf(group);
      if (open.length === 0) {
        this.#groups.delete(nonce);
        continue;
      }
      if (now >= group.retryAt) this.#repeat(group, now);
      this.#nextAt = open.reduce(
        (next, { deadlineAt }) => Math.min(next, deadlineAt),
        Math.min(this.#nextAt, group.retryAt),
      );
    }
  }

  #repeat(group: Group, now: number): void {
    const { outlet, retryMs } = this.#config;
    group.retryAt = now + retryMs;
    for (const replica of group.silent) outlet.toOne(replica, group.frames);
  }

  #all(): Read[] {
    return [...this.#queue, ...[...this.#groups.values()].flatMap(openOf)];
  }
}

const NOTHING = new Uint8Array();

const openOf = ({ reads }: Group): Read[] => reads.filter(({ decided }) => !decided);
