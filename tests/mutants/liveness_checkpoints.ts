/** Mutants of checkpoints and transfers that hang (§8.2, §8.3). */
import { type Mutant, patch } from "./mutant.ts";

const TRANSFER = "replica/core/state_transfer.ts";

export const LIVENESS_CHECKPOINTS: readonly Mutant[] = [
  {
    name: "checkpoint-not-repeated",
    kind: "liveness",
    clause: "§8.2",
    what: "a Checkpoint is published once and never again",
    how:
      "Of the last Checkpoints before all is quiet some are lost: that checkpoint is never stable there, and the log is never cut.",
    needs: "loss until the traffic ends, then a demand that all agree on the last checkpoint",
    patches: [
      patch(
        "replica/core/checkpoints.ts",
        `  if (checkpoints.open.length > 0 && context.now >= checkpoints.repeatAt) publishCheckpoint(context);`,
        `  if (checkpoints.open.length < 0 && context.now >= checkpoints.repeatAt) publishCheckpoint(context);`,
      ),
    ],
  },
  {
    name: "sources-not-turned",
    kind: "liveness",
    clause: "§8.3",
    what: "chunks are asked of the same source for ever, whatever it answered before",
    how: "The first source is Byzantine and answers with nothing, or with other bytes.",
    needs: "a state transfer with a faulty source",
    patches: [
      patch(TRANSFER, `  const first = nextNonce % peers.length;`, `  const first = 0 * nextNonce;`),
      patch(
        TRANSFER,
        `  source.retryAt = context.now + patience(context.state, source);`,
        `  source.retryAt = context.now;`,
      ),
    ],
  },
  {
    name: "transfer-gives-up",
    kind: "liveness",
    clause: "§8.3",
    what: "a snapshot that nobody holds any more is waited for, and no newer one is asked for",
    how:
      "A restarts in the middle of a transfer after so long that all others have dropped its snapshot, and shows no interest " +
      "in another.",
    needs: "a transfer interrupted for longer than chunks are kept",
    patches: [
      patch(
        TRANSFER,
        `  if (isOutOfDate(context.state, transfer)) endTransfer(context, "out-of-date");`,
        `  if (isOutOfDate(context.state, transfer)) note(context, "info", "out-of-date");`,
      ),
    ],
  },
];
