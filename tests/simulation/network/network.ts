/** The simulated network: every packet's fate, drawn from the faults in force at its time. */
import type { Millis, ReplicaId } from "../../../protocol/ids.ts";
import type { Packet } from "../../../protocol/packet.ts";
import type { EchoFault, Fault, NetworkFault, RecallFault, Target } from "../plan/plan.ts";
import type { Rng } from "../plan/rng.ts";
import type { Scheduler } from "./scheduler.ts";

/** Packets kept for replays. */
const ARCHIVE = 400;
/** AppendEntries that an echo repeats. */
const ECHOES = 12;

/** Faults caused by the network itself. */
type WireFault = NetworkFault | EchoFault | RecallFault;

export const isNetworkFault = (fault: Fault): fault is WireFault => ["network", "echo", "recall"].includes(fault.kind);

export interface NetworkParts {
  readonly scheduler: Scheduler;
  readonly rng: Rng;
  readonly latencyMs: readonly [Millis, Millis];
  readonly faults: readonly WireFault[];
  readonly replicas: readonly ReplicaId[];
  /** Returns the replica that a target means now. */
  readonly resolve: (target: Target) => ReplicaId | null;
  readonly deliver: (to: ReplicaId, packet: Packet, from: ReplicaId) => void;
}

type RollCallAnswerPacket = Extract<Packet, { readonly kind: "RollCallAnswer" }>;

/** A packet, and who sent it. */
interface Sent<P extends Packet = Packet> {
  readonly from: ReplicaId;
  readonly packet: P;
}

/** A fault in force, with its targets resolved. */
interface Active {
  readonly fault: NetworkFault;
  readonly sources: ReadonlySet<string> | null;
  readonly targets: ReadonlySet<string> | null;
}

export class Network {
  readonly #parts: NetworkParts;
  readonly #active = new Set<Active>();
  readonly #archive: Sent[] = [];
  readonly #echoes: Sent[] = [];
  /** Answers to roll calls, kept once a fault wants them. */
  #recalled: Sent<RollCallAnswerPacket>[] | null = null;
  #sent = 0;

  constructor(parts: NetworkParts) {
    this.#parts = parts;
    const { scheduler } = parts;
    for (const fault of parts.faults) {
      if (fault.kind === "echo") {
        scheduler.schedule(fault.from, () => this.#echo(fault.everyMs));
        continue;
      }
      if (fault.kind === "recall") {
        scheduler.schedule(fault.from, () => this.#recalled = []);
        continue;
      }
      scheduler.schedule(fault.from, () => {
        const active = { fault, sources: this.#resolve(fault.sources), targets: this.#resolve(fault.targets) };
        this.#active.add(active);
        scheduler.schedule(fault.to - fault.from, () => this.#active.delete(active));
      });
    }
  }

  /** Sends `packet` to each of `to`, subject to the faults in force. */
  send(from: ReplicaId, to: readonly ReplicaId[], packet: Packet): void {
    if (this.#active.size > 0) this.#remember({ from, packet });
    if (packet.kind === "AppendEntries" && this.#echoes.push({ from, packet }) > ECHOES) this.#echoes.shift();
    if (this.#recalled !== null) this.#recall(from, packet, this.#recalled);
    for (const replica of to) {
      this.#sendOne(from, replica, packet.kind, () => this.#parts.deliver(replica, packet, from));
    }
  }

  /** Calls `arrive` subject to the faults for something sent from `from` to `to`; clients' links go by their ids. */
  sendOther(from: string, to: string, arrive: () => void): void {
    this.#sendOne(from, to, null, arrive);
  }

  #sendOne(from: string, to: string, kind: Packet["kind"] | null, arrive: () => void): void {
    const { rng, scheduler, latencyMs: [low, high] } = this.#parts;
    let delay = rng.between(low, high);
    let copies = 1;
    for (const { fault, sources, targets } of this.#active) {
      if (sources !== null && !sources.has(from)) continue;
      if (targets !== null && !targets.has(to)) continue;
      if (fault.kinds !== null && (kind === null || !fault.kinds.includes(kind))) continue;
      if (fault.flapMs !== null && Math.floor(scheduler.now / (fault.flapMs / 2)) % 2 === 0) continue;
      if (fault.loss > 0 && rng.chance(fault.loss)) copies = 0;
      if (fault.duplicate > 0 && rng.chance(fault.duplicate)) copies *= 2;
      if (fault.delayMs > 0) delay += rng.next() * fault.delayMs;
      if (fault.replay > 0 && rng.chance(fault.replay)) this.#replay(delay);
    }
    for (let i = 0; i < copies; i++) scheduler.schedule(delay * (1 + i), arrive);
  }

  /** Repeats recent AppendEntries of leaders for ever (§5.1: they keep no replica from suspecting). */
  #echo(everyMs: Millis): void {
    const { scheduler, replicas, rng, deliver } = this.#parts;
    for (const id of this.#echoes.length > 0 ? replicas : []) {
      const { from, packet } = rng.pick(this.#echoes);
      deliver(id, packet, from);
    }
    scheduler.schedule(everyMs, () => this.#echo(everyMs));
  }

  /** Keeps answers to roll calls, and delivers those to earlier calls to a replica that calls again. */
  #recall(from: ReplicaId, packet: Packet, answers: Sent<RollCallAnswerPacket>[]): void {
    const { scheduler, deliver, latencyMs: [, high] } = this.#parts;
    if (packet.kind === "RollCallAnswer") answers.push({ from, packet });
    if (packet.kind !== "RollCall") return;
    const { nonce } = packet.signed.message;
    const earlier = answers.filter(({ packet: { signed: { message } } }) =>
      message.asker === from && message.nonce !== nonce
    );
    for (const answer of earlier) scheduler.schedule(high, () => deliver(from, answer.packet, answer.from));
  }

  #remember(sent: Sent): void {
    this.#archive[this.#sent++ % ARCHIVE] = sent;
  }

  #replay(delayMs: Millis): void {
    const { rng, replicas, scheduler, deliver } = this.#parts;
    if (this.#archive.length === 0) return;
    const { from, packet } = rng.pick(this.#archive);
    const to = rng.pick(replicas);
    scheduler.schedule(delayMs, () => deliver(to, packet, from));
  }

  #resolve(targets: readonly Target[] | null): ReadonlySet<string> | null {
    return targets && new Set(targets.flatMap((target) => this.#parts.resolve(target) ?? []));
  }
}
