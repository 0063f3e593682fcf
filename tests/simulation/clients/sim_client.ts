/** An honest client: the real session and tallies (§7) around a seeded load of key-value operations. */
import { noteLeader } from "../../../client/session/leader_cache.ts";
import { countAnswer } from "../../../client/session/reply_tally.ts";
import {
  adopt,
  noteAnswer,
  noteBusy,
  noteHeight,
  onlySession,
  type Session,
  type SessionEffect,
  settle,
  submit,
  tick,
  underWay,
} from "../../../client/session/session.ts";
import { sha256Hex } from "../../../crypto/digest.ts";
import { ALL_SESSIONS, logIndex, type Millis, type ReplicaId } from "../../../protocol/ids.ts";
import type { Answer, Request } from "../../../protocol/message.ts";
import { type OperationMode, operationSize } from "../../../protocol/operations/group.ts";
import { waitOf } from "../../../protocol/reply.ts";
import type { Signed } from "../../../protocol/signed.ts";
import { encodeKvCommand, type KvQuery } from "../../../state_machine/mod.ts";
import { signAs } from "../network/sim_crypto.ts";
import { ViolationError } from "../observer.ts";
import { OperationSource } from "../plan/operations.ts";
import type { ClientPlan } from "../plan/plan.ts";
import type { Rng } from "../plan/rng.ts";
import type { ClientWorld, Reply } from "./client_world.ts";
import {
  commandOf,
  type InFlight,
  InFlightRequests,
  type Pending,
  registerOf,
  resultsOf,
} from "./in_flight_requests.ts";
import { createSimSession, epochChangesOf, newTally, readFast } from "./sim_session.ts";

/** Timeout of an operation of the safety phase. */
const PATIENCE_MS = 15_000;

export class SimClient {
  readonly plan: ClientPlan;
  /** Operations not begun yet; then those in flight. */
  remaining: number;
  underWay = 0;
  finished = 0;
  readonly #world: ClientWorld;
  readonly #rng: Rng;
  readonly #source: OperationSource;
  #session: Session;
  /** The session in its last hellos. */
  #said = ALL_SESSIONS;
  readonly #byTicket = new Map<number, Pending>();
  readonly #inFlight = new InFlightRequests();
  #tickets = 0;
  #tickAt: Millis = Infinity;
  /** Operations in flight beyond those it has to do: at most one. */
  #extra = 0;
  #paused = false;
  /** True once a roster lists it no more. */
  #gone = false;
  #patienceMs: Millis = PATIENCE_MS;
  #thinkMs: Millis;

  constructor(plan: ClientPlan, world: ClientWorld, rng: Rng) {
    this.plan = plan;
    this.remaining = plan.operations;
    this.#thinkMs = plan.thinkMs;
    this.#world = world;
    this.#rng = rng;
    this.#source = new OperationSource(plan, rng);
    this.#session = createSimSession(plan, world, rng);
    for (let i = 0; i < plan.restarts; i++) {
      world.scheduler.schedule(rng.next() * world.safetyMs, () => this.#restart());
    }
    this.#greet();
    for (let i = 0; i < plan.concurrency; i++) this.#next();
  }

  /** Its process dies with all that is under way, and another one begins with the same key. */
  #restart(): void {
    if (this.#resumed || this.#paused || this.#gone) return;
    const lost = this.#drop();
    this.#session = createSimSession(this.plan, this.#world, this.#rng);
    this.#greet(false);
    for (const { done } of lost) done(null);
  }

  /** Its clock's reading: nothing rests on it but how long something takes. */
  get #now(): Millis {
    return this.#world.scheduler.now + this.plan.clockMs;
  }

