/** Describes the result of a replay in a few lines for a person. */
import type { Difference, ReplayResult } from "./replay_recording.ts";

/** Returns the result of a replay, line by line. */
export function describeReplay(result: ReplayResult): string[] {
  const { replica, clusterId, byzantine, from, steps, term, leaders, commitIndex, commitHash, appliedIndex } = result;
  const mode = byzantine === null ? "" : ` (--byzantine ${byzantine})`;
  const terms = leaders.map((each) => `${each.leader} in term ${each.term}`).join(", ") || "none";
  return [
    `${replica} of ${clusterId}${mode}, started at term ${from.term}, commit ${from.commitIndex}`,
    `${steps} steps alike; term ${term}, commit ${commitIndex}:${commitHash}, applied ${appliedIndex}; leaders: ${terms}`,
    ...(result.difference === null ? [] : describeDifference(result.difference)),
    ...(result.ending === null ? [] : [endingOf(result.ending)]),
  ];
}

function describeDifference({ step, part, detail, recorded, replayed }: Difference): string[] {
  if (part === "record") return [`step ${step} cannot be replayed: ${detail}`];
  const shown = (value: string | null): string => value ?? "nothing";
  return [
    `step ${step} differs in its ${part}: recorded ${shown(recorded)}, replayed ${shown(replayed)}`,
    `step ${step} is ${detail}`,
  ];
}

const endingOf = (ending: NonNullable<ReplayResult["ending"]>): string =>
  ending.kind === "closed" ? `the replica ended: ${ending.reason}` : ending.detail;
