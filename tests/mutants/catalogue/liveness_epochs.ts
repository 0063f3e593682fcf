/** Mutants of epochs (§13) that leave somebody behind a border, or everyone before it. */
import { type Mutant, patch } from "../mutant.ts";

export const LIVENESS_EPOCHS: readonly Mutant[] = [
  {
    name: "change-beside-others-taken",
    kind: "liveness",
    clause: "§13.2",
    what: "a follower takes a valid change beside other requests, where it ends nothing",
    how: "A faulty leader puts the change into an entry with others: it is settled, and no epoch ends by it.",
    changes: true,
    patches: [
      patch(
        "stopSignFault",
        `    if (isChangeBesideOthers(entry)) return "change-beside-others";\n`,
        ``,
      ),
    ],
  },
  {
    name: "ends-not-shown",
    kind: "liveness",
    clause: "§13.8",
    what: "who is late is shown no end",
    how: "A replica is away while the others cross.",
    changes: true,
    patches: [
      patch(
        "EpochTalk.show",
        `    if (epoch >= this.#parts.epoch || !this.#shown.spend(peer, now)) return;`,
        `    if (epoch < this.#parts.epoch || !this.#shown.spend(peer, now)) return;`,
      ),
    ],
  },
  {
    name: "shown-end-not-believed",
    kind: "liveness",
    clause: "§13.8",
    what: "the end that a replica is shown does not make its own snapshot stable",
    how: "Others cross before their Checkpoints reach a replica that holds the stop-sign.",
    changes: true,
    patches: [
      patch(
        "stabilize",
        `state.shownEnd?.proof.stable.index === snapshot.index ? state.shownEnd.proof : null`,
        `state.shownEnd?.proof.stable.index === -snapshot.index ? state.shownEnd.proof : null`,
      ),
    ],
  },
  {
    name: "no-checkpoint-at-a-stop-sign",
    kind: "liveness",
    clause: "§13.4",
    what: "a checkpoint is taken at every K-th index only",
    how: "Any change: the epoch never ends.",
    changes: true,
    patches: [
      patch(
        "onApply",
        `    if (after !== null || isCheckpointIndex(state, next)) beginSnapshot(context, next);`,
        `    if (isCheckpointIndex(state, next)) beginSnapshot(context, next);`,
      ),
    ],
  },
  {
    name: "genesis-transfer-given-up",
    kind: "liveness",
    clause: "§13.7",
    what: "a member gives up fetching the state that its epoch begins with as soon as enough others lack it",
    how: "Several members begin without the state and ask one another.",
    test: { file: "tests/clauses/13_epochs/13_5_beginning_test.ts", named: "§13.7e" },
    patches: [
      patch("isOutOfDate", `  if (isOfGenesis(state, transfer)) return false;`, `  if (n < 0) return false;`),
    ],
  },
  {
    name: "stop-sign-hides-a-leader",
    kind: "liveness",
    clause: "§13.3",
    what: "patience runs no more once a stop-sign is on the log, committed or not",
    how: "A faulty leader shows the stop-sign and never has it committed, while it heartbeats.",
    test: { file: "tests/clauses/13_epochs/13_3_stop_sign_test.ts", named: "§13.3e" },
    patches: [
      patch(
        "tickInterventions",
        `  if (hasStopped(state, context.ports.changes)) return;`,
        `  if (endsInStop(state.log, context.ports.changes)) return;`,
        ["endsInStop"],
      ),
    ],
  },
  {
    name: "stop-sign-at-a-checkpoint",
    kind: "liveness",
    clause: "§13.2",
    what: "a stop-sign may stand where a checkpoint is due anyway",
    how:
      "A faulty source shows the ordinary proof of that checkpoint to one that is behind: it begins behind a stop-sign that it has never seen.",
    test: { file: "tests/clauses/13_epochs/13_2_change_roster_test.ts", named: "§13.2f" },
    patches: [
      patch(
        "mustNotStopNext",
        `isCheckpointIndex(state, offset(lastIndex(state.log), 1))`,
        `isCheckpointIndex(state, offset(lastIndex(state.log), 1)) && state.commitIndex < 0`,
      ),
      patch(
        "stopSignFault",
        `    if (isStop && isCheckpointIndex({ config }, entry.index)) return "stop-sign-at-a-checkpoint";\n`,
        `    if (isStop && isCheckpointIndex({ config }, entry.index) && i < 0) return "stop-sign-at-a-checkpoint";\n`,
      ),
    ],
  },
];
