/** Counts that a replica keeps only for whoever scrapes it. Everything is bounded, and read when asked for. */
import { Histogram, SECONDS, type Tracing } from "../../metrics/mod.ts";
import type { Input } from "../core/input.ts";
import type { ClientReply, CoreEvent } from "../core/output.ts";
import type { CoreState } from "../core/state.ts";
import { TallyByKind } from "../diagnostics/tally_by_kind.ts";
import { INGRESS_LIMITS } from "../limits/ingress_limits.ts";
import { PhaseTimings } from "./phase_timings.ts";
import { WriteProgress } from "./write_progress.ts";

/** Members that are counted separately; all after them are `other`. */
const MAX_MEMBERS = 64;
/** Stands for senders that proved no place in the roster. */
const UNKNOWN = "unknown";

export class Meters {
  readonly phases: PhaseTimings;
  readonly progress: WriteProgress = new WriteProgress();
  /** The core's events, and the suspicions among them by reason (§6.1). */
  readonly events: TallyByKind = new TallyByKind(INGRESS_LIMITS.maxCountedKinds);
  readonly suspicions: TallyByKind = new TallyByKind(INGRESS_LIMITS.maxCountedKinds);
  /** Sources that were muted, by the member that they are of. */
  readonly muted: TallyByKind = new TallyByKind(MAX_MEMBERS);
  /** Packets that were refused, by the member that they came from. */
  readonly refused: TallyByKind = new TallyByKind(MAX_MEMBERS);
  /** Commits that waited for the disk. */
  readonly durableCommits: Histogram = new Histogram(SECONDS);
  /** Requests that clients showed to all replicas and this one took up (§7.3). */
  interventions = 0;
  /** Signatures that needed no check, since they had verified before. */
  cached = 0;
  readonly clock: () => number;

  /** `clock` is monotonic, in milliseconds. */
  constructor(clock: () => number, tracing: Tracing | null = null) {
    this.clock = clock;
    this.phases = new PhaseTimings(clock, tracing);
  }

  /** Counts an event of the core. */
  take({ event, fields }: CoreEvent): void {
    this.events.add(event);
    if (event === "suspect") this.suspicions.add(String(fields["reason"]));
  }

  /** Counts that a source was muted: `owner` is the member that it is of, or null for a stranger. */
  mute(owner: string | null): void {
    this.muted.add(owner ?? UNKNOWN);
  }

  /** Counts that a packet was refused: `owner` is the member that it came from, or null for a stranger. */
  refuse(owner: string | null): void {
    this.refused.add(owner ?? UNKNOWN);
  }

  /** Looks at the state after a step. */
  look(state: CoreState, input: Input, accepted: boolean): void {
    if (accepted && input.kind === "request" && input.intervention) this.interventions++;
    this.phases.look(state, input, accepted);
    this.progress.look(state, input.now);
  }

  /** Has `send` send answers, and counts the time that it takes. */
  answer(replies: readonly ClientReply[], send: (replies: readonly ClientReply[]) => void): void {
    const before = this.clock();
    send(replies);
    this.phases.answered(replies, before);
  }
}
