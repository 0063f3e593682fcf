/** A replica's status as plain data, in one place: the status query, metrics and tests read this. */
import { createHash } from "node:crypto";
import manifest from "../../deno.json" with { type: "json" };
import type { LogIndex } from "../../protocol/ids.ts";
import type { RosterChanges, StateMachine } from "../../protocol/ports.ts";
import type { Profile } from "../../protocol/quorum.ts";
import { sessionBytes, type SessionTable } from "../../protocol/snapshot/session_table.ts";
import { WIRE_VERSION } from "../../transport/codec/mod.ts";
import type { TransportCounters } from "../../transport/port.ts";
import { sizeOf } from "../core/clients/waiting.ts";
import type { Role } from "../core/election/election_state.ts";
import { holdsState } from "../core/epochs/holds_state.ts";
import { hasStopped } from "../core/epochs/stop_sign.ts";
import { headAt, lastIndex } from "../core/log/log.ts";
import type { CoreState } from "../core/state.ts";
import type { SignatureWork } from "../diagnostics/counting_backend.ts";
import type { TallyByKind } from "../diagnostics/tally_by_kind.ts";
import type { StorageStatus } from "../disk/disk_watch.ts";
import type { DurableMark } from "../disk/durable_mark.ts";
import type { Meters } from "./meters.ts";
import { type OfficesStatus, officesStatus } from "./office_status.ts";
import { type PaceStatus, paceStatus } from "./pace_status.ts";
import type { PeerMemory } from "./peer_memory.ts";
import type { PeerStatus, PeerWatch } from "./peer_watch.ts";
import { type RecoveryStatus, recoveryStatus, type StateTransferStatus } from "./recovery_status.ts";
import type { TroubleCode } from "./troubles.ts";

/** The digest of the whole state can cost as much as a snapshot: it is taken once in a while, and rarely if it is slow. */
const DIGEST_INTERVAL_MS = 1000;
const DIGEST_SHARE = 50;
/** Stands for one that was never taken. */
const NO_DIGEST = { digest: "", appliedIndex: 0 };

/** The signature backend in use, and the reason why it is not the fast one. */
export interface CryptoInUse {
  readonly backend: string;
  readonly fallbackReason: string | null;
  /** Threads that check signatures ahead. */
  readonly verifyThreads: number;
}

/** The status of one replica; indexes and terms as of the report, durations in milliseconds, sizes in bytes. */
export interface ReplicaReport {
  readonly replica: string;
  readonly cluster: string;
  /** Trust in the replicas (§1.4). */
  readonly profile: Profile;
  /** Epoch that this replica is in, and the digest of its roster (§13). */
  readonly epoch: number;
  readonly roster: string;
  /** `ending` once a change of the roster is committed here, `fetching` while this replica has not the state that the epoch began with, else `running`. */
  readonly epochProgress: "running" | "ending" | "fetching";
  /** A learner is a replica that lost its disk and does not count yet (§8.4). */
  readonly role: Role | "learner";
  /** False while the operator keeps the replica out of the protocol. */
  readonly active: boolean;
  readonly term: number;
  readonly leader: string | null;
  readonly lastIndex: number;
  readonly commitIndex: number;
  /** Chain hash at commitIndex: equal on honest replicas at equal index. */
  readonly commitHash: string;
  readonly appliedIndex: number;
  /** Rank of the highest certificate (§5.5). */
  readonly prepared: { readonly term: number; readonly index: number };
  /** Reason for which it suspects its leader now (§6.1); null while it does not. */
  readonly suspecting: string | null;
  /** Requests under intervention that are not settled here (§7.3): their clients asked all replicas. */
  readonly interventions: number;
  readonly evidence: readonly { readonly kind: string; readonly culprit: string }[];
  readonly sessions: number;
  /** Digest of the application's state and the session table, and the applied index it is of; both may lag by a second or more. */
  readonly state: { readonly digest: string; readonly appliedIndex: number };
  /** The stable checkpoint this replica would start from (§8.2); null before the first. */
  readonly checkpoint: { readonly index: number; readonly stateDigest: string } | null;
  /** Entries at or below this index were dropped here; 0 while the log is complete. */
  readonly logBase: number;
  /** The snapshot being fetched (§8.3); null while there is none. */
  readonly stateTransfer: StateTransferStatus | null;
  /** Progress of a replica that lost its disk (§8.4); null in a full member. */
  readonly recovery: RecoveryStatus | null;
  /** Leaders in office, and their hand-overs (§14). */
  readonly offices: OfficesStatus;
  /** Requests that wait, and the pace expected of the leader (§14.7, §14.8). */
  readonly pace: PaceStatus;
  /** Requests that wait to be ordered; none in a follower. */
  readonly queued: number;
  /** Silence and words of each peer as heard here; `hearsQuorum` is true while those heard are a quorum with this replica. */
  readonly peers: Readonly<Record<string, PeerStatus & PublishedStatus>>;
  readonly hearsQuorum: boolean;
  readonly clients: number;
  /** State of the disk: whether it takes writes, and how fast. While it refuses, this replica takes no part in the protocol. */
  readonly storage: StorageStatus;
  readonly crypto: CryptoInUse & SignatureWork;
  readonly transport: Readonly<TransportCounters>;
  /** Packets refused, and inputs the core rejected or ignored, by kind. */
  readonly refused: Readonly<Record<string, number>>;
  readonly ignored: Readonly<Record<string, number>>;
  /** Lines of the log that could not be written: its disk is full, or nobody reads its pipe any more. */
  readonly logLinesLost: number;
  readonly uptimeMs: number;
  readonly memoryBytes: number;
  readonly versions: { readonly replica: string; readonly wire: number; readonly deno: string };
}

