/** Mutants of leaders that hand over (§14). */
import { type Mutant, patch } from "../mutant.ts";

export const LEADERS: readonly Mutant[] = [
  {
    name: "hand-over-signed-undrained",
    kind: "liveness",
    clause: "§14.2",
    what: "a leader signs its HandOver while entries of its own are not committed",
    how:
      "The successor lacks them, its candidacy is refused by who has them, and the cluster is without a leader for a timeout.",
    patches: [
      patch(
        "tickHandOver",
        `const successor = lastIndex(state.log) === state.commitIndex ? successorOf(state) : null;`,
        `const successor = state.config.replicas.find((id) => id !== state.config.self) ?? null;`,
      ),
    ],
  },
  {
    name: "hand-over-to-itself",
    kind: "liveness",
    clause: "§14.2",
    what: "a leader that hands over names itself",
    how: "Nobody else is first in turn, and who is about to stop does not stand: a timeout without a leader each time.",
    patches: [
      patch(
        "successorOf",
        `return [...replicas.slice(own + 1), ...replicas.slice(0, own)].find(`,
        `return [...replicas.slice(own), ...replicas.slice(0, own)].find(`,
      ),
    ],
  },
  {
    name: "hand-over-signed-anew",
    kind: "liveness",
    clause: "§14.2",
    what: "a leader that is not succeeded in time signs another HandOver in the same term",
    how:
      "Two successors are named by the same leader, some count turns from one and some from the other, and votes split.",
    patches: [
      patch(
        "tickHandOver",
        `  if (leadership.handing?.signed) return tickSigned(context, leadership, leadership.handing);`,
        `  if (leadership.handing?.signed && now < leadership.handing.signed.at + electionTimeoutMs / 4) {
    return tickSigned(context, leadership, leadership.handing);
  }
  if (leadership.handing?.signed) leadership.handing = null;`,
      ),
      patch(
        "successorOf",
        `].find((id) =>`,
        `].toSorted((a, b) => (state.log.entries.length % 2 === 0 ? 1 : -1) * (a < b ? 1 : -1)).find((id) =>`,
      ),
    ],
  },
  {
    name: "hand-over-from-anyone",
    kind: "liveness",
    clause: "§14.3",
    what: "a HandOver counts whoever signed it",
    how:
      "A faulty follower names itself the leader and hands over: the honest one is suspected for a word it never gave.",
    patches: [patch("screenHandOver", `  if (view.leader !== leader) return ignore("not-the-leader");\n`, "")],
    scenario: "office-liars",
  },
  {
    name: "hand-over-of-old-term-counts",
    kind: "liveness",
    clause: "§14.3",
    what: "a HandOver counts in whatever term it was signed",
    how: "The HandOver of an office gone by is shown again when the same replica leads again.",
    patches: [patch("screenHandOver", `  if (term !== hard.currentTerm) return ignore("other-term");\n`, "")],
    scenario: "office-liars",
  },
  {
    name: "successor-not-level",
    kind: "liveness",
    clause: "§14.2",
    what: "a leader names the next replica in the roster, whether or not it has reported the last entry prepared",
    how: "The successor is down or behind: its turn passes, and its base is refused by who has a higher one.",
    patches: [patch("successorOf", `    level.has(id) && `, `    `)],
  },
  {
    name: "hand-over-outlives-term",
    kind: "liveness",
    clause: "§14.2",
    what: "the state of a hand-over is kept when the leadership ends",
    how: "The same replica leads again, repeats its word of the last time and proposes nothing (hashicorp/raft 696).",
    patches: [
      patch(
        "leaveLeader",
        `  state.leadership = null;`,
        `  const left = state.leadership?.handing;
  if (left?.signed) state.offices.kept = { ...left, signed: { ...left.signed, at: Infinity, repeatAt: Infinity } };
  state.leadership = null;`,
      ),
      patch("beginLeading", `    handing: null,`, `    handing: state.offices.kept ?? null,`),
    ],
    scenario: "hand-overs",
  },
  {
    name: "never-resumes",
    kind: "liveness",
    clause: "§14.2",
    what: "a leader whose hand-over does not succeed goes on without proposing",
    how: "Its word is lost: it leads on, and its clients wait for as long as it does.",
    patches: [patch("stopsProposing", `handing !== null && handing.failedAt === null`, `handing !== null`)],
    scenario: "lost-hand-overs",
  },
  {
    name: "successor-first-for-ever",
    kind: "liveness",
    clause: "§14.3",
    what: "a successor is first in turn, whichever offices it led before",
    how: "Two faulty leaders name each other, each before it is found out: no honest replica leads any more.",
    patches: [
      patch(
        "firstInTurn",
        `successor === handOver.leader || last.some(({ leader }) => leader === successor)`,
        `successor === handOver.leader`,
      ),
    ],
    scenario: "passing-leaders",
    replicas: 7,
  },
  {
    name: "hander-stands-again",
    kind: "liveness",
    clause: "§14.3",
    what: "who handed over stands in the election of its successor",
    how: "The successor is slow or cut off, and the leader that wants to go is elected again.",
    patches: [
      patch(
        "steppedBack",
        `offices.leaving !== null || now < offices.handedOverAt`,
        `offices.leaving !== null || now < -Infinity`,
      ),
    ],
  },
  {
    name: "queue-dropped-at-hand-over",
    kind: "liveness",
    clause: "§14.4",
    what: "a leader that handed over drops what it has queued",
    how: "Every request that came in meanwhile waits until its client asks again.",
    patches: [
      patch("passOnQueue", `  const queues = [...pool.values()]`, `  const queues = [...pool.values()].slice(0, 0)`),
    ],
    scenario: "hand-overs",
  },
  {
    name: "hand-over-for-every-nonce",
    kind: "liveness",
    clause: "§14.5",
    what: "a leader hands over for a learner as often as that one asks",
    how: "A faulty replica calls the roll for ever, under new nonces: leaders change for ever.",
    patches: [patch("noteLearnerServed", `  learnersServed.set(asker, now);\n`, "")],
    scenario: "false-learners",
  },
  {
    name: "office-ends-for-noop",
    kind: "liveness",
    clause: "§14.6",
    what: "a term of office is over after its time, though nothing was committed in it that anybody asked for",
    how: "An idle cluster changes its leader for ever.",
    patches: [patch("isOver", `lasted >= officeMs && entries > ALWAYS`, `lasted >= officeMs`)],
  },
];
