/** Draws changes of the roster (§13), and faults around them, from numbers of their own: whatever else is drawn stays the same. */
import type { ProtocolConstants } from "../../../protocol/config.ts";
import { type Millis, type ReplicaId, replicaId } from "../../../protocol/ids.ts";
import type { Grant } from "../../../protocol/ports.ts";
import type { ChangePlan, CrashFault, Fault, NetworkFault, Plan, RosterEdit, Target } from "./plan.ts";
import { STEADY } from "./plan.ts";
import { Rng } from "./rng.ts";

/** Adds one to four changes to a plan; everyone comes up again at its end, as nobody knows beforehand who will be a member. */
export function withChanges(plan: Plan): Plan {
  const { seed, replicas, safetyMs, constants, clocks } = plan;
  const rng = new Rng(seed, `changes ${replicas.length}`);
  const unit = Math.min(constants.electionTimeoutMs, 1000);
  const times = Array.from({ length: rng.int(1, 4) }, () => rng.between(unit, Math.max(2 * unit, safetyMs - 3 * unit)));
  const joiners = new Joiners(replicas.length);
  const drawn = times.sort((a, b) => a - b).map((at) => drawChange(rng, plan, unit, at, joiners));
  const changes = seed % RIGHTS_EVERY === RIGHTS_EVERY - 1 ? withRights(plan, drawn) : drawn;
  const ids = [...replicas, ...joiners.ids];
  const liar = plan.byzantine[0];
  const liars = liar ? joiners.ids.filter(() => rng.chance(0.3)).map((replica) => ({ ...liar, replica })) : [];
  // What is demanded of leaders in office is of plans in which they keep it.
  const { oneLeader: _1, longestGapMs: _2, faultyInARow: _3, honestFromMs: _4, noneTooSlow: _5, ...others } = plan;
  const { mostLeaders: _6, longestWaitMs: _7, ...rest } = others;
  const all = [...plan.byzantine, ...liars];
  const mayLie = all.length > 0 && plan.constants.electionTimeoutMs < PATIENT_MS;
  const marks = mayLie && rng.chance(0.4);
  // From numbers of their own, so that whatever else is drawn stays the same.
  const ends = mayLie && new Rng(seed, `ends ${replicas.length}`).chance(0.3);
  const lies = [...(marks ? ["mark-liar"] : []), ...(ends ? ["end-liar"] : [])];
  return {
    ...rest,
    byzantine: all.map((each) => ({ ...each, actors: [...each.actors, ...lies] })),
    down: [],
    faults: [...plan.faults, ...changes.flatMap((change) => drawFaultsAround(rng, change, plan, ids, unit))],
    reconfiguration: {
      changes,
      joiners: joiners.ids.map((id) => ({ id, clock: rng.chance(0.5) ? 1 : rng.pick([...clocks, 0.9, 1.1]) })),
    },
  };
}

/** Plans of which one has rights of clients: the others stay what they were before there were any. */
const RIGHTS_EVERY = 5;

const RULES: readonly (readonly Grant[] | null)[] = [
  ...[null, [], [{ prefix: "", may: "read" }], [{ prefix: "", may: "write" }], [{ key: "k1", may: "both" }]] as const,
  [{ prefix: "k", may: "read" }, { key: "k2", may: "write" }],
  [{ prefix: "k", may: "both" }],
];

/** Has most of the changes give clients rules, or take them away, beside what they do otherwise. */
function withRights({ seed, clients }: Plan, changes: readonly ChangePlan[]): ChangePlan[] {
  const rng = new Rng(seed, "rights");
  const edit = (): RosterEdit => ({ edit: "rights", client: rng.pick(clients).id, access: rng.pick(RULES) });
  return changes.map((change) =>
    rng.chance(0.2) ? change : {
      ...change,
      alternatives: change.alternatives.map((edits) => [
        ...edits,
        ...Array.from({ length: rng.int(1, 2) }, edit),
      ]),
    }
  );
}

/** Shorter than election timeouts of plans in which nothing but silence is anybody's fault. */
const PATIENT_MS = 10_000;

/** Names for new replicas, each of them used once. */
class Joiners {
  readonly ids: ReplicaId[] = [];

  constructor(private readonly first: number) {}

