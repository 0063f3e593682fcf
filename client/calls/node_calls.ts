/** Calls that ask replicas outside the log: fast reads, committed commands, status, and the operator's. */
import type { KeyFile } from "../../crypto/keys/key_file.ts";
import type { Roster } from "../../crypto/roster/roster_types.ts";
import type { ClientId, LogIndex, ReplicaId } from "../../protocol/ids.ts";
import { quorumOf } from "../../protocol/quorum.ts";
import { queryResultCodec } from "../../transport/codec/mod.ts";
import { RefusedError, UsageError } from "../errors.ts";
import type { QueryMessage } from "../loop/envelope.ts";
import type { Question } from "../loop/queries.ts";
import { callError } from "../loop/request_errors.ts";
import type { CallOptions } from "../loop/requests.ts";
import type { ClientTimings } from "../loop/timings.ts";
import { type BackupSources, backupSources } from "./backup_sources.ts";
import { committedCommandJudge, type CommittedEntry } from "./committed_command.ts";
import { encodeCommand } from "./encode.ts";
import type { Ordered } from "./kv.ts";
import { type FastReadOutcome, fastReadOutcome } from "./kv_outcomes.ts";
import { newestEpochJudge } from "./newest_epoch_judge.ts";
import { type Obedience, setActiveJudge, silentReplica } from "./set_active_judge.ts";
import { type ReplicaStatus, statusJudge } from "./status_report.ts";

/** The part of the roster in force that the calls need. */
export interface RosterView {
  readonly roster: Roster;
  readonly replicas: readonly ReplicaId[];
  readonly timings: ClientTimings;
}

/** Dependencies of the calls. */
export interface NodeCallsParts {
  readonly key: KeyFile;
  /** Null for the operator. */
  readonly client: ClientId | null;
  /** Returns the roster in force, its replicas in their order, and the waits that go by it. */
  readonly view: () => RosterView;
  /** Draws nonces from 1 on, so that no old answer fits a new question. */
  readonly drawNonce: () => number;
  readonly now: () => number;
  readonly ask: <T>(question: Question<T>, options: CallOptions) => Promise<T>;
  /** Reads outside the log; null if no Q replicas answer alike in that time (§7.4). */
  readonly read: (query: Uint8Array, timeoutMs: number, signal?: AbortSignal) => Promise<Uint8Array | null>;
}

/** The calls of one client or operator. */
export class NodeCalls {
  readonly sources: BackupSources;
  readonly #parts: NodeCallsParts;
  readonly #order: Ordered["ask"];

  constructor(parts: NodeCallsParts, order: Ordered["ask"]) {
    this.#parts = parts;
    this.#order = order;
    this.sources = backupSources(() => parts.view().replicas, async (replica, wanted, judge, options) => {
      const { client, nonce } = this.#ask("what a backup is made of");
      const message = { ...wanted, client, nonce } as QueryMessage;
      const timeoutMs = options.timeoutMs ?? parts.view().timings.timeoutMs;
      return await parts.ask({ message, nonce, targets: [replica], timeoutMs, judge, once: true }, options);
    });
  }

  async query(query: Uint8Array, options: CallOptions = {}): Promise<QueryOutcome> {
    const { now, view } = this.#parts;
    const { roster, timings } = view();
    const givenMs = options.timeoutMs ?? timings.timeoutMs;
    const wrong = callError({ mode: "query", command: query }, givenMs);
    if (wrong !== null) throw wrong;
    const startedAt = now();
    const fast = roster.constants.fastReads ? await this.#readFast(query, options) : null;
    if (fast !== null) return { value: valueOf(fast), fast: true };
    // A fast read takes half of the time at most.
    const timeoutMs = Math.max(givenMs / 2, givenMs - (now() - startedAt));
    const { result } = await this.#order(query, { ...options, timeoutMs });
    return { value: result, fast: false };
  }

  async fastRead(key: string, options: CallOptions = {}): Promise<FastReadOutcome & { readonly fast: boolean }> {
    if (!this.#parts.view().roster.constants.fastReads) {
      throw new UsageError(
        "a fast read was asked for; wanted a roster that enables fastReads, or an ordered read (get)",
      );
    }
    const { value, fast } = await this.query(encodeCommand({ op: "read", key }), options);
    return { ...fastReadOutcome(value), fast };
  }

