/**
 * Replays what a real process recorded with `--record FILE` (docs/recording.md): the same core, from the same disk, is given the same
 * inputs and must produce the same outputs. Signatures are not checked again; everything recorded had been verified.
 */
import { sha256Hex } from "../../../crypto/digest.ts";
import { createChangeJudge } from "../../../crypto/roster/change_judge.ts";
import { parseRosterFile } from "../../../crypto/roster/parse_roster.ts";
import { nobleBackend } from "../../../crypto/signing/noble_backend.ts";
import type { Digest, LogIndex, ReplicaId, Term } from "../../../protocol/ids.ts";
import type { Ports, StateMachine } from "../../../protocol/ports.ts";
import { createState } from "../../../replica/core/create_state.ts";
import { headAt } from "../../../replica/core/log/log.ts";
import type { Outputs } from "../../../replica/core/output.ts";
import type { CoreState } from "../../../replica/core/state.ts";
import { step as stepCore } from "../../../replica/core/step.ts";
import {
  DamagedRecordError,
  type Ending,
  printFailure,
  printOutputs,
  readPieces,
  type RecordedStep,
  RecordingReader,
  STEP_PARTS,
  type StepPrint,
} from "../../../replica/recording/mod.ts";
import { KvStore } from "../../../state_machine/mod.ts";
import { describeInput } from "./describe_input.ts";
import { ReplayTranscript } from "./replay_transcript.ts";

/** The first step at which the replay differs from the recording. */
export interface Difference {
  /** Number of the step, counted from 1. */
  readonly step: number;
  /** The part of the outputs that differs; `record` if the record itself is not as it was written. */
  readonly part: keyof StepPrint | "record";
  /** The input of that step, or what is wrong with the record, in words. */
  readonly detail: string;
  /** The recorded and the replayed value: a verdict, or fingerprints (null for nothing). Both null for a `record`. */
  readonly recorded: string | null;
  readonly replayed: string | null;
}

export interface ReplayResult {
  readonly replica: ReplicaId;
  readonly clusterId: string;
  /** The `--byzantine` mode of the process. */
  readonly byzantine: string | null;
  /** Number of steps replayed alike. */
  readonly steps: number;
  /** Commit index and term of the disk it started from. */
  readonly from: { readonly term: Term; readonly commitIndex: LogIndex };
  /** State of the replayed core at the end. */
  readonly term: Term;
  readonly commitIndex: LogIndex;
  readonly commitHash: Digest;
  readonly appliedIndex: LogIndex;
  /** Every leader it followed or was, in order. */
  readonly leaders: readonly { readonly term: Term; readonly leader: ReplicaId }[];
  /** Null if everything was alike. */
  readonly difference: Difference | null;
  /** Null if a difference stopped the replay before the end. */
  readonly ending: Ending | null;
}

export interface ReplayOptions {
  /** Called with every input and every change of the replica's state, a line each, in the style of the golden transcripts. */
  readonly transcript?: (line: string) => void;
  /** The application the process ran, fresh; the key-value store by default. */
  readonly machine?: StateMachine;
}

/** A recording: the path of a file, or its text. */
export type RecordingSource = string | { readonly text: string };

/** Replays a recording up to its end or the first difference. Throws `ConfigError` if there is no recording to replay. */
export async function replayRecording(source: RecordingSource, options: ReplayOptions = {}): Promise<ReplayResult> {
  const reader = await RecordingReader.open(typeof source === "string" ? readPieces(source) : [source.text]);
  const replay = new Replay(reader, options);
  const difference = await replay.run();
  return replay.result(difference);
}

class Replay {
  readonly #reader: RecordingReader;
  readonly #ports: Ports;
  readonly #state: CoreState;
  readonly #transcript: ReplayTranscript | null;
  readonly #leaders: { readonly term: Term; readonly leader: ReplicaId }[] = [];
  #steps = 0;

  constructor(reader: RecordingReader, { machine = new KvStore(), transcript }: ReplayOptions) {
    const { config, roster, recovered, chunks, startedAt } = reader.start;
    const changes = createChangeJudge(parseRosterFile(roster, nobleBackend), nobleBackend);
    this.#reader = reader;
    this.#ports = { hash: sha256Hex, machine, changes, chunks };
    this.#state = createState(config, recovered, this.#ports, startedAt);
    this.#transcript = transcript ? new ReplayTranscript(this.#state, startedAt, transcript) : null;
  }

  async run(): Promise<Difference | null> {
    try {
      for await (const recorded of this.#reader.steps()) {
        const difference = this.#take(recorded);
        if (difference !== null) return difference;
        this.#steps++;
      }
      return null;
    } catch (error) {
      if (!(error instanceof DamagedRecordError)) throw error;
      return { step: error.step, part: "record", detail: error.message, recorded: null, replayed: null };
    }
  }

  #take({ step, input, print }: RecordedStep): Difference | null {
    const { outputs, replayed } = this.#step(input);
    this.#transcript?.step(input, outputs);
    this.#noteLeader();
    const part = STEP_PARTS.find((each) => replayed[each] !== print[each]);
    if (part === undefined) return null;
    return { step, part, detail: describeInput(input), recorded: print[part], replayed: replayed[part] };
  }

  /** Replays one step. Anything the core throws was recorded too, if it was thrown then. */
  #step(input: RecordedStep["input"]): { readonly outputs: Outputs | null; readonly replayed: StepPrint } {
    try {
      const outputs = stepCore(this.#state, input, this.#ports);
      this.#reader.start.chunks.observe(input, outputs.persist);
      return { outputs, replayed: printOutputs(outputs) };
    } catch (error) {
      return { outputs: null, replayed: printFailure(error) };
    }
  }

  #noteLeader(): void {
    const { hard: { currentTerm: term }, view: { leader } } = this.#state;
    const last = this.#leaders.at(-1);
    if (leader !== null && (last?.term !== term || last.leader !== leader)) this.#leaders.push({ term, leader });
  }

  result(difference: Difference | null): ReplayResult {
    const { config, recovered, byzantine } = this.#reader.start;
    const { hard, log, commitIndex, appliedIndex } = this.#state;
    return {
      replica: config.self,
      clusterId: config.clusterId,
      byzantine,
      steps: this.#steps,
      from: { term: recovered.hardState.currentTerm, commitIndex: recovered.commitIndex },
      term: hard.currentTerm,
      commitIndex,
      commitHash: headAt(log, commitIndex).hash,
      appliedIndex,
      leaders: this.#leaders,
      difference,
      ending: this.#reader.ending,
    };
  }
}
