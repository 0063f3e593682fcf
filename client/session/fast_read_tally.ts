/**
 * Fast reads (§7.4): Q equal payloads, each the state's version and the value, are accepted. Q of them and the Q acceptors of any
 * earlier write share an honest replica, so a read is never older than what was acknowledged.
 */
import { equalBytes } from "../../protocol/bytes/equal_bytes.ts";
import { type Profile, quorumOf } from "../../protocol/quorum.ts";
import { canStillAccept, countVote, createEqualTally, type EqualTally } from "./equal_tally.ts";

/** One replica's answer to a fast read, as far as it matters. */
export interface FastReadAnswer {
  readonly ok: boolean;
  readonly payload: Uint8Array;
}

/** Answers to one fast read. */
export type FastReadTally = EqualTally<FastReadAnswer>;

/** State of a fast read. */
export type FastReadState =
  | { readonly state: "accepted"; readonly payload: Uint8Array }
  /** `hopeless`: no payload can reach Q any more, so read through the log instead. */
  | { readonly state: "hopeless" | "open" };

/** Creates an empty tally that needs Q equal payloads. */
export function createFastReadTally(replicas: ReadonlySet<string>, profile: Profile = "byzantine"): FastReadTally {
  return createEqualTally(
    replicas,
    quorumOf(replicas.size, profile).quorum,
    (a, b) => a.ok && b.ok && equalBytes(a.payload, b.payload),
  );
}

/** Counts one answer and returns the state of the read. Refusals count as answers but never equal anything. */
export function countFastRead(tally: FastReadTally, replica: string, answer: FastReadAnswer): FastReadState {
  countVote(tally, replica, answer);
  const accepted = tally.accepted?.value;
  if (accepted?.ok) return { state: "accepted", payload: accepted.payload };
  return { state: canStillAccept(tally, (value) => value.ok) ? "open" : "hopeless" };
}
