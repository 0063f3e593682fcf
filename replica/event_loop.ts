/** The loop of a replica: receive → ingress → core and effects → tick. One batch per turn, so that steps share a transaction. */
import type { Request } from "../protocol/entry.ts";
import { LIMITS } from "../protocol/limits.ts";
import type { Signed, Verified } from "../protocol/signed.ts";
import type { ReplicaTransport } from "../transport/port.ts";
import type { Activation } from "./answers/activation.ts";
import { hasSnapshotWork } from "./core/checkpoints/checkpoints.ts";
import type { InputWithoutTime } from "./core/input.ts";
import { nextDeadline } from "./core/next_deadline.ts";
import { mayStop } from "./core/offices/leaving.ts";
import type { LeaveReason } from "./core/offices/office_state.ts";
import type { CoreState } from "./core/state.ts";
import type { SignatureWork } from "./diagnostics/counting_backend.ts";
import type { TallyByKind } from "./diagnostics/tally_by_kind.ts";
import type { RunInputs } from "./effects.ts";
import { Backlog } from "./ingress/backlog.ts";
import { type Ingress, UNFINISHED } from "./ingress/ingress.ts";
import { INGRESS_LIMITS } from "./limits/ingress_limits.ts";

/** Minimum interval between two checks of the timers, in milliseconds, however many packets arrive. */
const MIN_TICK_MS = 1;

export interface LoopParts {
  readonly state: CoreState;
  readonly transport: ReplicaTransport;
  readonly ingress: Ingress;
  readonly run: RunInputs;
  readonly work: Readonly<SignatureWork>;
  /** Returns the work of answering fast reads so far, in signatures. */
  readonly readWork?: () => number;
  /** Called at the end of each turn: what waits for it is sent. */
  readonly turnEnds?: () => void;
  /** Signatures checked or made in one turn before the rest waits for the next. */
  readonly signaturesPerTurn: number;
  readonly refused: TallyByKind;
  /** Returns whether this replica takes part in the protocol: it is active, or about to leave. */
  readonly takesPart: () => boolean;
  /** The operator's last command: whether this replica is to leave, but not to end; told when it has left. */
  readonly activation?: Pick<Activation, "leaving" | "left">;
  /** Called in every turn in which the replica takes no part. */
  readonly whileInactive?: (now: number) => void;
  /** Monotonic clock in milliseconds. */
  readonly now: () => number;
}

export class EventLoop {
  readonly #parts: LoopParts;
  readonly #backlog: Backlog;
  #tickAt = -Infinity;
  #lastTick: number | null = null;
  #stopping = false;
  readonly #handed: Verified<Signed<Request>>[] = [];
  readonly #first: InputWithoutTime[] = [];
  /** True once this replica is to end as soon as it has left its office. */
  #ending = false;
  /** Reason to leave that the core was told last; null if it is to stay. */
  #told: LeaveReason | null = null;

  constructor(parts: LoopParts) {
    this.#parts = parts;
    const { ingress, now } = parts;
    this.#backlog = new Backlog(INGRESS_LIMITS.maxBacklog, (packet) => ingress.overflowed(packet, now()));
  }

