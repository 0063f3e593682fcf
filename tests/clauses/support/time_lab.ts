/** A follower of r2, or a leader, whose state machine waits for log time (§15). */
import type { ProtocolConstants } from "../../../protocol/config.ts";
import type { ApplyContext, StateMachine } from "../../../protocol/ports.ts";
import { lastHead } from "../../../replica/core/log/log.ts";
import { KvStore } from "../../../state_machine/mod.ts";
import { ElectionLab } from "./election_lab.ts";
import { endOf, entryAfter, request } from "./forge.ts";
import { statement, statementsAfter } from "./forge_time.ts";

const NEVER_MS = 1_000_000;

/** Everything that a state machine is told of time. */
interface Seen {
  waits: boolean;
  /** Log times, and the indexes they came at. */
  readonly told: (readonly [number, number])[];
  /** Log times that commands were executed with. */
  readonly times: number[];
}

function timed(seen: Seen): StateMachine {
  const store = new KvStore();
  return {
    apply(command: Uint8Array, context: ApplyContext) {
      seen.times.push(context.time);
      return store.apply(command, context);
    },
    query: (bytes, context) => store.query(bytes, context),
    snapshot: () => store.snapshot(),
    restore: (chunks) => store.restore(chunks),
    digest: () => store.digest(),
    freeze: () => store.freeze(),
    nextDeadline: () => seen.waits ? Number.MAX_SAFE_INTEGER : null,
    onTime: (time, index) => void seen.told.push([time, index]),
  };
}

export class TimeLab extends ElectionLab {
  readonly seen: Seen;

  constructor(seen: Seen = { waits: true, told: [], times: [] }, constants: Partial<ProtocolConstants> = {}) {
    const waits = { electionTimeoutMs: NEVER_MS, electionTimeoutCapMs: NEVER_MS, patienceMs: 3000, paceMs: 0 };
    super({ constants: { ...waits, patienceCapMs: NEVER_MS, ...constants }, machine: () => timed(seen) });
    this.seen = seen;
  }

  /** Makes one that follows r2, and has applied a command. */
  static following(constants: Partial<ProtocolConstants> = {}): TimeLab {
    const lab = new TimeLab(undefined, constants);
    lab.follow("r2", 1);
    lab.execute(0);
    return lab;
  }

  /** Log time, as this replica has applied it. */
  get time(): number {
    return this.state.sessions.time.now;
  }

  /** Has request `number` executed. */
  execute(number: number): void {
    const entry = entryAfter(lastHead(this.state.log), this.state.hard.currentTerm, [request(number)]);
    this.append(lastHead(this.state.log), [entry]);
    this.commit(endOf([entry]));
  }

  /** Has an entry of statements ordered, committed and applied. */
  order(stated: Readonly<Record<string, number>>): void {
    const statements = Object.entries(stated).map(([replica, clock]) => statement(replica, clock));
    const entry = statementsAfter(lastHead(this.state.log), this.state.hard.currentTerm, statements);
    this.append(lastHead(this.state.log), [entry]);
    this.commit(endOf([entry]));
  }

  /** Readings that this replica stated since the last call, and to whom. */
  stated(): string[] {
    return this.take("ClockStatement").map(({ to, packet: { signed: { message } } }) => `${message.clock} to ${to}`);
  }

  /** Gives a leader statements of others. */
  hear(stated: Readonly<Record<string, number>>): string {
    const packets = Object.entries(stated).map(([replica, clock]) => statement(replica, clock));
    return this.feed(...packets.map((signed) => ({ kind: "ClockStatement", signed }) as const));
  }
}
