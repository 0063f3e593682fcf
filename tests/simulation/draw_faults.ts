/** Draws the faults of a plan: noise on all links, partitions of every shape, crashes at every point, rolled-back disks. */
import type { Millis, ReplicaId } from "../../replica/core/ids.ts";
import type { Packet } from "../../replica/core/packet.ts";
import { CRASH_POINTS } from "./crash_point.ts";
import type { Fault, NetworkFault, Target } from "./plan.ts";
import type { Rng } from "./rng.ts";

export interface FaultFrame {
  readonly ids: readonly ReplicaId[];
  readonly byzantine: readonly ReplicaId[];
  readonly from: Millis;
  readonly to: Millis;
  readonly mood: string;
}

/** Kinds whose loss alone changes what the others know. */
const KINDS: readonly Packet["kind"][] = [
  "AppendEntries",
  "AppendEntriesResponse",
  "AppendEntriesResponse",
  "Vote",
  "RequestVote",
  "PreVote",
  "ResendRequest",
  "FetchEntriesResponse",
];

const STEADY = {
  sources: null,
  targets: null,
  kinds: null,
  loss: 0,
  duplicate: 0,
  delayMs: 0,
  replay: 0,
  flapMs: null,
};

export function drawFaults(rng: Rng, frame: FaultFrame): Fault[] {
  const { from, to } = frame;
  const windows = rng.pick([0, 2, 5, 9, 14]);
  const crashes = rng.pick([0, 0, 1, 3, 6]);
  return [
    ...drawNoise(rng, from, to),
    ...Array.from({ length: windows }, () => drawPartition(rng, frame)).flat(),
    ...Array.from({ length: crashes }, () => drawCrash(rng, frame)).flat(),
    ...drawRollback(rng, frame),
  ];
}

/** Noise on every link, in stretches, so that it can be taken out of a plan piece by piece. */
function drawNoise(rng: Rng, from: Millis, to: Millis): Fault[] {
  if (rng.chance(0.35)) return [];
  const loss = rng.pick([0, 0.02, 0.1, 0.25]);
  const duplicate = rng.pick([0, 0, 0.05, 0.2]);
  const delayMs = rng.pick([0, 20, 100, 400]);
  const replay = rng.pick([0, 0, 0.01, 0.04]);
  const stretch = 2000;
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

function drawPartition(rng: Rng, { ids, from, to, mood }: FaultFrame): Fault[] {
  const start = rng.between(from, to - 200);
  const length = rng.pick([150, 400, 1000, 2500, 5000]) * rng.between(0.5, 1.5);
  const span = { kind: "network" as const, ...STEADY, from: start, to: Math.min(to, start + length), loss: 1 };
  const someone: Target = mood !== "patience" && rng.chance(0.4) ? "leader" : rng.pick(ids);
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
    () => [{ ...span, sources: [someone], flapMs: rng.pick([60, 300, 900]) }],
    () => [{ ...span, sources: [someone], loss: 0, delayMs: rng.pick([200, 1500]) }],
  ];
  return rng.pick(shapes)();
}

const bothWays = (span: NetworkFault, a: readonly Target[], b: readonly Target[]): NetworkFault[] => [
  { ...span, sources: a, targets: b },
  { ...span, sources: b, targets: a },
];

function drawCrash(rng: Rng, { ids, byzantine, from, to, mood }: FaultFrame): Fault[] {
  const at = rng.between(from, to - 100);
  const downMs = rng.pick([1, 50, 300, 1500, 4000]);
  const honest = ids.filter((id) => !byzantine.includes(id));
  const crash = (replica: Target): Fault => ({
    kind: "crash",
    from: at,
    replica,
    point: rng.chance(0.3) ? "now" : rng.pick(CRASH_POINTS),
    passes: rng.pick([0, 0, 1, 3, 8]),
    downMs,
  });
  if (mood !== "patience" && rng.chance(0.12)) return honest.map(crash);
  if (mood !== "patience" && rng.chance(0.35)) return [crash("leader")];
  return [crash(rng.pick(ids))];
}

function drawRollback(rng: Rng, { byzantine, from, to }: FaultFrame): Fault[] {
  if (byzantine.length === 0 || !rng.chance(0.1)) return [];
  const at = rng.between(from, to);
  return [{ kind: "rollback", replica: rng.pick(byzantine), copiedAt: rng.between(0, at), from: at }];
}
