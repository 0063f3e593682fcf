/**
 * A small cluster for tests of the checkers, in which every disk and every signature is set directly, so that any sequence of outputs can
 * be made.
 */
import { assertEquals, assertThrows } from "@std/assert";
import type { Certificate } from "../../../protocol/certificate.ts";
import type { ChainedEntry, Head } from "../../../protocol/entry.ts";
import { clientId, digest, type LogIndex, logIndex, type ReplicaId, replicaId, term } from "../../../protocol/ids.ts";
import type { Certified } from "../../../protocol/message.ts";
import type { Packet } from "../../../protocol/packet.ts";
import type { HardState, PersistOperation } from "../../../replica/core/log/durable_state.ts";
import { MemoryDisk } from "../../../replica/storage/memory/memory_disk.ts";
import {
  CLUSTER,
  commitCertificate,
  endOf,
  GENESIS,
  prepareCertificate,
  rankOf,
  requestVote,
  response,
  vote,
} from "../../clauses/support/forge.ts";
import { firstRegisters } from "../../support/numbered_requests.ts";
import { lostDisk } from "../nodes/faults/lost_disk.ts";
import { ViolationError } from "../observer.ts";
import { type CheckerOptions, type Checkers, createCheckers } from "./mod.ts";

/** Sessions that clients begin with. */
const SESSIONS = firstRegisters([clientId("c1"), clientId("c2")]);

/** Base of every election of a fresh cluster. */
export const EMPTY_BASE: Certified = rankOf(0, GENESIS);

/** Nonce of recoveries in tests that do not care about it. */
export const RECOVERY = digest("ab".repeat(32));

/** Replicas that are honest in most tests: a quorum of four. */
export const THREE = ["r1", "r2", "r3"] as const;

export interface CheckerLabOptions extends CheckerOptions {
  readonly replicas?: number;
  readonly byzantine?: readonly string[];
  readonly fastReads?: boolean;
  readonly checkpointEvery?: number;
}

export class CheckerLab {
  readonly checkers: Checkers;
  readonly disks = new Map<string, MemoryDisk>();
  /** The committed and prepared points that `ack` and `report` show. */
  readonly #shown = new Map<string, { prepared: Certified; commit: Head }>();

  constructor(
    { replicas = 4, byzantine = [], fastReads = false, checkpointEvery = 1000, ...options }: CheckerLabOptions = {},
  ) {
    const ids = Array.from({ length: replicas }, (_, i) => replicaId(`r${i + 1}`));
    const constants = {
      profile: "byzantine" as const,
      fastReads,
      sessionWindow: 16,
      sessionsPerClient: 4,
      registrationHorizon: 1000,
      electionTimeoutMs: 1000,
      electionTimeoutCapMs: 16_000,
      checkpointEvery,
    };
    const facts = {
      roster: null,
      clusterId: CLUSTER,
      replicas: ids,
      byzantine: new Set(byzantine.map(replicaId)),
      beginsWith: SESSIONS,
      ...constants,
    };
    this.checkers = createCheckers(facts, options);
    for (const id of ids) this.start(id);
  }

  disk(at: string): MemoryDisk {
    const disk = this.disks.get(at) ?? new MemoryDisk();
    this.disks.set(at, disk);
    return disk;
  }

  start(at: string): void {
    this.checkers.started(at as ReplicaId, this.disk(at), 0);
  }

  restart(at: string): void {
    this.checkers.crashed(at as ReplicaId, 0);
    this.start(at);
  }

  /** Loses its disk, and comes back as a learner in a recovery with this `nonce`. */
  wipe(at: string, nonce = RECOVERY): void {
    this.checkers.crashed(at as ReplicaId, 0);
    this.checkers.wiped(at as ReplicaId, 0);
    this.disks.set(at, lostDisk(nonce));
    this.#shown.delete(at);
    this.start(at);
  }

  /** Commits one transaction, without the checks of a real storage. */
  persist(at: string, ...operations: PersistOperation[]): void {
    for (const operation of operations) this.disk(at).write(operation);
    this.checkers.persisted(at as ReplicaId, operations, this.disk(at), 0);
  }

  hardState(at: string, change: Partial<HardState>): void {
    this.persist(at, { op: "hard-state", state: { ...this.disk(at).hardState, ...change } });
  }

