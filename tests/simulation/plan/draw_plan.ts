/** Draws the plan of a seed: its faults, its adversaries, its load. */
import type { ProtocolConstants } from "../../../protocol/config.ts";
import { type Millis, type ReplicaId, replicaId } from "../../../protocol/ids.ts";
import type { Profile } from "../../../protocol/quorum.ts";
import { ACTORS, LEADING_ACTORS, QUIET_ACTORS, RECOVERY_ACTORS, SNAPSHOT_ACTORS } from "../actors/mod.ts";
import { SCENARIOS } from "../scenarios/mod.ts";
import { withChanges } from "./draw_changes.ts";
import { drawFaults } from "./draw_faults.ts";
import { withLeaves } from "./draw_leaves.ts";
import { withOffices } from "./draw_offices.ts";
import { withPace } from "./draw_pace.ts";
import { withPauses } from "./draw_pauses.ts";
import { drawProcesses, drawSessionConstants } from "./draw_sessions.ts";
import { withWaits } from "./draw_waits.ts";
import type { ByzantinePlan, ClientPlan, Fault, Plan, Target } from "./plan.ts";
import { Rng } from "./rng.ts";
import { leastReplicas, toleratedBy } from "./tolerance.ts";

/** Options for every plan. */
export interface PlanOptions {
  /** `byzantine` by default. In `crash` nobody is faulty, and as many are down or without their disks as may be. */
  readonly profile?: Profile;
  /** n; 4 by default, in the `crash` profile 3. */
  readonly replicas?: number;
  /** Restricts adversaries to these actors, by name. */
  readonly actors?: readonly string[] | null;
  /** Draws only plans of this scenario, by its name; they have the actors they need. */
  readonly scenario?: string | null;
  /** True to change the roster in every plan; false by default. */
  readonly changes?: boolean;
  /** Set to judge single clauses besides the invariants and what clients see; true by default. */
  readonly clauses?: boolean;
}

/** Kinds of runs. */
type Theme =
  /** Everything at once. */
  | "chaos"
  /** Honest leaders are cut off until a faulty one leads, with few other faults. */
  | "rogue-leaders"
  /** The faulty replicas are of little or no use, and the honest ones have to settle by themselves when the network heals. */
  | "silence"
  /** No replica is faulty, but as many as permitted stay down. */
  | "down"
  /** As `down`, and the leader is among them, while its recent headers are repeated for ever. */
  | "echo"
  /** Honest replicas lose their disks and come back as learners; others may be faulty as well. */
  | "amnesia"
  /** A replica falls so far behind that it needs a snapshot, and the faulty replicas are sources. */
  | "behind"
  /** Elections take so long that anything to be repaired must be repaired without one. */
  | "patience";

const MOODS: readonly (readonly [Theme, number])[] = [
  ["chaos", 0.25],
  ["behind", 0.1],
  ["amnesia", 0.15],
  ["rogue-leaders", 0.12],
  ["silence", 0.18],
  ["down", 0.06],
  ["echo", 0.04],
  ["patience", 0.1],
];
/** Longer than unneeded chunks are kept. */
const REST_MS = 65_000;
/** One seed in this many has real signatures and the real wire format. */
const REAL_CRYPTO_EVERY = 50;

/** Returns the plan of `seed`; equal arguments give equal plans. */
export function drawPlan(seed: number, options: PlanOptions = {}): Plan {
  const { scenario = null, changes = false, ...others } = options;
  const free = withLeaves(withPauses(drawFreely(seed, others)));
  const drawn = withPace(withOffices(free, (others.actors ?? null) === null));
  const plan = changes ? withChanges(drawn) : drawn;
  if (scenario === null) return (others.actors ?? null) === null ? withWaits(plan) : plan;
  return SCENARIOS[scenario]!(plan, new Rng(seed, `${scenario} ${plan.replicas.length}`));
}