  #readFast(query: Uint8Array, { timeoutMs, signal }: CallOptions): Promise<Uint8Array | null> {
    const { view, read } = this.#parts;
    const { timings } = view();
    return read(query, Math.min(timings.fastReadMs, (timeoutMs ?? timings.timeoutMs) / 2), signal);
  }

  async getCommittedCommand(index: number, options: CallOptions = {}): Promise<CommittedEntry> {
    if (!Number.isSafeInteger(index) || index < 1) {
      throw new UsageError(`index was given ${index}; wanted a whole number from 1`);
    }
    const timeoutMs = options.timeoutMs ?? this.#parts.view().timings.timeoutMs;
    return await this.#parts.ask(this.#askForCommand(index as LogIndex, timeoutMs), options);
  }

  #askForCommand(index: LogIndex, timeoutMs: number): Question<CommittedEntry> {
    const { roster: { constants }, replicas } = this.#parts.view();
    const { client, nonce } = this.#ask("a committed command");
    const message = { kind: "GetCommittedCommand", client, nonce, index } as const;
    const judge = committedCommandJudge(index, quorumOf(replicas.length, constants.profile));
    const again = () => this.#askForCommand(index, timeoutMs);
    return { message, nonce, targets: replicas, timeoutMs, judge, again };
  }

  async getStatus(options: CallOptions = {}): Promise<ReplicaStatus[]> {
    const { timings } = this.#parts.view();
    const timeoutMs = Math.min(timings.statusMs, options.timeoutMs ?? timings.timeoutMs);
    return await this.#parts.ask(this.#askForStatus(timeoutMs), options);
  }

  #askForStatus(timeoutMs: number): Question<ReplicaStatus[]> {
    const { replicas } = this.#parts.view();
    const { client, nonce } = this.#ask("status");
    const message = { kind: "GetStatus", client, nonce } as const;
    const again = () => this.#askForStatus(timeoutMs);
    return { message, nonce, targets: replicas, timeoutMs, judge: statusJudge(replicas), again };
  }

  /**
   * Asks for ends of the epoch in force, until Q replicas said that there are none: then it is the newest, unless more than f of them lie. What they show
   * is followed on the way, and the question goes on in the epoch it leads to.
   */
  async getEpochs(options: CallOptions = {}): Promise<void> {
    const { timings } = this.#parts.view();
    return await this.#parts.ask(this.#askForEpochs(options.timeoutMs ?? timings.timeoutMs), options);
  }

  #askForEpochs(timeoutMs: number): Question<void> {
    const { replicas, roster: { epoch, constants } } = this.#parts.view();
    const { client, nonce } = this.#ask("the roster in force");
    const message = { kind: "GetEpochs", client, nonce, epoch } as const;
    const judge = newestEpochJudge(quorumOf(replicas.length, constants.profile));
    const again = () => this.#askForEpochs(timeoutMs);
    return { message, nonce, targets: replicas, timeoutMs, judge, again };
  }

  async setActive(replica: string, active: boolean, options: CallOptions = {}): Promise<void> {
    const { key, view, now } = this.#parts;
    const { replicas, timings } = view();
    const target = replicas.find((id) => id === replica);
    if (target === undefined) {
      throw new UsageError(`replica was given "${replica}"; wanted one of ${replicas.join(", ")}`);
    }
    if (key.kind !== "operator") {
      throw new UsageError(`key was given of ${key.kind} ${key.id}; wanted the operator's to activate or deactivate`);
    }
    const startedAt = now();
    const deadlineAt = startedAt + (options.timeoutMs ?? timings.timeoutMs);
    let order = 1;
    // A replica answers one command once, so that a repeat is another one, and each attempt waits longer for its own answer.
    for (let patience = timings.queryRetryMs; now() < deadlineAt;) {
      const timeoutMs = Math.max(1, Math.min(patience, deadlineAt - now()));
      const done = await this.#setActiveOnce(target, active, order, timeoutMs, options);
      if (done?.obeyed === true) return;
      if (done === null) patience *= 2;
      else order = done.order + 1;
    }
    throw silentReplica(replica, now() - startedAt);
  }

  #setActiveOnce(
    replica: ReplicaId,
    active: boolean,
    order: number,
    timeoutMs: number,
    options: CallOptions,
  ): Promise<Obedience> {
    const nonce = this.#parts.drawNonce();
    const message = { kind: "SetActive", replica, active, order, nonce } as const;
    const judge = setActiveJudge(order);
    return this.#parts.ask({ message, nonce, targets: [replica], timeoutMs, judge, once: true }, options);
  }

  /** Returns this client's id and a fresh nonce. */
  #ask(what: string): { readonly client: ClientId; readonly nonce: number } {
    const { key, client } = this.#parts;
    if (client === null) {
      throw new UsageError(`key was given of the ${key.kind}; wanted a client's to ask for ${what}`);
    }
    return { client, nonce: this.#parts.drawNonce() };
  }
}

function valueOf(payload: Uint8Array): Uint8Array {
  try {
    return queryResultCodec.decode(payload).value;
  } catch (cause) {
    throw new RefusedError("malformed", `fast read: a quorum answered alike with no query result (${cause})`);
  }
}

/** Answer of a query to the state machine. */
export interface QueryOutcome {
  readonly value: Uint8Array;
  /** True if Q replicas agreed at once; false if the query was ordered (§7.4). */
  readonly fast: boolean;
}
