/** An honest client: the real session and tallies (§7) around a seeded load of key-value operations. */
import { countFastRead, createFastReadTally, type FastReadTally } from "../../../client/session/fast_read_tally.ts";
import { noteLeader } from "../../../client/session/leader_cache.ts";
import {
  acceptedAnswer,
  answersNeeded,
  countAnswer,
  createReplyTally,
  type ReplyTally,
} from "../../../client/session/reply_tally.ts";
import {
  createSession,
  type Session,
  type SessionEffect,
  settle,
  submit,
  tick,
} from "../../../client/session/session.ts";
import { timingsFor } from "../../../client/loop/timings.ts";
import { clientId, type Millis, type ReplicaId, seq } from "../../../protocol/ids.ts";
import { quorumOf } from "../../../protocol/quorum.ts";
import type { Answer, SendRequest } from "../../../protocol/message.ts";
import { encodeKvCommand, type KvQuery } from "../../../state_machine/mod.ts";
import { ViolationError } from "../observer.ts";
import { OperationSource } from "../plan/operations.ts";
import type { ClientPlan } from "../plan/plan.ts";
import type { Rng } from "../plan/rng.ts";
import { signAs } from "../network/sim_crypto.ts";
import type { Signed } from "../../../protocol/signed.ts";
import type { ClientWorld, Reply } from "./client_world.ts";

interface Pending {
  readonly operation: number;
  readonly command: Uint8Array;
  readonly done: (result: Uint8Array | null) => void;
  seq: number | null;
  request: Signed<SendRequest> | null;
  tally: ReplyTally;
}

const JITTER = 0.25;
/** Timeout of an operation of the safety phase. */
const PATIENCE_MS = 15_000;
const FAST_READ_MS = 500;
/** Longer than any run. */
const NEVER_MS = 1e9;

export class SimClient {
  readonly plan: ClientPlan;
  /** Operations not begun yet; then those in flight. */
  remaining: number;
  underWay = 0;
  finished = 0;
  readonly #world: ClientWorld;
  readonly #rng: Rng;
  readonly #source: OperationSource;
  readonly #session: Session;
  readonly #replicas: ReadonlySet<string>;
  readonly #byTicket = new Map<number, Pending>();
  readonly #bySeq = new Map<number, Pending>();
  #tickets = 0;
  #tickAt: Millis = Infinity;
  /** Operations in flight beyond those it has to do: at most one. */
  #extra = 0;
  #paused = false;
  #patienceMs: Millis = PATIENCE_MS;
  #thinkMs: Millis;