  /** Sends `packet`, which the guard allows by now. */
  send(at: string, packet: Packet): void {
    const disk = this.disk(at);
    if (packet.kind === "Vote") {
      disk.guard = { ...disk.guard, voteTerm: packet.signed.message.term, voteBody: packet.signed.body };
    } else if (packet.kind === "AppendEntriesResponse") {
      const { term, acks } = packet.signed.message;
      disk.guard = { ...disk.guard, ackTerm: term, ack: acks.at(-1) ?? null };
    }
    this.sendUnguarded(at, packet);
  }

  sendUnguarded(at: string, packet: Packet): void {
    const others = [...this.disks.keys()].filter((id) => id !== at) as ReplicaId[];
    this.checkers.sent(at as ReplicaId, others, packet, this.disk(at), 0);
  }

  /** Has `voter` vote, durably first; a candidate's own vote shows in its request. */
  vote(voter: string, number: number, candidate: string, base: Certified = EMPTY_BASE): void {
    const record = { candidate: replicaId(candidate), base };
    this.hardState(voter, { currentTerm: term(number), vote: record, ack: null, noMoreAcks: false });
    if (voter === candidate) {
      const certificate = { kind: "prepare", ...base, responses: [] } as const;
      this.send(voter, requestVote(voter, number, [], certificate));
    } else this.send(voter, { kind: "Vote", signed: vote(voter, number, candidate, base) });
  }

  elect(number: number, leader: string, voters: readonly string[] = THREE, base: Certified = EMPTY_BASE): void {
    for (const voter of voters) this.vote(voter, number, leader, base);
  }

  /** Follows a leader into its term without having voted. */
  follow(at: string, number: number): void {
    this.hardState(at, { currentTerm: term(number), vote: null, ack: null, noMoreAcks: false });
  }

  append(at: string, chain: readonly ChainedEntry[]): void {
    this.persist(at, { op: "append", entries: chain });
  }

  /** Acks the end of `chain`, or another head, which is made the durable ack. */
  ack(at: string, number: number, chain: readonly ChainedEntry[] | Head): void {
    const head = "index" in chain ? chain : endOf(chain);
    this.hardState(at, { ack: head });
    this.#publish(at, number, [head]);
  }

  /** Appends and acks at each of `replicas`. */
  spread(number: number, chain: readonly ChainedEntry[], replicas: readonly string[] = THREE): void {
    for (const at of replicas) {
      this.append(at, chain);
      this.ack(at, number, chain);
    }
  }

  /** Holds and reports `head` as prepared in this term. */
  report(at: string, number: number, head: Head, certificate: Certificate = prepareCertificate(number, head, THREE)) {
    this.persist(at, { op: "prepared", certificate, branch: [] });
    this.#shownBy(at).prepared = rankOf(number, head);
    this.#publish(at, number, this.disk(at).hardState.ack ? [this.disk(at).hardState.ack!] : []);
  }

  commit(at: string, number: number, head: Head): void {
    const certificate = commitCertificate(number, head, THREE);
    this.persist(at, { op: "commit", index: head.index, certificate });
    this.#shownBy(at).commit = head;
  }

  /** Runs everything from an election of `leader` to the commit of `chain` at `replicas`. */
  settle(number: number, leader: string, chain: readonly ChainedEntry[], replicas: readonly string[] = THREE): void {
    this.elect(number, leader, replicas, this.disk(leader).prepared ?? EMPTY_BASE);
    this.spread(number, chain, replicas);
    for (const at of replicas) this.report(at, number, endOf(chain));
    for (const at of replicas) this.commit(at, number, endOf(chain));
  }

  #publish(at: string, number: number, acks: readonly Head[]): void {
    this.send(at, response(at, number, { acks, ...this.#shownBy(at) }));
  }

  #shownBy(at: string) {
    const known = this.#shown.get(at);
    if (known) return known;
    const fresh = { prepared: EMPTY_BASE, commit: GENESIS };
    this.#shown.set(at, fresh);
    return fresh;
  }
}

/** Asserts that `act` violates exactly `invariant`. */
export function fires(invariant: string, act: () => void): void {
  const error = assertThrows(act, ViolationError);
  assertEquals(error.invariant, invariant, error.message);
}

/** Returns an index, for checkers that need one. */
export const at = (index: number): LogIndex => logIndex(index);