function drawFreely(
  seed: number,
  { profile = "byzantine", replicas = leastReplicas(profile), actors = null, clauses = true }: PlanOptions,
): Plan {
  const rng = new Rng(seed, `plan ${replicas}`);
  const ids = Array.from({ length: replicas }, (_, i) => replicaId(`r${i + 1}`));
  const f = toleratedBy(replicas, profile);
  const theme = actors ? "chaos" : drawMood(rng);
  const silenced = theme === "silence" && rng.chance(0.4);
  const exceeds = theme === "amnesia" ? rng.chance(0.4) : theme === "chaos" && rng.chance(0.1);
  const most = theme === "amnesia" && !exceeds ? rng.int(0, f - 1) : f;
  const liars = () => drawByzantine(rng, ids, most, silenced ? "chaos" : theme, actors);
  const byzantine = profile === "crash" ? [] : liars();
  const plays = (names: readonly string[]) =>
    byzantine.some((each) => each.actors.some((name) => names.includes(name)));
  // Some attacks come to nothing unless disks are lost, or replicas so far behind that they need snapshots.
  const mayExceed = exceeds || (plays(RECOVERY_ACTORS) && rng.chance(0.8));
  const farBehind = theme === "behind" || plays(SNAPSHOT_ACTORS);
  // Entries that a faulty leader hides from a replica are soon available only as a snapshot.
  const shortLogs = farBehind || plays(["outdating-leader"]) || (plays(LEADING_ACTORS) && rng.chance(0.4));
  const honest = ids.filter((id) => byzantine.every(({ replica }) => replica !== id));
  const sessions = new Rng(seed, `sessions ${replicas}`);
  const constants = { profile, ...drawConstants(rng, theme, shortLogs), ...drawSessionConstants(sessions) };
  const { electionTimeoutMs: unit } = constants;
  const { onset, safetyMs } = drawSpan(rng, theme, unit);
  return {
    seed,
    replicas: ids,
    constants,
    crypto: seed % REAL_CRYPTO_EVERY === 0 ? "real" : "fake",
    latencyMs: rng.pick([[1, 1], [1, 5], [1, 20], [20, 60]] as const),
    batchMs: rng.pick([0, 1, 3]),
    clocks: ids.map(() => rng.chance(0.5) ? 1 : rng.between(0.85, 1.2)),
    byzantine,
    silenced,
    faults: [
      ...drawFaults(rng, {
        ids,
        byzantine: byzantine.map(({ replica }) => replica),
        from: onset,
        to: safetyMs,
        theme,
        wipes: drawLosers(rng, honest, theme, mayExceed),
        farBehind,
        unit: Math.min(unit, 1000),
      }),
      ...drawEcho(theme, unit),
    ],
    mayExceed,
    snapshotBytes: rng.pick([1, 1, 200, null]),
    clients: withSessions(sessions, drawClients(rng, theme, byzantine, unit), theme, constants),
    safetyMs,
    down: drawDown(rng, honest, f - byzantine.length, theme),
    quiet: !["chaos", "behind", "rogue-leaders", "amnesia"].includes(theme) || byzantine.length === 0,
    livenessMs: livenessBound(f, constants),
    restMs: rng.chance(shortLogs ? 0.2 : 0.05) ? REST_MS : 0,
    serviceMs: drawService(rng, theme, unit),
    clauses,
  };
}

/**
 * Draws the time of the faults. Patient clusters need two timeouts to elect a leader; the faults after that are over long before the next election.
 */
function drawSpan(rng: Rng, theme: Theme, unit: Millis): { readonly onset: Millis; readonly safetyMs: Millis } {
  const patient = theme === "patience";
  return {
    onset: patient ? 2.5 * unit : unit,
    safetyMs: patient ? rng.int(45_000, 60_000) : Math.round(unit * rng.between(8, 30)),
  };
}

function drawMood(rng: Rng): Theme {
  let draw = rng.next();
  for (const [theme, share] of MOODS) {
    if (draw < share) return theme;
    draw -= share;
  }
  return "chaos";
}

function drawConstants(
  rng: Rng,
  theme: Theme,
  shortLogs: boolean,
): Omit<ProtocolConstants, SessionConstants | "profile"> {
  const patient = theme === "patience";
  const unit = patient ? 12_000 : rng.pick([300, 300, 600, 1000]);
  return {
    electionTimeoutMs: unit,
    electionTimeoutCapMs: patient ? 24_000 : 8 * unit,
    heartbeatMs: patient ? 200 : unit / rng.pick([5, 10]),
    patienceMs: patient ? 60_000 : rng.pick([1.5, 2.5]) * unit,
    patienceCapMs: patient ? 120_000 : 16 * unit,
    officeEntries: 0,
    officeMs: 0,
    paceMs: 0,
    sessionWindow: 16,
    ...(shortLogs
      ? { checkpointEvery: rng.pick([2, 3, 5, 7]), logTail: rng.pick([0, 0, 1]) }
      : drawCheckpoints(rng, patient)),
    fastReads: rng.chance(0.25),
  };
}

/**
 * Draws checkpoint intervals, mostly so small that logs are often cut short; patient clusters keep what a leader may have to send again.
 */
function drawCheckpoints(rng: Rng, patient: boolean): Pick<ProtocolConstants, "checkpointEvery" | "logTail"> {
  if (rng.chance(0.15)) return { checkpointEvery: 1000, logTail: 1000 };
  return {
    checkpointEvery: rng.pick([2, 3, 5, 7, 10, 20, 40]),
    logTail: patient ? 1000 : rng.pick([0, 0, 0, 1, 5, 20]),
  };
}

/** Draws the replicas that lose their disk, once or several times. */
function drawLosers(rng: Rng, honest: readonly ReplicaId[], theme: Theme, mayExceed: boolean): ReplicaId[] {
  if (theme !== "amnesia" && !mayExceed) return [];
  return Array.from({ length: rng.int(1, 4) }, () => rng.pick(honest));
}

