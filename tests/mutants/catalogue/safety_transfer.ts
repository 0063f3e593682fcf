/** Mutants of state transfer (§8.3): what is accepted, and what is left of the state before. */
import { type Mutant, patch } from "../mutant.ts";
import { GUARD_WITHOUT_LAST_ACK } from "./second_layers.ts";

export const SAFETY_TRANSFER: readonly Mutant[] = [
  {
    name: "snapshot-without-certificate",
    kind: "safety",
    clause: "§8.2",
    what: "a snapshot is fetched and installed that fewer than Q different replicas vouch for",
    how: "A Byzantine source shows a state of its own making to a replica that fell behind, signed by itself alone.",
    needs: "a replica so far behind that it is shown a checkpoint",
    patches: [
      patch(
        "isStableAtEnd",
        `isQuorum(members, checkpoints.map((c) => c.message.replica)) &&
    checkpoints.every(`,
        `checkpoints.length > 0 && checkpoints.every(({ message }) => members.config.replicas.includes(message.replica)) &&
    checkpoints.every(`,
      ),
    ],
  },
  {
    name: "chunk-unchecked",
    kind: "safety",
    clause: "§8.3",
    what: "a fetched chunk is taken for the one that was asked for, whatever its digest",
    how: "A Byzantine source answers with other bytes: the state that is installed was certified by nobody.",
    needs: "a state transfer with a faulty source",
    patches: [
      patch(
        "onFetchChunksResponse",
        `packet.chunks.map((bytes): Chunk => ({ digest: ports.hash(bytes), bytes }));`,
        `packet.chunks.slice(0, asked.size)
    .map((bytes, i): Chunk => ({ digest: [...asked][i] ?? ports.hash(bytes), bytes }));`,
      ),
      patch(
        "readChecked",
        `  if (given !== digest) throw`,
        `  if (given === "" && given !== digest) throw`,
      ),
      patch(
        "advanceTip",
        `        demand(view.isChunk(chunk), () =>`,
        `        demand(chunk.bytes.length >= 0, () =>`,
      ),
    ],
  },
  {
    name: "install-keeps-old-sessions",
    kind: "safety",
    clause: "§8.3",
    what: "a snapshot takes the place of the state machine, and the session table stays what it was",
    how:
      "A replica installs a snapshot and applies a repeated request a second time, for its table never saw the first.",
    patches: [
      patch(
        "installSnapshot",
        `  state.sessions = sessions;
`,
        `  void sessions;
`,
      ),
    ],
  },
  {
    name: "install-keeps-acking",
    kind: "safety",
    clause: "§8.1",
    what: "a replica goes on acking in a term after a snapshot replaced what it had acked in it",
    how:
      "A acked e' of an equivocating leader; e is committed by the others in the same term and A is given the state behind " +
      "it. It acks on, on another chain than before.",
    needs: "two chains in one term, and a follower of the wrong one that has fallen behind a checkpoint",
    patches: [
      patch(
        "restartLog",
        `  if (hard.ack !== null && hard.ack.index > state.commitIndex) setHardState(context, { noMoreAcks: true });`,
        `  if (hard.ack !== null && hard.ack.index > state.commitIndex) setHardState(context, { ack: null });`,
      ),
      GUARD_WITHOUT_LAST_ACK,
    ],
  },
  {
    name: "branch-edge-off-by-one-at-install",
    kind: "safety",
    clause: "§6.8",
    what:
      "the prepared entries kept aside are cut one too late when a snapshot is installed: its own entry stays among them",
    how:
      "A holds e prepared on a branch and installs a snapshot below e. It crashes, and its disk holds a branch that hangs on nothing; or it " +
      "stands for election, and truncates what is committed.",
    needs:
      "entries kept aside, a snapshot in the midst of them, and then a crash or an election before anything else is appended",
    scenario: "branch-at-a-snapshot",
    patches: [
      patch(
        "restartLog",
        `branch.filter(({ entry }) => entry.index > base.index));`,
        `branch.filter(({ entry }) => entry.index >= base.index));`,
      ),
    ],
  },
  {
    name: "branch-dropped-at-install",
    kind: "safety",
    clause: "§6.8",
    what: "the prepared entries kept aside go when a snapshot is installed, those above it too",
    how:
      "A holds e prepared on a branch and installs a snapshot below e. It votes and reports as one that could lead from e, " +
      "and cannot.",
    needs: "entries kept aside, then a snapshot below the last of them",
    scenario: "branch-at-a-snapshot",
    patches: [
      patch(
        "restartLog",
        `branch.filter(({ entry }) => entry.index > base.index));`,
        `branch.filter(({ entry }) => entry.index < base.index - branch.length));`,
      ),
    ],
  },
];