  next(): ReplicaId {
    const id = replicaId(`r${this.first + this.ids.length + 1}`);
    this.ids.push(id);
    return id;
  }
}

function drawChange(rng: Rng, plan: Plan, unit: Millis, at: Millis, joiners: Joiners): ChangePlan {
  const alternative = () =>
    Array.from({ length: rng.pick([0, 1, 1, 1, 1, 2, 2, 3]) }, () => drawEdit(rng, plan, joiners));
  return {
    at,
    alternatives: Array.from({ length: rng.chance(0.25) ? 2 : 1 }, alternative),
    startMs: unit * rng.pick([0, 0.5, 2, 5]),
    startsEarly: rng.chance(0.5),
    rekeyMs: unit * rng.pick([0.01, 0.5, 2]),
    junk: rng.chance(0.3),
  };
}

function drawEdit(rng: Rng, plan: Plan, joiners: Joiners): RosterEdit {
  const someone = (): Target => rng.chance(0.3) ? "leader" : rng.pick([...plan.replicas, ...joiners.ids]);
  const client = rng.pick([...plan.clients.map(({ id }) => id), "operator"]);
  return rng.pick<() => RosterEdit>([
    ...[0, 0, 0].map(() => () => ({ edit: "replace" as const, replica: someone(), by: joiners.next() })),
    () => ({ edit: "add", replica: joiners.next() }),
    () => ({ edit: "remove", replica: someone() }),
    ...[0, 0].map(() => () => ({ edit: "rekey" as const, replica: someone() })),
    () => client === "operator" ? { edit: "rekey", replica: someone() } : { edit: "revoke", client },
    () => client === "operator" ? { edit: "rekey", replica: someone() } : { edit: "admit", client },
    () => ({ edit: "constants", constants: drawConstants(rng) }),
  ])();
}

const drawConstants = (rng: Rng): Partial<ProtocolConstants> =>
  rng.pick([
    { checkpointEvery: rng.pick([2, 3, 5, 10, 1000]), logTail: rng.pick([0, 1, 20]) },
    { fastReads: rng.chance(0.5) },
    { checkpointEvery: rng.pick([3, 7]), fastReads: rng.chance(0.5), logTail: 0 },
  ]);

/** Draws crashes at the steps of crossing, and replicas that are cut off while others cross, for one epoch or several. */
function drawFaultsAround(
  rng: Rng,
  { at }: ChangePlan,
  { safetyMs, byzantine }: Plan,
  ids: readonly ReplicaId[],
  unit: Millis,
): Fault[] {
  const crash = (replica: Target): CrashFault => {
    const [point, during, passes] = rng.pick(
      [
        ...[["before-persist", "begin-epoch", 0], ["torn-persist", "begin-epoch", 0], [
          "after-persist",
          "begin-epoch",
          0,
        ]],
        ...[["archive", null, rng.int(0, 3)], ["archive", null, rng.int(0, 3)], ["before-persist", "checkpoint", 0]],
        ...[["after-persist", "checkpoint", 0], ["send", null, 0], ["apply", null, 0], ["now", null, 0]],
      ] as const,
    ) as [CrashFault["point"], CrashFault["during"], number];
    const downMs = unit * rng.pick([0.001, 0.3, 2, 6]);
    return { kind: "crash", from: at + rng.between(0, unit), replica, point, during, passes, downMs };
  };
  const honest = ids.filter((id) => byzantine.every(({ replica }) => replica !== id));
  const crashes = rng.chance(0.15)
    ? honest.map(crash)
    : Array.from({ length: rng.int(0, 2) }, () => crash(rng.pick(ids)));
  return [...crashes, ...rng.chance(0.4) ? drawAbsence(rng, at, safetyMs, rng.pick(ids), unit) : []];
}

function drawAbsence(rng: Rng, at: Millis, end: Millis, absent: ReplicaId, unit: Millis): NetworkFault[] {
  const from = Math.max(0, at - rng.between(0, unit));
  const to = Math.min(end, from + unit * rng.pick([2, 5, 12]));
  const fault = { kind: "network", ...STEADY, from, to, loss: 1 } as const;
  return [{ ...fault, sources: [absent] }, { ...fault, targets: [absent] }];
}