  constructor(plan: ClientPlan, world: ClientWorld, rng: Rng) {
    this.plan = plan;
    this.remaining = plan.operations;
    this.#thinkMs = plan.thinkMs;
    this.#world = world;
    this.#rng = rng;
    this.#source = new OperationSource(plan, rng);
    this.#replicas = new Set(world.replicas);
    const { retryMs, retryCapMs, interventionCapMs, ...timings } = timingsFor(world.constants);
    const interventionMs = plan.intervenes ? timings.interventionMs : NEVER_MS;
    this.#session = createSession({
      start: 1_000_000_000,
      window: world.constants.sessionWindow,
      maxQueued: 1000,
      retry: { baseMs: retryMs, capMs: retryCapMs, jitter: JITTER },
      intervention: {
        afterMs: interventionMs,
        backoff: { baseMs: interventionMs, capMs: Math.max(interventionMs, interventionCapMs), jitter: JITTER },
      },
      weak: quorumOf(world.replicas.length).weak,
      seed: rng.int(0, 2 ** 31),
    });
    for (let i = 0; i < plan.concurrency; i++) this.#next();
  }

  /** True once everything it had to do is done; it may be doing more, to keep the others' leader busy. */
  get done(): boolean {
    return this.remaining === 0 && this.underWay <= this.#extra;
  }

  /** True while nothing is in flight and nothing is left to do. */
  get idle(): boolean {
    return this.remaining === 0 && this.underWay === 0;
  }

  /** True once the network has healed: from then on every operation is waited for until it is done. */
  get #resumed(): boolean {
    return this.#patienceMs === Infinity;
  }

  /** Sends nothing any more until {@linkcode resume}; operations in flight stay so. */
  pause(): void {
    this.#paused = true;
  }

  /** Goes on with `more` operations, each waited for until it is done; operations not begun are dropped. */
  resume(more: number): void {
    this.#paused = false;
    this.remaining = more;
    this.#patienceMs = Infinity;
    this.#thinkMs = 0; // from now on it is measured how long the cluster takes, and not the client
    const idle = this.plan.concurrency - this.underWay;
    for (let i = 0; i < idle; i++) this.#next();
    this.#rearm();
  }

  /** Takes a replica's answer. */
  take(reply: Reply): void {
    if (this.#paused) return;
    noteLeader(this.#session.leader, reply.replica, reply.term, reply.leader);
    for (const answer of reply.answers) this.#count(reply.replica, answer);
  }

  #count(replica: ReplicaId, answer: Answer): void {
    const pending = this.#bySeq.get(answer.seq);
    if (pending === undefined) return;
    countAnswer(pending.tally, replica, answer);
    const accepted = acceptedAnswer(pending.tally);
    if (accepted === null) return;
    const { scheduler, observer } = this.#world;
    if (accepted.outcome === "applied") observer.accepted?.(this.plan.id, accepted, scheduler.now);
    const outcome = { seq: accepted.seq, outcome: accepted.outcome, floor: accepted.floor };
    this.#perform(settle(this.#session, outcome, scheduler.now * 1000, scheduler.now));
    this.#rearm();
  }

  /** Begins one operation after a pause, if any is left. */
  #next(): void {
    if (this.remaining === 0) return this.#keepBusy();
    this.remaining--;
    this.underWay++;
    this.#world.scheduler.schedule(this.#rng.next() * this.#thinkMs, () => this.#begin(false));
  }

  /** After healing a client goes on until all are done, so that a leader that serves some and not others looks busy (§6.1b). */
  #keepBusy(): void {
    if (!this.#resumed || this.#extra > 0 || !this.#world.goesOn()) return;
    this.#extra++;
    this.underWay++;
    this.#world.scheduler.schedule(this.#world.constants.electionTimeoutMs / 4, () => this.#begin(true));
  }

  #begin(extra: boolean): void {
    const { scheduler, history, constants } = this.#world;
    const operation = this.#world.nextOperation();
    const command = this.#source.next();
    history.invoke(operation, this.plan.id, command, scheduler.now);
    const done = (result: Uint8Array | null) => {
      history.finish(operation, result, scheduler.now);
      if (result !== null) this.#source.learn(command, result);
      this.underWay--;
      if (extra) this.#extra--;
      if (result !== null) this.finished++;
      // An operation from before the healing that was given up then is no service: another takes its place.
      else if (this.#resumed) this.remaining++;
      this.#next();
    };
    const fast = constants.fastReads && command.op === "get" && this.#rng.chance(0.6);
    if (fast) this.#readFast(operation, command, done);
    else this.#submit(operation, encodeKvCommand(command), done);
  }

  #submit(operation: number, command: Uint8Array, done: Pending["done"]): void {
    const { scheduler: { now }, replicas, constants } = this.#world;
    const ticket = ++this.#tickets;
    const tally = createReplyTally(this.#replicas, answersNeeded(replicas.length, constants.fastReads));
    this.#byTicket.set(ticket, { operation, command, done, seq: null, request: null, tally });
    this.#perform(submit(this.#session, { ticket, deadlineAt: now + this.#patienceMs, repeatable: false }, now));
    this.#rearm();
  }

  /** §7.4: Q equal answers, or through the log. */
  #readFast(operation: number, command: KvQuery, done: Pending["done"]): void {
    const { scheduler } = this.#world;
    const tally: FastReadTally = createFastReadTally(this.#replicas);
    let open = true;
    const end = (result: Uint8Array | null) => {
      if (!open) return;
      open = false;
      if (result !== null) done(result);
      else this.#submit(operation, encodeKvCommand(command), done);
    };
    this.#world.fastRead(this.plan.id, encodeKvCommand(command), (replica, answer) => {
      if (!open) return;
      const state = countFastRead(tally, replica, answer);
      if (state.state === "accepted") end(state.payload);
      if (state.state === "hopeless") end(null);
    });
    scheduler.schedule(FAST_READ_MS, () => end(null));
  }

  #perform(effects: readonly SessionEffect[]): void {
    for (const effect of effects) this.#performOne(effect);
  }

  #performOne(effect: SessionEffect): void {
    switch (effect.effect) {
      case "sign":
        return this.#sign(effect.ticket, effect.seq, effect.floor);
      case "send": {
        const request = this.#bySeq.get(effect.seq)?.request;
        const to = effect.send === "one" ? [effect.replica as ReplicaId] : this.#world.replicas;
        if (request) this.#world.request(this.plan.id, to, request, effect.kind === "UpdateLeader");
        return;
      }
      case "applied":
        return this.#close(effect.ticket, (pending) => pending.tally.votes.accepted!.value.result);
      case "failed":
        if (effect.failure.reason === "no-quorum") return this.#close(effect.ticket, () => null);
        throw new ViolationError("session", `an honest client's request ${effect.seq} ended ${effect.failure.reason}`);
      case "renumbered":
        throw new ViolationError("session", `an honest client had to give up its seq ${effect.seq}`);
    }
  }

  #sign(ticket: number, number: number, floor: number): void {
    const pending = this.#byTicket.get(ticket)!;
    const { crypto, observer, scheduler } = this.#world;
    const client = clientId(this.plan.id);
    const message: SendRequest = {
      kind: "SendRequest",
      client,
      seq: seq(number),
      floor: seq(floor),
      command: pending.command,
    };
    pending.request = signAs(crypto, "client", this.plan.id, message);
    pending.seq = number;
    this.#bySeq.set(number, pending);
    observer.requested?.(pending.request, scheduler.now);
  }

  #close(ticket: number, resultOf: (pending: Pending) => Uint8Array | null): void {
    const pending = this.#byTicket.get(ticket)!;
    this.#byTicket.delete(ticket);
    if (pending.seq !== null) this.#bySeq.delete(pending.seq);
    pending.done(resultOf(pending));
  }

  #rearm(): void {
    const { scheduler } = this.#world;
    const due = this.#session.dueAt;
    if (due >= this.#tickAt || due === Infinity) return;
    this.#tickAt = due;
    scheduler.schedule(Math.max(0, due - scheduler.now), () => {
      if (this.#tickAt !== due) return;
      this.#tickAt = Infinity;
      if (this.#paused) return;
      this.#perform(tick(this.#session, scheduler.now));
      this.#rearm();
    });
  }
}
