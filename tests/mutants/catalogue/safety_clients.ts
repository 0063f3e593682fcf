/** Mutants of requests, sessions and replies (§3.2, §7.1, §7.2, §7.4). */
import { type Mutant, patch } from "../mutant.ts";

export const SAFETY_CLIENTS: readonly Mutant[] = [
  {
    name: "client-signature-unchecked",
    kind: "safety",
    clause: "§3.2",
    what: "followers append entries without checking the clients' signatures in them",
    how: "A Byzantine leader orders a request that its client never signed, and every honest replica executes it.",
    patches: [
      patch(
        "badEntryOf",
        `!(yield* allHold(check, claims[place]!))`,
        `!(yield* allHold(check, claims[place]!.slice(0, 0)))`,
      ),
    ],
  },
  {
    name: "duplicate-request-applied",
    kind: "safety",
    clause: "§7.1",
    what:
      "a request ordered a second time is executed a second time, and leaders do not look whether it is ordered already",
    how: "A client repeats a request while it is under way, or a leader orders it twice on purpose.",
    patches: [
      patch("applyRequest", `  if (known) return known;`, `  if (known?.index === index) return known;`),
      patch(
        "applyRequest",
        `  assertInvariant(!session.answers.has(seq), "I7"`,
        `  assertInvariant(seq >= session.floor, "I7"`,
      ),
      patch(
        "poolRequest",
        `  if (requests.proposed.get(client)?.has(seq)) return true;`,
        `  if (requests.proposed.get(client)?.has(seq) && seq < 0) return true;`,
      ),
    ],
  },
  {
    name: "window-moved-by-highest-applied",
    kind: "safety",
    clause: "§7.1",
    what: "applying a seq moves the low edge of its client's window there, whatever floor the client signed",
    how:
      "A client has seqs 1 and 2 under way and 2 is ordered first: 1 is expired for ever although its client waits for it.",
    needs: "a client with several requests under way",
    patches: [
      patch(
        "applyRequest",
        `  moveFloor(session, request.floor);`,
        `  moveFloor(session, Math.max(request.floor, request.seq) as Seq);`,
      ),
    ],
  },
  {
    name: "sessions-missing-in-the-digest",
    kind: "safety",
    clause: "§8.2",
    what: "the digest of the replicated state leaves the session table out",
    how:
      "A no-op of a client, a refused or repeated request, changes the table alone: two states that answer differently have one digest.",
    needs: "a comparison of digests with session tables",
    patches: [
      patch(
        "replicatedDigest",
        `  for (const bytes of sessionBytes(sessions)) hash.update(bytes);`,
        `  void sessionBytes(sessions);`,
      ),
    ],
  },
  {
    name: "client-accepts-one-reply",
    kind: "safety",
    clause: "§7.2",
    what: "a client takes the first answer of any replica",
    how: "A Byzantine replica answers at once with a result of its own making.",
    patches: [
      patch(
        "createReplyTally",
        `createEqualTally(replicas, needed, sameAnswer)`,
        `createEqualTally(replicas, Math.min(needed, 1), sameAnswer)`,
      ),
    ],
  },
  {
    name: "fast-reads-with-weak-writes",
    kind: "safety",
    clause: "§7.4",
    what: "writes are accepted on f+1 equal answers although fast reads are enabled",
    how:
      "n = 4: a write is accepted from A and a Byzantine replica; a fast read asks that one and two replicas that are " +
      "behind, and gets three equal answers without the write.",
    needs: "fast reads",
    patches: [
      patch(
        "answersNeeded",
        `  return fastReads ? sizes.quorum : sizes.weak;`,
        `  return fastReads ? sizes.weak : sizes.weak;`,
      ),
    ],
  },
];
