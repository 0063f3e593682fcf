/**
 * Recorded runs of a replica: written by the process, read to be replayed. The reader is here and not among the tests that also use it,
 * since operators replay an incident with it: `deno task sim --recording FILE`.
 */
export { type Ending, type RecordedStep, type RecordingStart, STEP_PARTS, type StepPrint } from "./format.ts";
export { printFailure, printOutputs } from "./fingerprint.ts";
export { readPieces } from "./lines.ts";
export { DamagedRecordError, RecordingReader } from "./reader.ts";
export { RecordedChunks } from "./recorded_chunks.ts";
export { Recorder } from "./recorder.ts";
export { RecordingFile, type RecordingSink } from "./recording_file.ts";
