/** Requests of several commands (§7.1f): which commands go together, and what is left of them. */
import { GROUP_BYTES } from "../../protocol/operations/group.ts";
import type { Sending } from "./resending.ts";
import type { Submission } from "./session_types.ts";

/** A request in a session's window: a command, or a group of them (§7.1f). */
export interface Outstanding extends Sending {
  readonly session: number;
  readonly seq: number;
  /** Its commands in order; null for one that nobody waits for any more. */
  readonly parts: (Submission | null)[];
}

/** A command under way, with the request it is part of. */
export interface Part {
  readonly submission: Submission;
  readonly part: number;
  readonly request: Outstanding;
}

/** Returns the commands of a request that somebody waits for. */
export const commandsOf = (request: Outstanding): Part[] =>
  request.parts.flatMap((submission, part) => submission === null ? [] : [{ submission, part, request }]);

/** Requests under way below which the next one leaves at once, however few commands wait; above, commands gather until they fill a group. */
const EAGER_REQUESTS = 2;

/** Returns how many of the commands that wait are to go together now; 0 where they are to gather, since `underWay` requests are under way. */
export function nextGroup(queue: readonly Pick<Submission, "size">[], maxGroup: number, underWay: number): number {
  let [count, bytes] = [0, 0];
  for (const { size } of queue) {
    bytes += size;
    if (count > 0 && (count >= maxGroup || bytes > GROUP_BYTES)) return count;
    count++;
  }
  return count >= maxGroup || underWay < EAGER_REQUESTS ? count : 0;
}

/** Takes out of `list` what is wanted, and returns it. */
export function takeWhere<T>(list: T[], wanted: (item: T) => boolean): T[] {
  const taken = list.filter(wanted);
  if (taken.length > 0) list.splice(0, list.length, ...list.filter((item) => !wanted(item)));
  return taken;
}