function drawByzantine(
  rng: Rng,
  ids: readonly ReplicaId[],
  f: number,
  theme: Theme,
  only: readonly string[] | null,
): ByzantinePlan[] {
  if (theme === "down" || theme === "echo") return [];
  const count = only || theme === "rogue-leaders" || rng.chance(0.75) ? f : rng.int(0, f);
  const chosen = rng.shuffle(ids).slice(0, theme === "patience" ? rng.int(0, f) : count);
  if (theme === "patience") return chosen.map((replica) => ({ replica, actors: ["silent"], turnMs: null }));
  if (theme === "silence") {
    const quiet = () => [rng.chance(0.3) ? "silent" : rng.pick(QUIET_ACTORS)];
    return chosen.map((replica) => ({ replica, actors: quiet(), turnMs: null }));
  }
  const names = only ?? fittingActors(rng, theme);
  // Colluders of one kind and of many.
  const shared = drawBehaviour(rng, names);
  const alike = rng.chance(0.6);
  return chosen.map((replica) => ({ replica, ...(alike ? shared : drawBehaviour(rng, names)) }));
}

function fittingActors(rng: Rng, theme: Theme): readonly string[] {
  if (theme === "rogue-leaders") return LEADING_ACTORS;
  if (theme === "behind") return SNAPSHOT_ACTORS;
  return theme === "amnesia" && rng.chance(0.5) ? RECOVERY_ACTORS : Object.keys(ACTORS);
}

/**
 * Returns the time limit of liveness. A term that a faulty replica leads or spoils lasts up to two capped timeouts and its election, and f
 * of them may have the first turn in succession (§6.10, §6.11). An honest replica whose turn it is loses it by suspecting late or ranking
 * low, so that no number of terms is sure to be enough: among ten replicas, leaders that rewrite leave an honest one every third or fourth
 * term.
 */
const livenessBound = (f: number, { electionTimeoutCapMs }: ProtocolConstants): Millis =>
  10 * Math.max(1, f) * electionTimeoutCapMs;

/** Draws one behaviour for the whole run, several at once, or one after the other. */
function drawBehaviour(rng: Rng, names: readonly string[]): Omit<ByzantinePlan, "replica"> {
  const count = rng.pick([1, 1, 1, 2, 3]);
  const actors = rng.shuffle(names).slice(0, count);
  return { actors, turnMs: count > 1 && rng.chance(0.6) ? rng.pick([1500, 3000]) : null };
}

type SessionConstants = "sessionsPerClient" | "registrationHorizon";

function drawDown(rng: Rng, honest: readonly ReplicaId[], spare: number, theme: Theme): Target[] {
  if (theme === "echo") return ["leader"];
  if (theme !== "down") return rng.shuffle(honest).slice(0, rng.chance(0.2) ? rng.int(0, spare) : 0);
  return rng.chance(0.5) ? ["leader"] : rng.shuffle(honest).slice(0, spare);
}

function drawClients(rng: Rng, theme: Theme, byzantine: readonly ByzantinePlan[], unit: Millis): ClientPlan[] {
  // Themes with quiet faulty replicas have no need of it; a leader that withholds requests is deposed by nothing else (§7.3).
  const mustIntervene = ["chaos", "behind", "rogue-leaders"].includes(theme);
  const isNeeded = theme === "amnesia" && byzantine.length > 0;
  const keys = rng.int(1, 3);
  const clients: ClientPlan[] = Array.from(
    { length: theme === "patience" ? rng.int(1, 2) : rng.int(2, 3) },
    (_, i) => ({
      ...{ id: `c${i + 1}`, process: 0, restarts: 0, clockMs: 0 },
      behaviour: "honest",
      intervenes: mustIntervene || rng.chance(0.5) || isNeeded,
      operations: theme === "patience" ? 300 : rng.int(6, 24),
      afterwards: rng.int(3, 8),
      concurrency: theme === "patience" ? 1 : rng.int(1, 4),
      thinkMs: unit * (theme === "patience" ? 0.03 : rng.pick([0.05, 0.3, 1])),
      keys,
      reads: rng.pick([0.1, 0.4]),
      cas: rng.pick([0, 0.2]),
      deletes: rng.pick([0, 0.1]),
    }),
  );
  if (theme === "patience" || !rng.chance(0.3)) return clients;
  const behaviour = rng.pick(["two-faced", "intervener", "far-floors"] as const);
  return [...clients, { ...clients[0]!, id: "mallory", behaviour, operations: 40, thinkMs: unit / 3 }];
}

/** Some faulty clients abuse sessions instead; the patient have their one process each, so that only patience is at stake. */
function withSessions(
  rng: Rng,
  clients: readonly ClientPlan[],
  theme: Theme,
  constants: ProtocolConstants,
): ClientPlan[] {
  const abused = clients.map((client): ClientPlan =>
    client.behaviour !== "honest" && rng.chance(0.4)
      ? { ...client, behaviour: rng.pick(["registrar", "trespasser"] as const) }
      : client
  );
  return theme === "patience" ? abused : drawProcesses(rng, abused, constants);
}

const drawEcho = (theme: Theme, unit: Millis): Fault[] =>
  theme === "echo" ? [{ kind: "echo", from: unit, everyMs: unit / 5 }] : [];

/** Draws how long service is demanded: in some runs as long as it takes a faulty replica to have its turn again. */
const drawService = (rng: Rng, theme: Theme, unit: Millis): Millis =>
  ["chaos", "behind", "rogue-leaders"].includes(theme) && rng.chance(0.3) ? unit * rng.between(5, 20) : 0;
