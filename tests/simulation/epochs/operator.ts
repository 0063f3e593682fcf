/** The operator of a run: makes the rosters of its plan and hands them in, one epoch after the other. */
import { clientId, type LogIndex, logIndex, type Millis, type ReplicaId, seq } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import type { Request } from "../../../protocol/message.ts";
import type { Signed } from "../../../protocol/signed.ts";
import type { Scheduler } from "../network/scheduler.ts";
import { signAs, type SimCrypto } from "../network/sim_crypto.ts";
import type { Observer } from "../observer.ts";
import type { ChangePlan, Plan } from "../plan/plan.ts";
import { Rng } from "../plan/rng.ts";
import { type EditSources, nextRoster } from "./next_roster.ts";
import type { RunEpochs, SimEpoch } from "./run_epochs.ts";

/** The client by which the operator hands changes in. */
export const OPERATOR = "operator";

export interface OperatorParts {
  readonly plan: Plan;
  readonly epochs: RunEpochs;
  readonly crypto: SimCrypto;
  readonly scheduler: Scheduler;
  readonly observer: Observer;
  readonly sources: EditSources;
  readonly request: (to: readonly ReplicaId[], request: Signed<Request>, intervention: boolean) => void;
  /** Sessions that honest replicas have or had open for the operator. */
  readonly sessions: () => readonly LogIndex[];
  /** Highest index that an honest replica has applied. */
  readonly height: () => LogIndex;
  /** Returns whether every replica whose key was changed last has begun with the new one: by two changes nobody would know who it is. */
  readonly isRekeyed: () => boolean;
  /** Starts a new member with the roster it is given, unless it runs already. */
  readonly startNew: (id: ReplicaId, given: SimEpoch) => void;
}

/** A command, and the requests that it was handed in with. */
interface HandedIn {
  readonly command: Uint8Array;
  readonly requests: Map<LogIndex, Signed<Request>>;
}

export class Operator {
  readonly #parts: OperatorParts;
  readonly #rng: Rng;
  readonly #everyMs: Millis;
  /** Number of the change that comes next, or is under way. */
  #at = 0;
  #underWay: readonly SimEpoch[] = [];
  #handedIn: HandedIn[] = [];
  readonly #seqs = new Map<LogIndex, number>();
  #registerAt: Millis = 0;
  #last: SimEpoch[] = [];

  constructor(parts: OperatorParts) {
    this.#parts = parts;
    const { plan: { seed, replicas, constants } } = parts;
    this.#rng = new Rng(seed, `operator ${replicas.length}`);
    this.#everyMs = Math.min(500, constants.electionTimeoutMs) / 2;
    this.#again();
  }

  /** True once every change of the plan is done. */
  get done(): boolean {
    return this.#at >= (this.#parts.plan.reconfiguration?.changes.length ?? 0);
  }

  #again(): void {
    if (this.done) return;
    const { scheduler } = this.#parts;
    scheduler.schedule(this.#everyMs, () => {
      this.#work(scheduler.now);
      this.#again();
    });
  }

  #work(now: Millis): void {
    const { epochs: { newest }, plan } = this.#parts;
    const change = plan.reconfiguration!.changes[this.#at]!;
    if (this.#underWay.length > 0 && newest.epoch >= this.#underWay[0]!.epoch) return this.#finish(change, newest);
    if (this.#underWay.length === 0 && now >= change.at && this.#parts.isRekeyed()) this.#prepare(change, newest);
    for (const handedIn of this.#handedIn) this.#handIn(handedIn, newest);
  }

  #prepare({ alternatives, startsEarly, startMs, junk }: ChangePlan, newest: SimEpoch): void {
    const { epochs, sources } = this.#parts;
    const made = alternatives.map((edits) => epochs.of(nextRoster(newest, edits, sources)));
    this.#underWay = [...new Set(made)];
    const wrong = junk ? [...this.#last.map(({ bytes }) => bytes), Uint8Array.of(123), newest.bytes] : [];
    this.#handedIn = [...this.#rng.shuffle(this.#underWay.map(({ bytes }) => bytes)), ...wrong]
      .map((command) => ({ command, requests: new Map() }));
    if (startsEarly) { for (const given of this.#underWay) this.#startNew(given, startMs, newest); }
  }

  #finish({ startMs }: ChangePlan, newest: SimEpoch): void {
    this.#startNew(newest, startMs);
    this.#last = [...this.#underWay];
    this.#underWay = [];
    this.#handedIn = [];
    this.#at++;
  }

  /** Starts members that were none before; who runs already, or has a disk, is left alone. */
  #startNew(given: SimEpoch, startMs: Millis, before: SimEpoch | null = null): void {
    const { scheduler, startNew } = this.#parts;
    for (const id of given.replicas) {
      if (before?.replicas.includes(id) !== true) scheduler.schedule(startMs, () => startNew(id, given));
    }
  }

  #handIn({ command, requests }: HandedIn, newest: SimEpoch): void {
    const { crypto, observer, scheduler: { now }, request, sessions } = this.#parts;
    const [session] = sessions();
    if (session === undefined) return this.#register(newest);
    const known = requests.get(session);
    const signed = known ?? signAs(crypto, "client", OPERATOR, this.#message(session, command));
    if (known === undefined) {
      requests.set(session, signed);
      observer.requested?.(signed, now);
    }
    request(this.#rng.shuffle(newest.replicas), signed, this.#rng.chance(0.7));
  }

  #message(session: LogIndex, command: Uint8Array): Request {
    const number = (this.#seqs.get(session) ?? 0) + 1;
    this.#seqs.set(session, number);
    const numbers = { session, seq: seq(number), floor: seq(Math.max(1, number - 6)) };
    return { kind: "SendRequest", client: clientId(OPERATOR), ...numbers, mode: "roster", command };
  }

  #register(newest: SimEpoch): void {
    const { crypto, observer, scheduler: { now }, request, height } = this.#parts;
    if (now < this.#registerAt) return;
    this.#registerAt = now + 2 * this.#everyMs;
    const nonce = Uint8Array.from({ length: LIMITS.nonceBytes }, () => this.#rng.int(0, 255));
    const message = { kind: "RegisterSession", client: clientId(OPERATOR), base: logIndex(height()), nonce } as const;
    const signed = signAs(crypto, "client", OPERATOR, message);
    observer.requested?.(signed, now);
    request(newest.replicas, signed, true);
  }
}