  /** Asks how far replicas are, and again every now and then, as hellos do; who answers is asked again for what it could not answer. */
  #greet(again = true): void {
    const { scheduler, constants } = this.#world;
    if (!this.#paused) {
      this.#said = logIndex(onlySession(this.#session));
      this.#world.hello(this, this.#said, (replica, appliedIndex) => {
        if (this.#paused || this.#gone) return;
        if (!this.#session.heights.has(replica)) {
          for (const number of underWay(this.#session)) this.#send(number, [replica], false);
        }
        this.#perform(noteHeight(this.#session, replica, appliedIndex, this.#now));
        this.#rearm();
      });
    }
    if (again) scheduler.schedule(constants.electionTimeoutMs, () => this.#greet());
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
    this.remaining = this.#gone ? 0 : more;
    this.#patienceMs = Infinity;
    this.#thinkMs = 0; // from now on it is measured how long the cluster takes, and not the client
    const idle = this.plan.concurrency - this.underWay;
    for (let i = 0; i < idle; i++) this.#next();
    this.#rearm();
  }

  /** Takes in that another roster is in force (§13.12). One that does not list this client ends its process. */
  adopt(isListed: boolean): void {
    if (!isListed) return this.#leave();
    for (const inFlight of this.#inFlight.all()) inFlight.tally = newTally(this.#world);
    this.#perform(adopt(this.#session, epochChangesOf(this.plan, this.#world), this.#now));
    this.#rearm();
  }

  #leave(): void {
    this.#gone = true;
    for (const { done } of this.#drop()) done(null);
    this.remaining = 0;
  }

  /** Forgets all that is under way, and returns it. */
  #drop(): readonly Pending[] {
    const lost = [...this.#byTicket.values()];
    this.#byTicket.clear();
    this.#inFlight.clear();
    return lost;
  }

  /** Takes a replica's answer. */
  take(reply: Reply): void {
    if (this.#paused || this.#gone) return;
    noteLeader(this.#session.leader, reply.replica, reply.term, reply.leader);
    for (const answer of reply.answers) {
      const inFlight = this.#inFlight.named(answer.request);
      if (inFlight === undefined) continue;
      if (answer.outcome !== "busy") this.#count(reply.replica, inFlight, answer);
      else noteBusy(this.#session, reply.replica, inFlight.number, waitOf(answer), this.#now);
    }
    this.#rearm();
  }

  #count(replica: ReplicaId, inFlight: InFlight, answer: Answer): void {
    if (answer.outcome === "void") this.#perform(noteHeight(this.#session, replica, answer.index, this.#now));
    const accepted = countAnswer(inFlight.tally, replica, answer);
    if (accepted === null) return noteAnswer(this.#session, inFlight.number, this.#now);
    const { scheduler, observer } = this.#world;
    observer.accepted?.(this.plan.id, accepted, scheduler.now, this.#world.epoch);
    const { outcome, index } = accepted;
    const executed = outcome === "applied" ? resultsOf(inFlight).length : 0;
    this.#perform(settle(this.#session, { request: inFlight.number, outcome, executed, index }, this.#now));
  }

  /** Begins one operation after a pause, if any is left. */
  #next(): void {
    if (this.remaining === 0 || this.#gone) return this.#gone ? undefined : this.#keepBusy();
    this.remaining--;
    this.underWay++;
    this.#world.scheduler.schedule(this.#rng.next() * this.#thinkMs, () => this.#operate(false));
  }

  /** After healing a client goes on until all are done, so that a leader that serves some and not others looks busy (§6.1b). */
  #keepBusy(): void {
    if (!this.#resumed || this.#extra > 0 || !this.#world.goesOn()) return;
    this.#extra++;
    this.underWay++;
    this.#world.scheduler.schedule(this.#world.constants.electionTimeoutMs / 4, () => this.#operate(true));
  }

  #operate(extra: boolean): void {
    if (this.#gone) {
      this.underWay--;
      if (extra) this.#extra--;
      return;
    }
    const { scheduler, history, constants } = this.#world;
    const operation = this.#world.nextOperation();
    const drawn = this.#source.next();
    const fast = constants.fastReads && drawn.op === "get" && this.#rng.chance(0.6);
    // Some read one key alone, others the store as a whole.
    const command = fast && operation % 4 > 0 ? { ...drawn, op: "read" as const } : drawn;
    history.invoke(operation, this.plan.id, command, scheduler.now);
    const done = (result: Uint8Array | null) => {
      history.finish(operation, result, scheduler.now);
      if (result !== null) this.#source.learn(drawn, result);
      this.underWay--;
      if (extra) this.#extra--;
      if (result !== null) this.finished++;
      // An operation from before the healing that was given up then is no service: another takes its place.
      else if (this.#resumed && !this.#gone) this.remaining++;
      this.#next();
    };
    const mode: OperationMode = command.op === "get" || command.op === "read" ? "query" : "command";
    const repeatable = mode === "query";
    this.#world.observer.invoked?.(this.plan.id, encodeKvCommand(command), repeatable, scheduler.now);
    const ordered = () => this.#submit({ mode, command: encodeKvCommand(command), done }, repeatable);
    if (fast) {
      readFast(this.#world, this.plan.id, command as KvQuery, (result) => result === null ? ordered() : done(result));
    } else ordered();
  }

  #submit(pending: Pending, repeatable: boolean): void {
    if (this.#gone) return pending.done(null);
    const ticket = ++this.#tickets;
    const now = this.#now;
    this.#byTicket.set(ticket, pending);
    const size = operationSize(pending.command);
    this.#perform(submit(this.#session, { ticket, size, deadlineAt: now + this.#patienceMs, repeatable }, now));
    this.#rearm();
  }

  #perform(effects: readonly SessionEffect[]): void {
    for (const effect of effects) this.#performOne(effect);
  }

  #performOne(effect: SessionEffect): void {
    switch (effect.effect) {
      case "register":
        return this.#register(effect.request, effect.base);
      case "sign":
        return this.#sign(effect);
      case "send":
        return this.#send(
          effect.request,
          effect.to === "all" ? this.#world.replicas : [effect.to as ReplicaId],
          effect.intervention,
        );
      case "done":
        return this.#inFlight.forget(effect.request);
      case "reissued":
        return;
      case "applied":
        return this.#close(effect.ticket, resultsOf(this.#inFlight.get(effect.request)!)[effect.part]!);
      case "failed": {
        const { reason } = effect.failure;
        if (reason === "no-quorum" || reason === "busy" || reason === "undecided") {
          return this.#close(effect.ticket, null);
        }
        throw new ViolationError("session", `an honest client's request ${effect.request} ended ${reason}`);
      }
    }
  }

  #send(number: number, to: readonly ReplicaId[], intervention: boolean): void {
    const inFlight = this.#inFlight.get(number);
    if (inFlight) this.#world.request(this.plan.id, to, inFlight.request, intervention);
  }

  #register(number: number, base: number): void {
    this.#seal(number, registerOf(this.plan, base, this.#rng));
  }

  #sign(effect: Extract<SessionEffect, { readonly effect: "sign" }>): void {
    const operations = effect.tickets.map((ticket) => this.#byTicket.get(ticket)!);
    if (this.#said !== onlySession(this.#session)) this.#greet(false);
    this.#seal(effect.request, commandOf(this.plan, effect, operations));
  }

  #seal(number: number, message: Request): void {
    const { crypto, observer, scheduler } = this.#world;
    const request: Signed<Request> = signAs(crypto, "client", this.plan.id, message);
    const inFlight = { number, request, digest: sha256Hex(request.body), tally: newTally(this.#world) };
    this.#inFlight.add(inFlight);
    observer.requested?.(request, scheduler.now);
  }

  #close(ticket: number, result: Uint8Array | null): void {
    const pending = this.#byTicket.get(ticket)!;
    this.#byTicket.delete(ticket);
    pending.done(result);
  }

  #rearm(): void {
    const { scheduler } = this.#world;
    const due = this.#session.dueAt;
    if (due >= this.#tickAt || due === Infinity) return;
    this.#tickAt = due;
    scheduler.schedule(Math.max(0, due - this.#now), () => {
      if (this.#tickAt !== due) return;
      this.#tickAt = Infinity;
      if (this.#paused || this.#gone) return;
      this.#perform(tick(this.#session, this.#now));
      this.#rearm();
    });
  }
}
