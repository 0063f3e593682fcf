/** The core's whole state: a plain record that only the core changes. */
import type { Certificate, CommitCertificate, ElectionProof } from "../../protocol/certificate.ts";
import type { Membership } from "../../protocol/config.ts";
import type { ChainedEntry } from "../../protocol/entry.ts";
import type { EpochEnd } from "../../protocol/epochs/epoch_end.ts";
import type { Evidence } from "../../protocol/evidence.ts";
import type { LogIndex, ReplicaId } from "../../protocol/ids.ts";
import type { Vote } from "../../protocol/message.ts";
import type { Signed } from "../../protocol/signed.ts";
import type { SessionTable } from "../../protocol/snapshot/session_table.ts";
import type { CatchUpState, RollCallState, Transfer } from "./catch_up/catch_up_state.ts";
import type { CheckpointState } from "./checkpoints/checkpoint_state.ts";
import type { RequestState } from "./clients/request_state.ts";
import type { ElectionState, TermView } from "./election/election_state.ts";
import type { Ended } from "./epochs/epoch_state.ts";
import type { HardState } from "./log/durable_state.ts";
import type { Log } from "./log/log.ts";
import type { JudgedClock } from "./offices/clock_state.ts";
import type { OfficeState } from "./offices/office_state.ts";
import type { PaceState } from "./offices/pace_state.ts";
import type { Outgoing } from "./output.ts";
import type { Leadership, Publication } from "./replication/leader_state.ts";
import type { ResponseBook } from "./replication/response_book.ts";
import type { LogClock } from "./time/log_clock_state.ts";

export interface CoreState extends Membership {
  randomState: number;
  /** Durable (§4.1): */
  hard: HardState;
  readonly log: Log;
  prepared: Certificate;
  /** Entries under `prepared` that are not on the log (§6.8), consecutive; the first attaches to the log. */
  branch: ChainedEntry[];
  commitIndex: LogIndex;
  commitCertificate: CommitCertificate | null;
  readonly evidence: Evidence[];
  /** Replicated state, rebuilt by applying: */
  appliedIndex: LogIndex;
  sessions: SessionTable;
  /** The durable commit index found at start; nothing is answered before it is applied again (§7.2). */
  readonly replayUntil: LogIndex;
  /** Volatile: */
  readonly view: TermView;
  /** Newest election proof held, of a term at or below currentTerm. */
  electionProof: ElectionProof | null;
  readonly responses: ResponseBook;
  readonly publication: Publication;
  readonly election: ElectionState;
  /** The time that suspicion counts (§14.9). */
  readonly clock: JudgedClock;
  /** This replica's clock, which counts in log time (§15). */
  readonly logClock: LogClock;
  leadership: Leadership | null;
  readonly offices: OfficeState;
  /** Requests that clients showed, and the pace expected of the leader (§14.7, §14.8). */
  readonly pace: PaceState;
  readonly requests: RequestState;
  readonly catchUp: CatchUpState;
  readonly checkpoints: CheckpointState;
  transfer: Transfer | null;
  /** An end of this epoch that others have shown, while its stop-sign is committed and applied here (§13.8). */
  shownEnd: EpochEnd | null;
  /** Not null once the epoch has ended here: nothing more is done in it. */
  ended: Ended | null;
  readonly rollCall: RollCallState;
  /** Last vote seen of each replica, for evidence (§9.1). */
  readonly votesSeen: Map<ReplicaId, Signed<Vote>>;
  /** Packets composed since the last flush. */
  outbox: Outgoing[];
}
