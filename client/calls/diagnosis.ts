/** Diagnosis of a call that found no quorum: who answers and with what, who does not, and what to do next. */
import type { Profile } from "../../protocol/quorum.ts";
import { NoQuorumError } from "../errors.ts";
import type { CallOptions } from "../loop/requests.ts";
import {
  type ClusterHealth,
  groupedReasons,
  judgeHealth,
  type ReplicaStanding,
  type Trouble,
} from "./cluster_health.ts";
import type { ReplicaStatus } from "./status_report.ts";

/** The part of a client that a diagnosis needs. */
export interface DiagnosedClient {
  readonly roster: { readonly cluster: string; readonly constants?: { readonly profile: Profile } };
  getStatus(options?: CallOptions): Promise<ReplicaStatus[]>;
}

/**
 * Waits for `call`. If it rejects with {@linkcode NoQuorumError}, asks all replicas for their status, which takes up to two seconds more,
 * and rejects with that error and a diagnosis in its message.
 */
export async function diagnosed<T>(client: DiagnosedClient, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof NoQuorumError)) throw error;
    const lines = await client.getStatus().catch(() => null);
    // The operator's key asks for no status, and a client that was closed asks for nothing.
    const { cluster, constants } = client.roster;
    throw lines === null ? error : error.diagnosed(diagnose(cluster, judgeHealth(lines, constants?.profile)));
  }
}

/** Returns the diagnosis of a cluster, in sentences without a final full stop. */
export function diagnose(cluster: string, health: ClusterHealth): string {
  const { standings } = health;
  const strangers = withTrouble(standings, "stranger");
  const found = `Asked for their status: ${groupedReasons(standings)}`;
  if (strangers.length > 0) return `${found}. ${wrongRoster(cluster, strangers)}`;
  if (health.writable) return `${found}. A quorum follows a leader by now: try again`;
  const { n, quorum } = health.sizes;
  if (health.verdict === "no-leader") {
    return `${found}. A quorum of ${quorum} of ${n} has to follow one leader: an election takes a moment, so try again, and if it stays ` +
      `so, look for "suspect" in the replicas' logs`;
  }
  const missing = quorum - standings.filter(({ full }) => full).length;
  return `${found}. A quorum of ${quorum} of ${n} is needed, ${missing} more: ${remedies(standings)}`;
}

const withTrouble = (standings: readonly ReplicaStanding[], wanted: Trouble): string[] =>
  standings.filter(({ trouble }) => trouble === wanted).map(({ replica }) => replica);

const wrongRoster = (cluster: string, strangers: readonly string[]): string =>
  `Is cluster.json (cluster ${cluster}) that of another cluster at the same addresses, or were keys made anew since? ` +
  `${strangers.join(", ")} cannot sign for a client they do not know, so this is a hint`;

const REMEDIES: Readonly<Record<Exclude<Trouble, "stranger">, (replicas: string) => string>> = {
  silent: (replicas) => `start ${replicas}, or find out why it cannot be reached from here`,
  unreadable: (replicas) => `find out what runs at the address of ${replicas}`,
  disk: (replicas) => `make room on the disk of ${replicas}, or make it writable`,
  inactive: (replicas) => `activate ${replicas}`,
  learner: (replicas) => `let ${replicas} rejoin: it becomes a full replica after the next change of leaders`,
  fetching: (replicas) => `wait until ${replicas} has the state`,
  "cut-off": (replicas) => `find out why ${replicas} hears none of the others`,
};

function remedies(standings: readonly ReplicaStanding[]): string {
  const troubles = [...new Set(standings.map(({ trouble }) => trouble))];
  return troubles.flatMap((trouble) =>
    trouble === null || trouble === "stranger" ? [] : [REMEDIES[trouble](withTrouble(standings, trouble).join(" or "))]
  ).join("; ");
}
