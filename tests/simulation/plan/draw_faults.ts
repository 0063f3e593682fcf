/** Draws the faults of a plan: noise on all links, partitions of every shape, crashes at every point, rolled-back disks. */
import type { Millis, ReplicaId } from "../../../protocol/ids.ts";
import type { Packet } from "../../../protocol/packet.ts";
import type { PersistOperation } from "../../../replica/core/log/durable_state.ts";
import { CRASH_POINTS } from "../nodes/crash_point.ts";
import { type Fault, type NetworkFault, STEADY, type Target } from "./plan.ts";
import type { Rng } from "./rng.ts";

export interface FaultFrame {
  readonly ids: readonly ReplicaId[];
  readonly byzantine: readonly ReplicaId[];
  readonly from: Millis;
  readonly to: Millis;
  readonly theme: string;
  /** Honest replicas that lose their disks, one element per loss. */
  readonly wipes: readonly ReplicaId[];
  /** True if a replica must be away for long. */
  readonly farBehind: boolean;
  /** Unit of durations: the election timeout, a second at most. */
  readonly unit: Millis;
}

/** Kinds of packets whose loss alone changes what the others know. */
const KINDS: readonly Packet["kind"][] = [
  "AppendEntries",
  "AppendEntriesResponse",
  "AppendEntriesResponse",
  "Vote",
  "RequestVote",
  "PreVote",
  "ResendRequest",
  "FetchEntriesResponse",
  "Checkpoint",
  "FetchChunks",
  "FetchChunksResponse",
  "RollCallAnswer",
];

/** Operations whose transactions are rare, or great steps. */
const STEPS: readonly PersistOperation["op"][] = [
  ...["chunks", "checkpoint", "compact", "transfer", "restart-log", "drop-chunks"] as const,
  ...["prepared", "commit", "truncate"] as const,
];

export function drawFaults(rng: Rng, frame: FaultFrame): Fault[] {
  const { theme } = frame;
  const windows = rng.pick([0, 3, 6, 10, 16]);
  const crashes = theme === "patience" ? rng.int(1, 5) : rng.pick([0, 0, 1, 3, 6]);
  if (theme === "rogue-leaders") return drawRogueLeaders(rng, frame);
  const falls = theme === "patience" ? 0 : rng.pick([0, 1, 3, 6]);
  const refusals = rng.pick([0, 0, 1, 3]);
  return [
    ...drawNoise(rng, frame),
    ...Array.from({ length: windows }, () => drawPartition(rng, frame)).flat(),
    ...Array.from({ length: crashes }, () => drawCrash(rng, frame)).flat(),
    ...Array.from({ length: falls }, () => drawFall(rng, frame)).flat(),
    ...drawRollback(rng, frame),
    ...drawAbsences(rng, frame),
    ...Array.from({ length: refusals }, () => drawRefusal(rng, frame)),
    ...drawWipes(rng, frame),
  ];
}

/** Cuts the leader off from all others, or from all but a few, for longer than an election takes. */
function drawFall(rng: Rng, { ids, from, to, unit }: FaultFrame): Fault[] {
  const start = rng.between(from, to - unit / 5);
  const span = cutFrom(start, unit * rng.between(1.2, 4), to);
  const others = rng.chance(0.5) ? null : rng.shuffle(ids).slice(0, ids.length - rng.int(1, 2));
  const fallen: Target = rng.chance(0.5) ? "leader" : "honest-leader";
  const [leader, rest]: [Target[], Target[] | null] = [[fallen], others];
  return rng.pick([
    [{ ...span, sources: leader, targets: rest }],
    [{ ...span, sources: leader, targets: rest }, { ...span, sources: rest, targets: leader }],
  ]);
}

/** Cuts off honest leaders one after the other, until a faulty one leads; that one is left alone. */
function drawRogueLeaders(rng: Rng, { from, to, unit }: FaultFrame): Fault[] {
  const rogueTerm: Fault[] = [];
  for (let at = from; at < to - unit; at += 3.5 * unit) {
    rogueTerm.push({ ...cutFrom(at, unit * rng.between(2, 3), to), sources: ["honest-leader"] });
  }
  return rogueTerm;
}

/** Returns a fault that loses everything from `start` on, for `length` or until `end`. */
const cutFrom = (start: Millis, length: Millis, end: Millis): NetworkFault => ({
  kind: "network",
  ...STEADY,
  from: start,
  to: Math.min(end, start + length),
  loss: 1,
});

/** Draws noise on every link, in stretches, so that it can be taken out of a plan piece by piece. */
function drawNoise(rng: Rng, { from, to, unit }: FaultFrame): Fault[] {
  if (rng.chance(0.35)) return [];
  const loss = rng.pick([0, 0.02, 0.1, 0.25]);
  const duplicate = rng.pick([0, 0, 0.05, 0.2]);
  const delayMs = unit * rng.pick([0, 0.02, 0.1, 0.4]);
  const replay = rng.pick([0, 0, 0.01, 0.04]);
  const stretch = 2 * unit;
  const noise: Fault[] = [];
  for (let at = from; at < to; at += stretch) {
    if (rng.chance(0.2)) continue;
    noise.push({
      kind: "network",
      ...STEADY,
      from: at,
      to: Math.min(to, at + stretch),
      loss,
      duplicate,
      delayMs,
      replay,
    });
  }
  return noise;
}