  /** Runs until {@linkcode stop}, or until the epoch has ended here (§13.4); rejects with the error of a turn. It may then be called again; the rest of that turn's inputs is lost. */
  async run(): Promise<void> {
    const { transport, ingress, now } = this.#parts;
    while (!this.#stopping && !this.#hasEnded()) {
      const waitMs = !this.#backlog.empty || this.#hasWork() ? 0 : Math.max(0, this.#tickAt - now());
      const received = await transport.receive(waitMs, INGRESS_LIMITS.receiveBatch);
      if (this.#stopping) return;
      ingress.expect(received, now());
      const dropped = this.#backlog.add([...ingress.pressing(now()), ...received]);
      for (let i = 0; i < dropped; i++) this.#parts.refused.add("overload");
      this.#turn();
      this.#parts.turnEnds?.();
    }
  }

  /** Hands requests to the core that an earlier one held, as if their clients intervened (§13.7); to be called before it runs. */
  hand(requests: readonly Signed<Request>[]): void {
    this.#handed.push(...requests as readonly Verified<Signed<Request>>[]);
  }

  /** Tells the core what is on this replica's own disk; to be called before it runs. */
  tell(input: InputWithoutTime): void {
    this.#first.push(input);
  }

  /** Ends the loop after the turn in progress. */
  stop(): void {
    this.#stopping = true;
    this.#parts.transport.wake();
  }

  /** Ends the loop once the core has left its office, if it holds one (§14.5); at once where it takes no part. */
  leave(): void {
    if (!this.#parts.takesPart()) return this.stop();
    this.#ending = true;
    this.#tickAt = Math.min(this.#tickAt, this.#parts.now());
    this.#parts.transport.wake();
  }

  /** A disk that refuses has to be back before the next epoch can begin on it. */
  #hasEnded(): boolean {
    return this.#parts.state.ended !== null && this.#parts.takesPart();
  }

  /** Returns whether there is work without a packet or a timer: entries to apply, a snapshot to write. */
  #hasWork(): boolean {
    const { state, takesPart } = this.#parts;
    return takesPart() && (state.appliedIndex < state.commitIndex || hasSnapshotWork(state));
  }

  #turn(): void {
    const { state, run, takesPart, ingress, now } = this.#parts;
    const inputs = this.#admit(now());
    const time = now();
    if (!takesPart()) {
      if (this.#ending) return this.stop();
      // A deactivated replica ignores its peers and says nothing; its timers are suspended with it.
      this.#tickAt = time + state.config.constants.heartbeatMs;
      this.#lastTick = null;
      this.#parts.whileInactive?.(time);
      return;
    }
    const reason = this.#reasonToLeave();
    if (reason !== this.#told) inputs.push({ kind: "leave", reason });
    this.#told = reason;
    inputs.push(...this.#first.splice(0));
    const handed = this.#handed.splice(0);
    inputs.push(...handed.map((request) => ({ kind: "request", request, intervention: true, via: null }) as const));
    const due = time >= this.#tickAt;
    if (due) inputs.push({ kind: "tick", lateMs: this.#lateness(time) });
    if (inputs.length > 0 || this.#hasWork()) {
      run(inputs, time);
      this.#tickAt = Math.max(time + MIN_TICK_MS, Math.min(due ? Infinity : this.#tickAt, nextDeadline(state, time)));
    }
    this.#tickAt = Math.min(this.#tickAt, ingress.pressingAt);
    if (mayStop(state, time)) this.#leave();
  }

  #reasonToLeave(): LeaveReason | null {
    if (this.#ending) return "stop";
    return this.#parts.activation?.leaving ? "deactivate" : null;
  }

  /** Ends the part of this replica, which has left its office: for good, or until the operator activates it again. */
  #leave(): void {
    if (this.#ending) this.stop();
    else this.#parts.activation?.left();
  }

  /** §14.9: returns how long this replica could not judge its leader: for want of a turn, or since it is behind with what it received. */
  #lateness(time: number): number {
    const last = this.#lastTick;
    this.#lastTick = time;
    if (last === null) return 0;
    return this.#backlog.empty ? Math.max(0, time - this.#tickAt - LIMITS.latenessSlackMs) : time - last;
  }

  #admit(time: number): InputWithoutTime[] {
    const { ingress, work, signaturesPerTurn, readWork = () => 0 } = this.#parts;
    // Answers to queries are signed on the way, or found; making a signature costs about as much as checking one.
    const done = () => work.verified + work.signed + readWork();
    const before = done();
    const inputs: InputWithoutTime[] = [];
    this.#backlog.drain(() => (done() - before) / signaturesPerTurn, (packet) => {
      const most = done() + signaturesPerTurn * INGRESS_LIMITS.packetShare;
      const input = ingress.takePart(packet, time, () => done() < most);
      if (input !== null && input !== UNFINISHED) inputs.push(input);
      return input !== UNFINISHED;
    });
    return inputs;
  }
}