/** Term and commit index that a peer published last of itself; null before its first word. */
export interface PublishedStatus {
  readonly term: number | null;
  readonly commitIndex: number | null;
}

/** A replica as probes and metrics see it. */
export interface Vitals {
  /** Its state's digest may be old, or never have been taken. */
  readonly report: ReplicaReport;
  readonly trouble: TroubleCode | null;
  /** Time for which something has waited here while nothing was committed, in milliseconds; 0 while nothing waits, or nobody counts. */
  readonly stalledMs: number;
  readonly electionTimeoutMs: number;
  /** Replicas of the roster in force, and how many of them are a quorum. */
  readonly replicas: number;
  readonly quorum: number;
}

export interface StatusParts {
  readonly state: CoreState;
  readonly machine: StateMachine;
  readonly changes: RosterChanges;
  readonly crypto: CryptoInUse;
  readonly work: Readonly<SignatureWork>;
  readonly transport: Readonly<TransportCounters>;
  readonly refused: TallyByKind;
  readonly ignored: TallyByKind;
  readonly logLinesLost: () => number;
  readonly isActive: () => boolean;
  readonly storage: (now: number) => StorageStatus;
  /** The durable part of the state. */
  readonly mark: Readonly<DurableMark>;
  readonly connected: (now: number) => number;
  readonly peers: Pick<PeerWatch, "report" | "hearsQuorum">;
  readonly peerMemory: Pick<PeerMemory, "latest">;
  /** Counts for whoever scrapes it; null if nobody does. */
  readonly meters: Pick<Meters, "progress"> | null;
  /** Reason of the latest suspicion, ended or not. */
  readonly suspicion: () => string | null;
  /** Time at which the replica started, on the clock of `report`'s `now`. */
  readonly startedAt: number;
}

/** Reports the status of one replica. */
export class StatusReporter {
  readonly #parts: StatusParts;
  #digest: { readonly due: number; readonly appliedIndex: LogIndex; readonly digest: string } | null = null;

  constructor(parts: StatusParts) {
    this.#parts = parts;
  }

