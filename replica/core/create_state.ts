/** The state of a core at its start, from what its disk holds. */
import type { Certificate } from "../../protocol/certificate.ts";
import type { CoreConfig, Genesis } from "../../protocol/config.ts";
import type { Head } from "../../protocol/entry.ts";
import { firstGenesis } from "../../protocol/hash_chain.ts";
import { logIndex, type Millis, round, term } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { Ports } from "../../protocol/ports.ts";
import { quorumOf } from "../../protocol/quorum.ts";
import { createSessionTable } from "../../protocol/snapshot/session_table.ts";
import type { CatchUpState } from "./catch_up/catch_up_state.ts";
import { type Restored, restoreState } from "./catch_up/install_snapshot.ts";
import { emptyRollCall } from "./catch_up/recovery.ts";
import { createTransfer } from "./catch_up/state_transfer.ts";
import { emptyCheckpoints } from "./checkpoints/checkpoints.ts";
import { fullBudget } from "./clients/forwarding_budget.ts";
import type { RequestState } from "./clients/request_state.ts";
import type { ElectionState, TermView } from "./election/election_state.ts";
import { ownEnd } from "./epochs/ended.ts";
import type { HardState, Recovered } from "./log/durable_state.ts";
import { createLog } from "./log/log.ts";
import { createClock } from "./offices/clock_state.ts";
import { emptyOffices } from "./offices/office_state.ts";
import { emptyPace } from "./offices/pace_state.ts";
import { drawRandom } from "./random.ts";
import { createResponseBook } from "./replication/response_book.ts";
import type { CoreState } from "./state.ts";
import { createLogClock } from "./time/log_clock_state.ts";

/** Returns the certificate of the genesis, which needs no signatures (§5.5). */
export const genesisCertificate = ({ index, hash }: Head): Certificate => ({
  kind: "prepare",
  term: term(0),
  index,
  hash,
  responses: [],
});

/**
 * Returns the state of a core after a start or restart at `now`: a follower without a leader (§5.1, §7.2). `carried` is the replicated state where the machine has it
 * already: at a genesis, from the core whose epoch has ended (§13.7).
 */
export function createState(
  config: CoreConfig,
  recovered: Recovered,
  ports: Ports,
  now: Millis,
  carried: Restored | null = null,
): CoreState {
  const start = firstGenesis(ports.hash, config.clusterId);
  const genesis = recovered.genesis ?? start;
  const { state: randomState, value } = drawRandom(config.seed);
  const restored = carried ??
    (recovered.checkpoint && restoreState(ports, recovered.checkpoint, config.constants, genesis.index));
  const timeout = config.constants.electionTimeoutMs * (1 + value);
  const hard = hardStateOf(recovered);
  const deadline = hasNoLeader(genesis, hard) ? now : now + timeout;
  const log = createLog(recovered.base ?? { index: start.index, hash: start.hash }, recovered.entries);
  const sessions = restored?.sessions ?? createSessionTable(config.constants, genesis.index);
  const checkpoints = emptyCheckpoints(recovered.checkpoint, restored?.digests ?? []);
  return {
    config,
    quorumSizes: quorumOf(config.replicas.length, config.constants.profile),
    genesis,
    randomState,
    hard,
    log,
    prepared: recovered.prepared ?? genesisCertificate(genesis),
    branch: [...recovered.branch],
    commitIndex: recovered.commitIndex,
    commitCertificate: recovered.commitCertificate,
    evidence: [...recovered.evidence],
    appliedIndex: recovered.checkpoint?.stable.index ?? logIndex(0),
    sessions,
    replayUntil: recovered.commitIndex,
    view: unknownLeader(),
    electionProof: null,
    responses: createResponseBook(),
    publication: {
      due: false,
      listed: hard.ack?.index ?? logIndex(0),
      repeatAt: now,
      publishedAt: now,
      shownCommit: recovered.commitIndex,
    },
    election: idleElection(timeout, deadline, now),
    clock: createClock(config.constants.electionTimeoutMs, now),
    logClock: createLogClock(sessions.time.now, now),
    leadership: null,
    offices: emptyOffices(),
    pace: emptyPace(config.constants.paceMs, now),
    requests: emptyRequests(config, now),
    catchUp: emptyCatchUp(),
    checkpoints,
    shownEnd: null,
    ended: ownEnd({ checkpoints, log, genesis }, ports.changes),
    transfer: recovered.transfer === null ? null : createTransfer(recovered.transfer, now),
    rollCall: emptyRollCall(),
    votesSeen: new Map(),
    outbox: [],
  };
}

/** There is no leader to wait for at the beginning of a later epoch (§13.5). */
const hasNoLeader = ({ epoch }: Genesis, { currentTerm }: HardState): boolean => epoch > 1 && currentTerm === 0;

const unknownLeader = (): TermView => ({
  role: "follower",
  leader: null,
  base: null,
  lastRound: round(0),
  headers: new Map(),
  match: null,
  handOver: null,
  proofAskedAt: new Map(),
});

/** §4.3: a disk written before refusals raised the term may hold a certificate of a higher one; it counts as if it were shown now. */
function hardStateOf({ hardState, prepared }: Recovered): HardState {
  if (prepared === null || prepared.term <= hardState.currentTerm) return hardState;
  return { ...hardState, currentTerm: prepared.term, vote: null, ack: null, noMoreAcks: false };
}

const idleElection = (timeout: Millis, deadline: Millis, now: Millis): ElectionState => ({
  failures: 0,
  timeout,
  deadline,
  suspectingSince: null,
  leaderFault: null,
  heard: new Map(),
  support: new Map(),
  certificates: [],
  preVoteAt: now,
  preVoteInterval: 0,
  placed: new Map(),
  requests: new Map(),
  candidacy: null,
});

const shownShare = ({ constants }: CoreConfig): number => constants.paceMs === 0 ? 0 : LIMITS.shownShare;

const emptyRequests = (config: CoreConfig, now: Millis): RequestState => ({
  pool: new Map(),
  urgent: new Map(),
  proposed: new Map(),
  wishes: new Map(),
  debts: new Map(),
  turnAt: new Map(),
  services: new Map(),
  quickestMs: Infinity,
  interventions: new Map(),
  forwardingShown: fullBudget(shownShare(config), now),
  forwarding: fullBudget(1 - shownShare(config), now),
  patience: config.constants.patienceMs,
  progressed: true,
  served: true, // no leader has failed anyone yet: the first one gets the initial patience
});

const emptyCatchUp = (): CatchUpState => ({
  active: null,
  nextNonce: 1,
  behindSince: null,
  attempts: 0,
  failures: 0,
  retryAt: -Infinity,
  wanted: null,
  served: new Map(),
});
