/** Mutants of checkpoints and transfers that hang (§8.2, §8.3). */
import { type Mutant, patch } from "../mutant.ts";

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
        "tickCheckpoints",
        `  if (checkpoints.open.length > 0 && context.now >= checkpoints.repeatAt) publishCheckpoint(context);`,
        `  if (checkpoints.open.length < 0 && context.now >= checkpoints.repeatAt) publishCheckpoint(context);`,
      ),
    ],
  },
  {
    name: "install-forgets-to-settle",
    kind: "liveness",
    clause: "§7.3",
    what: "requests under intervention that a snapshot has settled stay pending when it is installed",
    how:
      "A is asked to watch over a request, falls behind and is brought back by a snapshot that has it. It goes on waiting for it, and " +
      "suspects every leader from then on.",
    needs:
      "a replica that falls behind a checkpoint with a request under intervention, by a client that asks for nothing more",
    patches: [
      patch(
        "installSnapshot",
        `  settle(context, withoutProgress(state));
`,
        ``,
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
      patch("inOrder", `  const first = transfer.nextNonce % peers.length;`, `  const first = 0 * transfer.nextNonce;`),
      patch(
        "fail",
        `  source.retryAt = context.now + patience(context.state, source);`,
        `  source.retryAt = context.now;`,
      ),
    ],
  },
];