function drawPartition(rng: Rng, { ids, from, to, theme, unit }: FaultFrame): Fault[] {
  const start = rng.between(from, to - unit / 5);
  const length = unit * rng.pick([0.15, 0.4, 1, 2.5, 5]) * rng.between(0.5, 1.5);
  const span = cutFrom(start, length, to);
  const someone: Target = theme !== "patience" && rng.chance(0.4) ? "leader" : rng.pick(ids);
  const others = ids.filter((id) => id !== someone);
  const some = rng.shuffle(others).slice(0, rng.int(1, others.length));
  const shapes: readonly (() => NetworkFault[])[] = [
    () => bothWays(span, [someone], others),
    () => bothWays(span, [someone], some),
    () => [{ ...span, sources: [someone] }],
    () => [{ ...span, targets: [someone] }],
    () => [{ ...span, sources: [someone], targets: some }],
    () => {
      const half = rng.shuffle(ids);
      const cut = rng.int(1, ids.length - 1);
      return bothWays(span, half.slice(0, cut), half.slice(cut));
    },
    () => [{ ...span, sources: [someone], kinds: [rng.pick(KINDS)] }],
    () => [{ ...span, targets: [someone, ...some.slice(1)], kinds: [rng.pick(KINDS)] }],
    () => [{ ...span, kinds: [rng.pick(KINDS)], loss: rng.pick([0.5, 1]) }],
    () => [{ ...span, sources: [someone], flapMs: unit * rng.pick([0.06, 0.3, 0.9]) }],
    () => [{ ...span, sources: [someone], loss: 0, delayMs: unit * rng.pick([0.2, 1.5]) }],
  ];
  return rng.pick(shapes)();
}

const bothWays = (span: NetworkFault, a: readonly Target[], b: readonly Target[]): NetworkFault[] => [
  { ...span, sources: a, targets: b },
  { ...span, sources: b, targets: a },
];

function drawCrash(rng: Rng, { ids, byzantine, from, to, theme, unit }: FaultFrame): Fault[] {
  const at = rng.between(from, to - unit / 10);
  const downMs = unit * rng.pick([0.001, 0.05, 0.3, 1.5, 4]);
  const honest = ids.filter((id) => !byzantine.includes(id));
  const crash = (replica: Target): Fault => {
    const point = rng.chance(0.25) ? "now" : rng.pick([...CRASH_POINTS, "apply"] as const);
    const during = point !== "now" && rng.chance(0.4) ? rng.pick(STEPS) : null;
    const passes = during === null ? rng.pick([0, 0, 1, 3, 8]) : rng.pick([0, 0, 1]);
    return { kind: "crash", from: at, replica, point, during, passes, downMs };
  };
  if (theme !== "patience" && rng.chance(0.12)) return honest.map(crash);
  if (theme !== "patience" && rng.chance(0.35)) return [crash("leader")];
  return [crash(rng.pick(ids))];
}

function drawRollback(rng: Rng, { byzantine, from, to }: FaultFrame): Fault[] {
  if (byzantine.length === 0 || !rng.chance(0.1)) return [];
  const at = rng.between(from, to);
  return [{ kind: "rollback", replica: rng.pick(byzantine), copiedAt: rng.between(0, at), from: at }];
}

/** Draws one absence at most, or several in succession. */
function drawAbsences(rng: Rng, frame: FaultFrame): Fault[] {
  const { farBehind, theme, from, to } = frame;
  const parts = farBehind ? 3 : 1;
  if (theme === "patience" || !(farBehind || rng.chance(0.5))) return [];
  const span = (to - from) / parts;
  return Array.from({ length: parts }, (_, part) => {
    const begin = from + part * span;
    return drawAbsence(rng, { ...frame, from: begin, to: begin + span });
  }).flat();
}

/** Draws an absence of an honest replica, so long that the others have dropped what it lacks when it is back. */
function drawAbsence(rng: Rng, { ids, byzantine, from, to }: FaultFrame): Fault[] {
  const absent = rng.pick(ids.filter((id) => !byzantine.includes(id)));
  const start = rng.between(from, from + (to - from) / 2);
  const span = cutFrom(start, (to - start) * rng.between(0.4, 0.9), to);
  if (rng.chance(0.5)) return bothWays(span, [absent], ids.filter((id) => id !== absent));
  const downMs = span.to - span.from;
  return [{ kind: "crash", from: start, replica: absent, point: "now", during: null, passes: 0, downMs }];
}

function drawRefusal(rng: Rng, { ids, from, to, unit }: FaultFrame): Fault {
  const at = rng.between(from, to - unit / 10);
  const replica = rng.chance(0.4) ? "leader" : rng.pick(ids);
  return { kind: "refuse", from: at, to: Math.min(to, at + unit * rng.pick([0.05, 0.5, 2, 4])), replica };
}

/** Draws lost disks, in succession or some at once; which losses are permitted is decided at the time. */
const drawWipes = (rng: Rng, { wipes, from, to, unit }: FaultFrame): Fault[] =>
  wipes.map((replica) => ({
    kind: "wipe",
    from: rng.between(from + (to - from) / 4, to - unit / 10),
    replica,
    downMs: unit * rng.pick([0.01, 0.3, 2]),
    alone: rng.chance(0.5),
  }));
