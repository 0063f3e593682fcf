/** Demands on log time (§15.5), judged from true time, which no replica knows. */
import type { Millis, ReplicaId } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import type { ClockStatement } from "../../../protocol/message.ts";
import type { Packet } from "../../../protocol/packet.ts";
import type { PersistOperation } from "../../../replica/core/log/durable_state.ts";
import type { Observer } from "../observer.ts";
import { clockOf, type Plan } from "../plan/plan.ts";
import { demand } from "./judge.ts";

/** Rounding of statements to milliseconds. */
const ROUNDING_MS = 1;

/**
 * Returns an observer that demands of log time: that honest replicas alone state what they sign; and *never early*: from the first
 * execution of anything at a log time until log time is x more, no less true time passes than x − `clockLeadMs` takes on the fastest honest clock;
 * and, in plans that say so, *never late*.
 */
export function timeDemands(plan: Plan): Observer {
  if (!plan.waits && plan.clients.every(({ behaviour }) => behaviour !== "lessee")) return {};
  const faulty = new Set(plan.byzantine.map(({ replica }) => replica));
  const isHonest = (id: ReplicaId) => !faulty.has(id);
  const ids = [...plan.replicas, ...plan.reconfiguration?.joiners.map(({ id }) => id) ?? []];
  const clocks = ids.filter(isHonest).map((id) => clockOf(plan, id));
  const fastest = Math.max(...clocks);
  const { share = 0, slackMs = 0 } = plan.timeRuns ?? {};
  const least = (now: Millis): Millis => now > plan.safetyMs ? 0 : share * Math.min(...clocks) * now - slackMs;
  const marks = new Marks(fastest);
  const leases = new LeaseMarks(fastest);
  const signed = new Set<string>();
  return {
    sent(from, _to, packet, _disk, now) {
      demand(marks.time >= least(now), "late", () => `log time is ${marks.time} at ${now}, wanted ${least(now)}`);
      if (!isHonest(from)) return;
      for (const { replica, clock } of ownStatements(packet)) if (replica === from) signed.add(`${from} ${clock}`);
    },
    persisted(at, operations) {
      if (!isHonest(at)) return;
      for (const { replica, clock } of statedIn(operations)) {
        const good = replica === at || !isHonest(replica) || signed.has(`${replica} ${clock}`);
        demand(good, "forged", () => `${at} appends that ${replica} stated ${clock}, which it never signed`);
      }
    },
    executed(at, index, _client, _command, now) {
      if (isHonest(at)) marks.executed(index, now);
    },
    timed(at, time, index, ended, now) {
      if (!isHonest(at)) return;
      marks.moved(at, time, index, now);
      for (const lease of ended) leases.ended(lease, now);
    },
    leased(at, index, lease, ttlMs, now) {
      if (isHonest(at)) leases.granted(index, lease, ttlMs, now);
    },
  };
}

/** Returns what a packet states: a leader's own statements are in its entries alone. */
function ownStatements(packet: Packet): readonly ClockStatement[] {
  if (packet.kind === "ClockStatement") return [packet.signed.message];
  if (packet.kind !== "AppendEntries") return [];
  return packet.entries.flatMap(({ statements }) => (statements ?? []).map(({ message }) => message));
}

function statedIn(operations: readonly PersistOperation[]) {
  const entries = operations.flatMap((operation) => operation.op === "append" ? operation.entries : []);
  return entries.flatMap(({ entry }) => (entry.statements ?? []).map(({ message }) => message));
}

/** The first executions of all indexes, and their times. */
class Marks {
  readonly #fastest: number;
  readonly #times = new Map<number, Millis>();
  #index = 0;
  time = 0;
  /** Least of log time less true time on the fastest clock, of all that was executed. */
  #least = Infinity;

  constructor(fastest: number) {
    this.#fastest = fastest;
  }

  executed(index: number, now: Millis): void {
    if (index <= this.#index) return;
    this.#index = index;
    this.#least = Math.min(this.#least, this.time - this.#fastest * now);
  }

  moved(at: ReplicaId, time: Millis, index: number, now: Millis): void {
    const known = this.#times.get(index) ?? time;
    demand(known === time, "I6", () => `${at} has log time ${time} at ${index}, where others have ${known}`);
    if (index <= this.#index) return;
    this.#times.set(index, time);
    demand(time > this.time, "§15.2", () => `log time goes from ${this.time} to ${time} at ${index}`);
    const most = this.#least + this.#fastest * now + LIMITS.clockLeadMs + ROUNDING_MS;
    demand(time <= most, "early", () => `log time is ${time} at ${index}, and at most ${most} can have come by ${now}`);
    this.time = time;
    this.executed(index, now);
  }
}

/** The leases there were, and the first execution of the last command that had each of them last for its whole time. */
class LeaseMarks {
  readonly #fastest: number;
  readonly #leases = new Map<number, { readonly index: number; readonly ttlMs: Millis; readonly at: Millis }>();

  constructor(fastest: number) {
    this.#fastest = fastest;
  }

  granted(index: number, lease: number, ttlMs: Millis, now: Millis): void {
    if (index > (this.#leases.get(lease)?.index ?? 0)) this.#leases.set(lease, { index, ttlMs, at: now });
  }

  /** Never early: on no honest clock has less than the lease's time passed. */
  ended(lease: number, now: Millis): void {
    const known = this.#leases.get(lease);
    demand(known !== undefined, "early", () => `lease ${lease} ends, which was never granted`);
    const { ttlMs, at, index } = known;
    const passed = this.#fastest * (now - at) + ROUNDING_MS;
    demand(
      passed >= ttlMs,
      "early",
      () => `lease ${lease} of ${ttlMs} ms, renewed at ${index}, ends after ${passed} ms at most`,
    );
  }
}
