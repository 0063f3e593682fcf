/** Replays a recording and reports whether the outputs were the same. */
import { printLine } from "../../../tasks/support/run_task.ts";
import { describeReplay } from "../replay/describe_replay.ts";
import { replayRecording } from "../replay/replay_recording.ts";

/** Replays `path`, with a line for every input if `transcript` is set; true if every output was the recorded one. */
export async function replayFile(path: string, transcript: boolean): Promise<boolean> {
  const result = await replayRecording(path, transcript ? { transcript: printLine } : {});
  for (const line of describeReplay(result)) printLine(line);
  const same = result.difference === null;
  printLine(same ? "1 passed, 0 failed" : "0 passed, 1 failed");
  return same;
}
