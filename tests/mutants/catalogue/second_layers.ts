/** Patches that remove the second layer behind a rule, so that the replica itself does not notice a breach of the rule. */
import { patch } from "../mutant.ts";

/** The durable mark (I8) lets everything be signed. */
export const NO_DURABLE_MARK = patch(
  "hold",
  `  assertInvariant(durable, "I8", \``,
  `  assertInvariant(durable || what !== "", "I8", \``,
);

/** The guard (§4.2) no longer demands that the log still holds the last ack. */
export const GUARD_WITHOUT_LAST_ACK = patch(
  "checkAcks",
  `  if (heads.length > 0 && last !== null && !passesThrough(last`,
  `  if (heads.length < 0 && last !== null && !passesThrough(last`,
);

/** The guard (§4.2) allows a second vote of one term. */
export const GUARD_WITHOUT_LAST_VOTE = patch(
  "checkVote",
  `  if (equalBytes(record.voteBody, body)) return record;`,
  `  if (!equalBytes(record.voteBody, body) || body.length > 0) return { ...record, voteBody: body.slice() };`,
);

/** A follower takes entries of any term behind its leader's base (§3.1c). */
export const ANY_TERM_BEHIND_BASE = patch(
  "faultIn",
  `  return foreign ? "entry-of-another-term" : null;`,
  `  return foreign && term < 0 ? "entry-of-another-term" : null;`,
);
