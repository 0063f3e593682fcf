/**
 * Judgement of a whole status: can this cluster write now, and if not, why? It rests on what replicas say of themselves, of which f may
 * lie. So it says too what it is worth: true unless more than f lie, or only if none does. A write is the only proof.
 */
import { isRecord, type Json, printable } from "./json_payload.ts";
import { quorumOf, type QuorumSizes } from "../../protocol/quorum.ts";
import type { ReplicaStatus } from "./status_report.ts";

/** One replica as it counts for the judgement. */
export interface ReplicaStanding {
  readonly replica: string;
  /** Its own word for its role: leader, follower, candidate or learner; null if it said none. */
  readonly role: string | null;
  /** True if it answered and can vote and acknowledge: no learner, active, its disk accepts, its state complete, in touch with a quorum. */
  readonly full: boolean;
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
  readonly standings: readonly ReplicaStanding[];
  /** True if up to f liars among the replicas could not change the verdict. */
  readonly certain: boolean;
  /** One sentence for people: verdict, reasons, worth. */
  readonly sentence: string;
}

type Members = { readonly [name: string]: Json };

/** Judges the status of all replicas of a roster. */
export function judgeHealth(lines: readonly ReplicaStatus[]): ClusterHealth {
  const sizes = quorumOf(lines.length);
  const standings = lines.map(standingOf);
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
  return { verdict, writable: verdict === "writable", standings, certain, sentence };
}

function standingOf(line: ReplicaStatus): ReplicaStanding {
  const { replica } = line;
  const nothing = { replica, role: null, full: false, follows: null };
  if (!line.reachable) return { ...nothing, reason: line.reason === "unreachable" ? "did not answer" : line.reason };
  if (!isRecord(line.status)) return { ...nothing, reason: "answered with no status" };
  const { status } = line;
  const why = whyNotFull(status);
  const follows = followsOf(status);
  const role = isRecord(status["recovery"]) ? "learner" : wordOf(status["role"]);
  return { replica, role, full: why === null, follows, reason: why ?? (follows === null ? "knows no leader" : null) };
}

/** Returns the reason for which a replica cannot vote and acknowledge now; null if it can. */
function whyNotFull({ storage, active, recovery, role, stateTransfer, hearsQuorum }: Members): string | null {
  if (isRecord(storage) && storage["state"] === "refused") return `disk refuses${inBrackets(storage["message"])}`;
  if (active === false) return "was deactivated by the operator";
  if (isRecord(recovery) || role === "learner") return "is a learner: it lost its disk, and does not count yet";
  if (isRecord(stateTransfer)) return "is fetching the state";
  return hearsQuorum === false ? "hears no quorum of the others" : null;
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
  if (f === 0) return "as they say; a cluster of this size tolerates no liar";
  return certain ? `true unless more than ${f} of them ${f === 1 ? "lies" : "lie"}` : "true if none of them lies";
}

function wordsOf(
  verdict: ClusterHealth["verdict"],
  { n, quorum }: QuorumSizes,
  standings: readonly ReplicaStanding[],
  following: readonly ReplicaStanding[],
): string {
  const { term, leader } = following[0]?.follows ?? { term: 0, leader: "" };
  const named = printable(leader, 24);
  const group = `${following.map(({ replica }) => replica).join(", ")} follow${following.length === 1 ? "s" : ""}`;
  const rest = standings.filter((standing) => !following.includes(standing));
  const reasons = rest.map((standing) => `${standing.replica} ${reasonOf(standing)}`).join("; ");
  const others = reasons === "" ? "" : `; ${reasons}`;
  if (verdict === "writable") {
    return `writable: ${group} ${named} in term ${term}; a quorum is ${quorum} of ${n}${others}`;
  }
  const full = standings.filter((standing) => standing.full).length;
  if (verdict === "no-quorum") {
    const troubles = standings.filter((standing) => !standing.full).map(({ replica, reason }) =>
      `${replica} ${reason}`
    );
    return `not writable, no quorum: ${full} of ${n} replicas can take part, wanted ${quorum}: ${troubles.join("; ")}`;
  }
  const who = following.length === 0 ? "none names one" : `${group} ${named} in term ${term}`;
  return `not writable, no leader that a quorum of ${quorum} follows: ${who}${others}. An election takes a moment: ask again`;
}

function reasonOf({ reason, follows }: ReplicaStanding): string {
  return reason ??
    (follows === null ? "knows no leader" : `follows ${printable(follows.leader, 24)} in term ${follows.term}`);
}