  /** Returns the status at `now`; with the digest as it was taken last where `isCheap`. */
  report(now: number, isCheap = false): ReplicaReport {
    const { state, crypto, work, transport, refused, ignored, isActive, connected, startedAt, mark } = this.#parts;
    const { digest, appliedIndex } = (isCheap ? this.#digest : this.#stateDigest(now)) ?? NO_DIGEST;
    const storage = this.#parts.storage(now);
    const gone = storage.state === "refused";
    return {
      ...protocolStatus(state),
      ...officesStatus(state, now),
      ...paceStatus(state, now),
      ...epochStatus(state, this.#parts.changes),
      ...(gone ? durableStatus(state, mark) : {}),
      suspecting: gone || state.election.suspectingSince === null ? null : this.#parts.suspicion(),
      storage,
      active: isActive(),
      state: { digest, appliedIndex },
      peers: this.#peers(now),
      hearsQuorum: this.#parts.peers.hearsQuorum(now),
      clients: connected(now),
      crypto: { ...crypto, ...work },
      transport: { ...transport },
      refused: refused.toRecord(),
      ignored: ignored.toRecord(),
      logLinesLost: this.#parts.logLinesLost(),
      uptimeMs: Math.round(now - startedAt),
      memoryBytes: Deno.memoryUsage().rss,
      versions: { replica: manifest.version, wire: WIRE_VERSION, deno: Deno.version.deno },
    };
  }

  /** Returns the reason for which this replica takes no part in a quorum that has a leader; null while it does. Costs nothing. */
  trouble(now: number): TroubleCode | null {
    const { state, isActive, peers } = this.#parts;
    if (this.#parts.storage(now).state === "refused") return "disk-refuses";
    if (!isActive()) return "deactivated";
    if (state.hard.recovery !== null) return "learner";
    if (state.transfer !== null) return "fetching-state";
    if (!peers.hearsQuorum(now)) return "hears-no-quorum";
    return state.view.leader === null ? "knows-no-leader" : null;
  }

  /** Returns what probes and metrics ask for. Costs little, whatever the state is like. */
  vitals(now: number): Vitals {
    const { config, quorumSizes } = this.#parts.state;
    return {
      report: this.report(now, true),
      trouble: this.trouble(now),
      stalledMs: this.#parts.meters?.progress.stalledMs(now) ?? 0,
      electionTimeoutMs: config.constants.electionTimeoutMs,
      replicas: config.replicas.length,
      quorum: quorumSizes.quorum,
    };
  }

  #peers(now: number): ReplicaReport["peers"] {
    const { peers, peerMemory } = this.#parts;
    const heard = Object.entries(peers.report(now));
    return Object.fromEntries(heard.map(([id, peer]) => {
      const { term = null, commitIndex = null } = peerMemory.latest(id) ?? {};
      return [id, { ...peer, term, commitIndex }];
    }));
  }

  #stateDigest(now: number) {
    const { state, machine } = this.#parts;
    if (this.#digest !== null && (this.#digest.appliedIndex === state.appliedIndex || now < this.#digest.due)) {
      return this.#digest;
    }
    const before = performance.now();
    const digest = replicatedDigest(machine.digest(), state);
    const costMs = performance.now() - before;
    const due = now + Math.max(DIGEST_INTERVAL_MS, DIGEST_SHARE * costMs);
    return this.#digest = { due, appliedIndex: state.appliedIndex, digest };
  }
}

/** Returns the digest of everything replicated: the application's state and the session table (I6). */
export function replicatedDigest(machineDigest: Uint8Array, { sessions }: CoreState): string {
  const hash = createHash("sha256").update(machineDigest);
  for (const bytes of sessionBytes(sessions)) hash.update(bytes);
  return hash.digest("hex");
}

/** Sessions that are open, of all clients. */
const openSessions = ({ clients }: SessionTable): number =>
  [...clients.values()].reduce((sum, { live }) => sum + live.size, 0);

function epochStatus(state: CoreState, changes: RosterChanges) {
  const ending = state.ended !== null || hasStopped(state, changes);
  return {
    epoch: state.genesis.epoch,
    roster: changes.current.digest,
    epochProgress: ending ? "ending" as const : holdsState(state) ? "running" as const : "fetching" as const,
  };
}

function protocolStatus(state: CoreState) {
  const { config, hard, view, log, commitIndex, appliedIndex, prepared, evidence, sessions, requests } = state;
  return {
    replica: config.self,
    cluster: config.clusterId,
    profile: config.constants.profile,
    role: hard.recovery === null ? view.role : "learner" as const,
    term: hard.currentTerm,
    leader: view.leader,
    lastIndex: lastIndex(log),
    commitIndex,
    commitHash: headAt(log, commitIndex).hash,
    appliedIndex,
    prepared: { term: prepared.term, index: prepared.index },
    queued: [...requests.pool.values()].reduce((sum, waiting) => sum + sizeOf(waiting), 0),
    interventions: [...requests.interventions.values()].reduce((sum, waiting) => sum + sizeOf(waiting), 0),
    evidence: evidence.map(({ kind, culprit }) => ({ kind, culprit })),
    sessions: openSessions(sessions),
    ...recoveryStatus(state),
  };
}

/** Returns the status of a core that got ahead of a disk that refused: what a restart would find. It never signed anything beyond that. */
function durableStatus(state: CoreState, { hard, last, prepared, commitIndex }: DurableMark) {
  return {
    role: hard.recovery === null ? "follower" as const : "learner" as const,
    term: hard.currentTerm,
    leader: null,
    lastIndex: last,
    commitIndex,
    commitHash: headAt(state.log, commitIndex).hash,
    prepared: { term: prepared.term, index: prepared.index },
  };
}
