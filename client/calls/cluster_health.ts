/**
 * Judgement of a whole status: can this cluster write now, and if not, why? It rests on what replicas say of themselves, of which f may
 * lie. So it says too what it is worth: true unless more than f lie, or only if none does. A write is the only proof.
 */
import { type Profile, quorumOf, type QuorumSizes } from "../../protocol/quorum.ts";
import { isRecord, type Json, printable } from "./json_payload.ts";
import { type ReplicaStatus, STRANGER, UNREACHABLE } from "./status_report.ts";

/** Reason for which a replica does not count. */
export type Trouble =
  | "silent"
  /** It does not know this client: it runs with another roster. An unsigned hint. */
  | "stranger"
  | "unreadable"
  | "disk"
  | "inactive"
  | "learner"
  | "fetching"
  | "cut-off";

/** One replica as it counts for the judgement. */
export interface ReplicaStanding {
  readonly replica: string;
  /** Its own word for its role: leader, follower, candidate or learner; null if it said none. */
  readonly role: string | null;
  /** True if it answered and can vote and acknowledge: no learner, active, its disk accepts, its state complete, in touch with a quorum. */
  readonly full: boolean;
  /** Null in a full replica. */
  readonly trouble: Trouble | null;
  /** Reason for which it is not full, or knows no leader; null in a healthy replica. */
  readonly reason: string | null;
  /** Term and leader it names; null if it names none. */
  readonly follows: { readonly term: number; readonly leader: string } | null;
}

/** Judgement of a cluster by the status of all its replicas. */
export interface ClusterHealth {
  /** `no-quorum`: too few full replicas were reached. `no-leader`: enough were, but no quorum follows a leader that is one of them. */
  readonly verdict: "writable" | "no-quorum" | "no-leader";
  readonly writable: boolean;
  /** Sizes of the cluster, as its profile has them. */
  readonly sizes: QuorumSizes;
  readonly standings: readonly ReplicaStanding[];
  /** True if up to f liars among the replicas could not change the verdict. */
  readonly certain: boolean;
  /** One sentence for people: verdict, reasons, worth. */
  readonly sentence: string;
}

type Members = { readonly [name: string]: Json };

/** Judges the status of all replicas of a roster of this profile. */
export function judgeHealth(lines: readonly ReplicaStatus[], profile: Profile = "byzantine"): ClusterHealth {
  const sizes = quorumOf(lines.length, profile);
  const standings = togetherOrAlone(lines.map(standingOf), sizes);
  const full = standings.filter((standing) => standing.full);
  const following = largestFollowing(full);
  const leads = following.some(({ replica, follows }) => replica === follows?.leader);
  const verdict = full.length < sizes.quorum
    ? "no-quorum"
    : following.length >= sizes.quorum && leads
    ? "writable"
    : "no-leader";
  const certain = isCertain(verdict, sizes, { lines, full: full.length, following: following.length });
  const words = wordsOf(verdict, sizes, standings, following);
  const sentence = `${words} (${worthOf(certain, sizes)})`;
  return { verdict, writable: verdict === "writable", sizes, standings, certain, sentence };
}

/** Returns `standings` with the cut-off counted in where too few are left to hear a quorum: then those that are missing are the trouble. */
function togetherOrAlone(standings: readonly ReplicaStanding[], { quorum }: QuorumSizes): readonly ReplicaStanding[] {
  const able = standings.filter(({ full, trouble }) => full || trouble === "cut-off");
  if (able.length >= quorum) return standings;
  return standings.map((standing) => able.includes(standing) ? { ...standing, full: true, trouble: null } : standing);
}

function standingOf(line: ReplicaStatus): ReplicaStanding {
  const { replica } = line;
  const nothing = { replica, role: null, full: false, follows: null } as const;
  if (!line.reachable) return { ...nothing, ...unreachable(line.reason) };
  if (!isRecord(line.status)) return { ...nothing, trouble: "unreadable", reason: "answered with no status" };
  const { status } = line;
  const why = whyNotFull(status);
  const follows = followsOf(status);
  const role = isRecord(status["recovery"]) ? "learner" : wordOf(status["role"]);
  const reason = why?.reason ?? (follows === null ? "knows no leader" : null);
  return { replica, role, full: why === null, follows, trouble: why?.trouble ?? null, reason };
}

type Why = { readonly trouble: Trouble; readonly reason: string };

function unreachable(reason: string): Why {
  if (reason === UNREACHABLE) return { trouble: "silent", reason: "did not answer" };
  return { trouble: reason === STRANGER ? "stranger" : "unreadable", reason };
}

