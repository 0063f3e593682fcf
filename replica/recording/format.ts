/**
 * The content of a recording: the state from which a core started, then every input it was given and a fingerprint of its outputs.
 * `docs/recording.md` describes the file.
 */
import type { CoreConfig } from "../../protocol/config.ts";
import type { Millis } from "../../protocol/ids.ts";
import type { ChunkReader } from "../../protocol/ports.ts";
import type { Input } from "../core/input.ts";
import type { Recovered } from "../core/log/durable_state.ts";

/** Version of the file's layout. Raise it with any change of what a record means, or of how outputs are fingerprinted. */
export const RECORDING_VERSION = 4;

/** Everything a core's behaviour depends on besides its inputs and its state machine. */
export interface RecordingStart {
  readonly config: CoreConfig;
  /** The file of the roster in force, by which changes of it are judged (§13.2). */
  readonly roster: string;
  /** The content of its disk. */
  readonly recovered: Recovered;
  /** The chunks of snapshots its disk held. */
  readonly chunks: ChunkReader;
  /** Time at which it started, on the clock of its inputs. */
  readonly startedAt: Millis;
  /** The `--byzantine` mode it ran with; its core is honest all the same, and replays without it. */
  readonly byzantine: string | null;
}

/** The core's outputs for one input, fingerprinted; each of the last three is null if there are none of its kind. */
export interface StepPrint {
  /** The verdict as text; `threw …` if the core threw. */
  readonly verdict: string;
  /** Fingerprints of the persist operations, of the unsigned messages, and of the replies. */
  readonly persist: string | null;
  readonly messages: string | null;
  readonly replies: string | null;
}

/** The parts of a {@linkcode StepPrint}, in the order in which a replay compares them. */
export const STEP_PARTS = ["verdict", "persist", "messages", "replies"] as const satisfies (keyof StepPrint)[];

/** One input and its outcome. */
export interface RecordedStep {
  /** Counted from 1. */
  readonly step: number;
  readonly input: Input;
  readonly print: StepPrint;
}

/** The end of a recording. */
export type Ending =
  /** The replica ended, for the reason given. */
  | { readonly kind: "closed"; readonly reason: string }
  /** The process, its machine or its recording ended before anything could be recorded about it. */
  | { readonly kind: "cut"; readonly detail: string };
