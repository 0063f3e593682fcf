/** Mutants of sessions: how they are opened and closed, and what is told of them (§7.1). */
import { type Mutant, patch } from "../mutant.ts";

export const SAFETY_SESSIONS: readonly Mutant[] = [
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
];