/** Returns the reason for which a replica cannot vote and acknowledge now; null if it can. */
function whyNotFull({ storage, active, recovery, role, stateTransfer, hearsQuorum }: Members): Why | null {
  if (isRecord(storage) && storage["state"] === "refused") {
    return { trouble: "disk", reason: `disk refuses${inBrackets(storage["message"])}` };
  }
  if (active === false) return { trouble: "inactive", reason: "was deactivated by the operator" };
  if (isRecord(recovery) || role === "learner") {
    return { trouble: "learner", reason: "is a learner: it lost its disk, and does not count yet" };
  }
  if (isRecord(stateTransfer)) return { trouble: "fetching", reason: "is fetching the state" };
  return hearsQuorum === false ? { trouble: "cut-off", reason: "hears no quorum of the others" } : null;
}

const inBrackets = (message: Json | undefined): string =>
  typeof message === "string" ? ` (${printable(message, 100)})` : "";

const wordOf = (value: Json | undefined): string | null => typeof value === "string" ? printable(value, 24) : null;

function followsOf({ term, leader }: Members): ReplicaStanding["follows"] {
  return typeof term === "number" && typeof leader === "string" ? { term, leader } : null;
}

/** Returns the largest set of replicas that name one leader of one term; the highest term among equals. */
function largestFollowing(full: readonly ReplicaStanding[]): readonly ReplicaStanding[] {
  const groups = new Map<string, ReplicaStanding[]>();
  for (const standing of full) {
    if (standing.follows === null) continue;
    const name = `${standing.follows.term} ${standing.follows.leader}`;
    groups.set(name, [...(groups.get(name) ?? []), standing]);
  }
  const termOf = (group: readonly ReplicaStanding[]) => group[0]?.follows?.term ?? 0;
  return [...groups.values()].sort((a, b) => b.length - a.length || termOf(b) - termOf(a))[0] ?? [];
}

interface Counts {
  readonly lines: readonly ReplicaStatus[];
  readonly full: number;
  readonly following: number;
}

function isCertain(verdict: ClusterHealth["verdict"], { f, quorum }: QuorumSizes, counts: Counts): boolean {
  if (verdict === "writable") return counts.following - f >= quorum;
  if (verdict === "no-leader") return f === 0;
  // A liar may be fit and say it is not. One that did not answer said nothing, and is out of reach from here in any case.
  const answered = counts.lines.filter(({ reachable }) => reachable).length;
  return Math.min(counts.full + f, answered) < quorum;
}

function worthOf(certain: boolean, { f }: QuorumSizes): string {
  if (f === 0) return "as they say; this cluster tolerates no liar";
  return certain ? `true unless more than ${f} of them ${f === 1 ? "lies" : "lie"}` : "true if none of them lies";
}

function wordsOf(
  verdict: ClusterHealth["verdict"],
  { n, quorum }: QuorumSizes,
  standings: readonly ReplicaStanding[],
  following: readonly ReplicaStanding[],
): string {
  const { term, leader } = following[0]?.follows ?? { term: 0, leader: "" };
  const group = `${following.map(({ replica }) => replica).join(", ")} follow${following.length === 1 ? "s" : ""}`;
  const followed = `${group} ${printable(leader, 24)} in term ${term}`;
  const rest = standings.filter((standing) => !following.includes(standing));
  const others = rest.length === 0 ? "" : `; ${groupedReasons(rest)}`;
  if (verdict === "writable") return `writable: ${followed}; a quorum is ${quorum} of ${n}${others}`;
  const missing = standings.filter(({ full }) => !full);
  if (verdict === "no-quorum") {
    const able = `${n - missing.length} of ${n} replicas can take part, wanted ${quorum}`;
    return `not writable, no quorum: ${able}; ${groupedReasons(missing)}`;
  }
  const who = following.length === 0 ? "none names one" : followed;
  return `not writable, no leader that a quorum of ${quorum} follows: ${who}${others}. An election takes a moment: ask again`;
}

/** Returns what `standings` say, those that say the same together. */
export function groupedReasons(standings: readonly ReplicaStanding[]): string {
  const groups = new Map<string, string[]>();
  for (const standing of standings) {
    const said = reasonOf(standing);
    groups.set(said, [...(groups.get(said) ?? []), standing.replica]);
  }
  return [...groups].map(([said, replicas]) => `${replicas.join(", ")}: ${said}`).join("; ");
}

function reasonOf({ reason, follows }: ReplicaStanding): string {
  return reason ??
    (follows === null ? "knows no leader" : `follows ${printable(follows.leader, 24)} in term ${follows.term}`);
}
