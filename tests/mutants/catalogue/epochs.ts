/** Mutants of epochs (§13): nothing crosses a border that must not, nothing is done behind one, and nobody is left behind it. */
import { type Mutant, patch } from "../mutant.ts";

/** The second layer against entries behind a stop-sign. */
const APPENDS_ANYTHING = patch(
  "durable:append",
  `    !endsInStop(state.log, ports.changes),`,
  `    ports.changes !== null || !endsInStop(state.log, ports.changes),`,
);

export const EPOCHS: readonly Mutant[] = [
  {
    name: "leader-goes-on-behind-a-stop-sign",
    kind: "safety",
    clause: "§13.3",
    what: "a leader proposes what waits behind a stop-sign",
    how: "A change of the roster is ordered while clients write.",
    changes: true,
    patches: [
      patch(
        "proposeRequests",
        `  if (endsInStop(state.log, ports.changes)) return;\n  const { pipeline } = leadership;`,
        `  const { pipeline } = leadership;`,
      ),
      patch("proposeRequests", `    if (endsInStop(state.log, ports.changes)) return;\n`, ``),
      APPENDS_ANYTHING,
    ],
  },
  {
    name: "no-op-behind-a-stop-sign",
    kind: "safety",
    clause: "§13.3",
    what: "a leader that is elected on a base which is a stop-sign opens its term with a no-op all the same",
    how: "A leader falls once its stop-sign is prepared.",
    changes: true,
    patches: [
      patch(
        "beginLeading",
        `  if (endsInStop(state.log, context.ports.changes)) state.leadership.heartbeatSent = -Infinity;\n  else propose(context, []);`,
        `  propose(context, []);`,
      ),
      APPENDS_ANYTHING,
    ],
  },
  {
    name: "follower-appends-behind-a-stop-sign",
    kind: "safety",
    clause: "§13.3",
    what: "a follower takes entries behind a stop-sign",
    how: "A faulty leader goes on behind one.",
    changes: true,
    patches: [
      patch(
        "stopSignFault",
        `    if (isStop && i < entries.length - 1) return "behind-a-stop-sign";\n`,
        ``,
      ),
      APPENDS_ANYTHING,
    ],
  },
  {
    name: "epoch-ends-with-few-checkpoints",
    kind: "safety",
    clause: "§13.4",
    what: "f + 1 Checkpoints at a stop-sign end the epoch",
    how: "The first replicas that have applied the stop-sign cross.",
    changes: true,
    patches: [
      patch(
        "quorumAt",
        `{ checkpoints: { heard }, quorumSizes }: CoreState,`,
        `{ checkpoints: { heard }, quorumSizes, config }: CoreState,`,
      ),
      patch(
        "quorumAt",
        `    if (group.length >= quorumSizes.quorum) return group;`,
        `    const isDue = index % config.constants.checkpointEvery === 0;\n    if (group.length >= (isDue ? quorumSizes.quorum : quorumSizes.weak)) return group;`,
      ),
    ],
  },
  {
    name: "revoked-sessions-stay",
    kind: "safety",
    clause: "§13.4",
    what: "applying a stop-sign leaves the sessions of clients that the next roster does not list",
    how: "A client that has sessions is revoked.",
    changes: true,
    patches: [
      patch("onApply", `    if (after !== null) dropUnlisted(state.sessions, after.roster.clients);\n`, ``),
    ],
  },
  {
    name: "registers-cross",
    kind: "safety",
    clause: "§13.5",
    what: "a register from before the genesis opens a session",
    how: "A register is under way as an epoch ends, or that of a revoked client comes again.",
    changes: true,
    patches: [
      patch("openFor", `  const late = base < genesis || base >= index`, `  const late = genesis < 0 || base >= index`),
      patch("standingOfRegister", ` || base < genesis;`, ` || genesis < 0;`),
    ],
  },
  {
    name: "term-crosses",
    kind: "safety",
    clause: "§13.5",
    what: "a replica goes on in the term it was in",
    how: "An epoch ends in a term above the first.",
    changes: true,
    patches: [
      patch(
        "LogState.write",
        `        this.#small = smallOf(beginningOf(operation));`,
        `        const fresh = beginningOf(operation);\n        const { currentTerm } = this.#small.hardState;\n        this.#small = smallOf({ ...fresh, hardState: { ...fresh.hardState, currentTerm } });`,
      ),
    ],
  },
  {
    name: "vote-crosses",
    kind: "safety",
    clause: "§13.5",
    what: "a replica keeps term and vote over the border",
    how: "An epoch ends in a term that its members voted in.",
    changes: true,
    patches: [
      patch(
        "LogState.write",
        `        this.#small = smallOf(beginningOf(operation));`,
        `        const fresh = beginningOf(operation);\n        const { currentTerm, vote } = this.#small.hardState;\n        this.#small = smallOf({ ...fresh, hardState: { ...fresh.hardState, currentTerm, vote } });`,
      ),
    ],
  },
  {
    name: "guard-crosses",
    kind: "safety",
    clause: "§13.7",
    what: "the guard keeps what was signed in the epoch before",
    how: "An epoch ends in a term above the first: nothing may be signed in the terms of the next one.",
    changes: true,
    patches: [
      patch("transaction:follow", `      return NOTHING_SIGNED;`, `      return guard;`),
    ],
  },
  {
    name: "genesis-without-the-state",
    kind: "safety",
    clause: "§13.5",
    what: "the hash of a genesis says nothing of the state there",
    how: "Any change of the roster shows it.",
    changes: true,
    patches: [
      patch(
        "nextGenesis",
        `.digest(end.hash).digest(stateDigest).finish()`,
        `.digest(end.hash).digest(end.hash).finish()`,
      ),
    ],
  },
  {
    name: "one-domain-for-all-epochs",
    kind: "safety",
    clause: "§13.6",
    what: "replicas sign in every epoch for the cluster as a whole",
    how:
      "A faulty replica passes on what was signed in the epoch before: two votes, or two acks, of one honest replica.",
    changes: true,
    patches: [
      patch(
        "signingDomain",
        "epoch === 1 ? cluster : `${cluster}/${digest}`",
        "epoch > 0 ? cluster : `${cluster}/${digest}`",
      ),
    ],
  },
  {
    name: "epoch-marks-unread",
    kind: "safety",
    clause: "§13.6",
    what: "packets of another epoch are taken for those of one's own, where nothing is signed",
    how: "An ack or a vote of the epoch before is late.",
    changes: true,
    profile: "crash",
    patches: [
      patch("isOfAnotherEpoch", `  return true;`, `  return named < 0;`),
    ],
  },
  {
    name: "held-without-the-state",
    kind: "safety",
    clause: "§13.7",
    what: "who is shown an end begins as if it had the state",
    how: "A replica is late, and its log does not hold the stop-sign.",
    changes: true,
    patches: [
      patch("onEpochEnd", `    state.ended = { end, held };`, `    state.ended = { end, held: true };`),
    ],
  },
  {
    name: "stands-without-the-state",
    kind: "safety",
    clause: "§13.7",
    what: "a member without the state stands for election",
    how: "A new member's turn comes before it has fetched the state.",
    changes: true,
    patches: [
      patch(
        "tickCandidacy",
        `  if (!holdsState(state) || steppedBack(context)) return;`,
        `  if (steppedBack(context)) return;`,
      ),
    ],
  },
  {
    name: "recovery-dropped-at-a-border",
    kind: "safety",
    clause: "§13.9",
    what: "a learner that has no bar begins the next epoch as a full member",
    how: "A disk is lost, and the epoch that its replica comes back in has ended.",
    needs: "a disk that is lost",
    changes: true,
    patches: [
      patch("cross:beginningOf", `recovery: stillLost ? recovery : null`, `recovery: stillLost ? null : null`),
      patch("beginWithout", `held: false, recovery: lost }`, `held: false, recovery: null }`),
      patch("assertLearner", `    !lost,`, `    !lost || epoch > 0,`),
    ],
  },
  {
    name: "roll-call-behind-a-stop-sign",
    kind: "safety",
    clause: "§13.4",
    what: "a replica that has a stop-sign committed answers a roll call in that epoch",
    how:
      "A disk is lost at the border: its replica gets a bar in the epoch that has ended, and is a full member of the one in which it has signed.",
    needs: "a disk that is lost",
    test: { file: "tests/clauses/13_epochs/13_4_end_test.ts", named: "§13.4c" },
    patches: [
      patch(
        "onRollCall",
        `  if (hasStopped(state, context.ports.changes)) return`,
        `  if (hasStopped(state, context.ports.changes) && hard.currentTerm < 0) return`,
      ),
    ],
  },
  {
    name: "fast-read-behind-a-stop-sign",
    kind: "safety",
    clause: "§13.4",
    what: "a replica that has a stop-sign committed answers fast reads in that epoch",
    how: "Q replicas of the epoch before answer what writes of the next one have made stale.",
    test: { file: "tests/clauses/13_epochs/13_4_end_test.ts", named: "§13.4c" },
    patches: [
      patch(
        "fastRead",
        `  if (hasStopped(state, changes)) return refusal(ENDING);`,
        `  if (hasStopped(state, changes) && query.length < 0) return refusal(ENDING);`,
      ),
    ],
  },
  {
    name: "rights-unread",
    kind: "safety",
    clause: "§7.4",
    what: "a client may do everything, whatever the roster in force says",
    how: "A change of the roster takes rights from a client that writes.",
    changes: true,
    patches: [patch("executorOf", `accessOf(changes.current, client)`, `(void client, null)`)],
  },
];
