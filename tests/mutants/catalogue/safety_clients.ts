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
      patch(
        "applyCommand",
        `  if (known) return keptAnswer(known, digest);`,
        `  if (known?.index === index) return keptAnswer(known, digest);`,
      ),
      patch(
        "session_table:keep",
        `  assertInvariant(!session.answers.has(seq), "I7"`,
        `  assertInvariant(seq >= session.floor, "I7"`,
      ),
      patch(
        "poolRequest",
        `  if (requests.proposed.get(message.client)?.has(slotOf(message, known.digest))) return true;`,
        `  if (requests.proposed.get(message.client)?.has(\`never \${slotOf(message, known.digest)}\`)) return true;`,
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
        "applyCommand",
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
  {
    name: "fast-reads-from-weak-quorum",
    kind: "safety",
    clause: "§7.4",
    what: "a fast read takes f+1 equal answers",
    how:
      "n = 4: a replica that is behind and a Byzantine one give the value from before a write that was acknowledged.",
    needs: "fast reads",
    patches: [
      patch(
        "createFastReadTally",
        `    quorumOf(replicas.size, profile).quorum,`,
        `    quorumOf(replicas.size, profile).weak,`,
      ),
    ],
  },
  {
    name: "absent-key-has-no-version",
    kind: "safety",
    clause: "§7.4",
    what:
      "a fast read of a key that is absent names no version, so that the answer comes back once the key is deleted again",
    how: "Q replicas answer alike from before the key was written and from after it was deleted.",
    needs: "fast reads, deletes",
    patches: [
      patch(
        "currentOf",
        `  if (found === undefined) return { status: "absent", storeRevision };`,
        `    if (found === undefined) return { status: "absent", storeRevision: 0 };`,
      ),
      patch(
        "KvStore.query",
        `    const version = result.status === "current" ? result.revision : this.#revision;`,
        `    const version = result.status === "current" ? result.revision : 0;`,
      ),
    ],
  },
  {
    name: "register-horizon-off",
    kind: "safety",
    clause: "§7.1",
    what: "a register opens a session however long ago its base was",
    how: "A leader orders a register that its client gave up long ago, and with it one session less in use is left.",
    needs: "old registers that were never ordered, and a leader that keeps them",
    patches: [
      patch("openFor", ` || index > reaches(base, bounds) ||`, ` ||`),
      patch("standingOfRegister", `reaches(base, bounds) <= applied || `, ``),
    ],
  },
  {
    name: "register-twice-makes-two",
    kind: "safety",
    clause: "§7.1",
    what: "a register that comes again opens a second session, though the first one is open",
    how:
      "A client repeats its register while it is under way, or a leader orders it twice: each time another session is pushed out.",
    patches: [
      patch("openFor", `  const open = openedBy(client, digest);`, `  const open = openedBy(undefined, digest);`),
    ],
  },
  {
    name: "floor-not-raised-at-close",
    kind: "safety",
    clause: "§7.1",
    what: "the register floor stays where it is when a session is closed",
    how:
      "A leader orders the register of a closed session again, inside its horizon: it opens a session for a client that is gone.",
    needs: "more sessions than may be open, and a leader that orders old registers again",
    patches: [
      patch(
        "registrations:close",
        `  if (id > client.registerFloor) client.registerFloor = id;`,
        `  if (id < 0) client.registerFloor = id;`,
      ),
      patch("checkFloor", `  if (!holds) {`, `  if (!holds && registerFloor < 0) {`),
    ],
  },
  {
    name: "repeat-keeps-session-alive",
    kind: "safety",
    clause: "§7.1",
    what: "a command that is only repeated counts as use of its session",
    how: "A leader repeats commands of sessions whose clients are gone, and pushes out those in use.",
    needs: "more sessions than may be open, and a leader that orders old commands again",
    patches: [
      patch(
        "applyCommand",
        `  if (known) return keptAnswer(known, digest);`,
        `  if (known) {
    session.lastUsed = index;
    return keptAnswer(known, digest);
  }`,
      ),
    ],
  },
  {
    name: "conflict-answered-as-applied",
    kind: "safety",
    clause: "§7.1",
    what: "another command under a seq that was executed is answered as applied, with the first one's result",
    how:
      "A client signs two commands under one seq; whoever asked for the second takes the first one's result for his own.",
    needs: "a client that signs two commands under one seq",
    patches: [
      patch("keptAnswer", `  if (executed === digest) return`, `  if (executed.length === digest.length) return`),
    ],
  },
  {
    name: "closed-session-executes",
    kind: "safety",
    clause: "§7.1",
    what: "a command of a session that was closed is executed all the same",
    how:
      "A session is pushed out with a command under way, which is then ordered; its client issues it again in another one.",
    needs: "more sessions than may be open",
    patches: [
      patch(
        "applyCommand",
        `  if (client === undefined || session === undefined) return refused(closedOutcome(client, request));`,
        `  if (client === undefined || session === undefined) {
    if (client?.closed.has(request.session)) execute(request.command);
    return refused(closedOutcome(client, request));
  }`,
      ),
    ],
  },
  {
    name: "unexecuted-told-of-an-executed-one",
    kind: "safety",
    clause: "§7.1",
    what: "of a closed session every command is said to be unexecuted",
    how:
      "A command is executed, its answers are lost, its session is pushed out: its client issues it again, and it is executed twice.",
    needs: "more sessions than may be open, and lost answers",
    patches: [
      patch("closedOutcome", `seq > highest ?`, `seq > 0 ?`),
    ],
  },
  {
    name: "lru-by-wrong-order",
    kind: "safety",
    clause: "§7.1",
    what: "the session used last is closed instead of the one not used for the longest time",
    how: "A second process registers, and the first one's session is closed in the middle of its work.",
    needs: "more sessions than may be open",
    patches: [
      patch("leastRecentlyUsed", `session.lastUsed < oldest.lastUsed`, `session.lastUsed > oldest.lastUsed`),
    ],
  },
  {
    name: "query-goes-to-apply",
    kind: "safety",
    clause: "§7.4",
    what: "an ordered query is executed as a command of the same bytes",
    how:
      "A client asks a query that finds no quorum outside the log, or the bytes of a write as a query: the state machine executes it.",
    patches: [
      patch(
        "execute:execute",
        `machine.query(command, context).value`,
        `machine.apply(command, context)`,
      ),
    ],
  },
  {
    name: "group-executed-backwards",
    kind: "safety",
    clause: "§7.1",
    what: "a group is executed from its end",
    how: "A client sends several commands under one signature, and relies on their order.",
    patches: [
      patch("executeGroup", `of operations)`, `of operations.toReversed())`),
    ],
  },
  {
    name: "executed-part-issued-again",
    kind: "safety",
    clause: "§7.1",
    what: "a client takes the last command of a group for one that was not executed, and issues it again",
    how: "Several commands go under one signature; the last of them is executed twice.",
    patches: [
      patch("settleCommand", `part < executed ?`, `part < Math.max(1, executed - 1) ?`),
    ],
  },
];
