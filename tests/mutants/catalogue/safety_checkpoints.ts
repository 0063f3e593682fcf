/** Mutants of checkpoints and compaction (§8.2): what is certified, when, by whom, and what may be dropped for it. */
import { type Mutant, patch } from "../mutant.ts";
import { ANY_TERM_BEHIND_BASE } from "./second_layers.ts";

export const SAFETY_CHECKPOINTS: readonly Mutant[] = [
  {
    name: "compaction-beyond-base",
    kind: "safety",
    clause: "§8.2",
    what: "the log is cut off at the commit index, above the stable checkpoint that stands for what goes",
    how: "A replica drops what it has committed since its last checkpoint and restarts: nothing leads to its state.",
    patches: [
      patch(
        "compactLog",
        `  const stable = Math.min(stableIndex(context.state), commitIndex);`,
        `  const stable = commitIndex;`,
      ),
      patch(
        "durable:compact",
        `    base.index <= Math.min(state.commitIndex, stable),
    "I5",
    \`dropped`,
        `    base.index <= Math.max(state.commitIndex, stable),
    "I5",
    \`dropped`,
      ),
      patch(
        "tip:compact",
        `[baseIndex(tip), Math.min(tip.commitIndex, tip.checkpointIndex)];`,
        `[baseIndex(tip), tip.commitIndex];`,
      ),
      patch(
        "checkTip",
        `  demand(base <= checkpointIndex, () => \`a log that`,
        `  demand(base <= commitIndex, () => \`a log that`,
      ),
    ],
  },
  {
    name: "prepared-entries-compacted",
    kind: "safety",
    clause: "§8.2",
    what: "the log is cut off at its last entry, committed or not, as soon as a checkpoint is stable",
    how:
      "e lies above the stable checkpoint and is acked or prepared; it goes with the rest, and whoever is to commit it, or to " +
      "lead from it, has nothing to do so with.",
    patches: [
      patch(
        "compactLog",
        `  if (base > log.base.index) compact(context, headAt(log, base as LogIndex));`,
        `  if (base > log.base.index) compact(context, headAt(log, (log.base.index + log.entries.length) as LogIndex));`,
      ),
      patch(
        "durable:compact",
        `    base.index <= Math.min(state.commitIndex, stable),
    "I5",
    \`dropped`,
        `    base.index >= Math.min(state.commitIndex, stable),
    "I5",
    \`dropped`,
      ),
      patch(
        "tip:compact",
        `[baseIndex(tip), Math.min(tip.commitIndex, tip.checkpointIndex)];`,
        `[baseIndex(tip), tip.lastIndex];`,
      ),
      patch(
        "checkTip",
        `  demand(base <= checkpointIndex, () => \`a log that`,
        `  demand(base >= 0, () => \`a log that`,
      ),
    ],
  },
  {
    name: "tail-drops-checkpoint-entry",
    kind: "safety",
    clause: "§3.1",
    what: "the stable checkpoint's own entry goes with what lies before it where no tail is kept",
    how:
      "Everybody has cut its log right behind the last entry; a Byzantine leader orders one of a lower term behind it, and nobody can see " +
      "that the terms decrease.",
    needs: "logs without a tail that end in a checkpoint, then a faulty leader that labels its entries with old terms",
    scenario: "old-terms",
    patches: [
      patch("compactLog", `stable - Math.max(1, config.constants.logTail)`, `stable - config.constants.logTail`),
      ANY_TERM_BEHIND_BASE,
    ],
  },
  {
    name: "commit-goes-back",
    kind: "safety",
    clause: "§4.1",
    what: "a restarted replica takes the index of its checkpoint for its commit index",
    how:
      "A restarts behind its checkpoint and commits again from there, below what it has shown and answered; a leader may ask " +
      "it to replace what it had committed.",
    patches: [
      patch(
        "createState",
        `    commitIndex: recovered.commitIndex,
    commitCertificate: recovered.commitCertificate,`,
        `    commitIndex: recovered.checkpoint?.stable.index ?? logIndex(0),
    commitCertificate: recovered.checkpoint?.commit ?? null,`,
      ),
      patch("advanceTip", `      demand(operation.index >= tip.commitIndex,`, `      demand(operation.index >= 0,`),
      patch("tip:truncate", `  demand(after >= tip.commitIndex,`, `  demand(after >= 0,`),
      patch("checkTip", `    tip.commitIndex <= tip.lastIndex,`, `    tip.lastIndex >= 0,`),
    ],
  },
  {
    name: "checkpoint-quorum-2f",
    kind: "safety",
    clause: "§8.2",
    what: "a checkpoint is stable, and a log cut short, with 2f equal Checkpoints",
    how: "n = 4: A and a faulty replica agree on a state that nobody else has; A drops the entries that led to it.",
    patches: [
      patch(
        "quorumAt",
        `    if (group.length >= quorumSizes.quorum) return group;`,
        `    if (group.length >= Math.max(1, 2 * quorumSizes.f)) return group;`,
      ),
    ],
  },
  {
    name: "checkpoint-counted-twice",
    kind: "safety",
    clause: "§2.4",
    what: "Checkpoints are counted, so that several of one replica count as several",
    how:
      "A Checkpoint is repeated because it may have been lost; three of them make a stable checkpoint of one replica.",
    patches: [
      patch(
        "onCheckpoint",
        `  const heard = state.checkpoints.heard.get(replica) ?? new Map<LogIndex, Signed<Checkpoint>>();
  state.checkpoints.heard.set(replica, heard);`,
        `  const key = \`\${replica} \${state.checkpoints.heard.size % 16}\` as ReplicaId; // one for each message
  const heard = state.checkpoints.heard.get(key) ?? new Map<LogIndex, Signed<Checkpoint>>();
  state.checkpoints.heard.set(key, heard);`,
      ),
    ],
  },
  {
    name: "checkpoint-before-durable",
    kind: "safety",
    clause: "§8.2",
    what: "a Checkpoint is published while the last chunks of its snapshot are still to be written, with the next tick",
    how:
      "Q replicas vouch for a snapshot and crash: the checkpoint is stable, entries were dropped for it, and nobody holds it.",
    patches: [
      patch(
        "writeSnapshot",
        `  putChunks(context, chunks);
  if (done === null) return;
  state.checkpoints.writing.shift();`,
        `  if (done === null) return putChunks(context, chunks);
  late.set(state, { chunks: [...late.get(state)?.chunks ?? [], ...chunks], since: context.now });
  state.checkpoints.writing.shift();`,
      ),
      patch(
        "tickCheckpoints",
        `export function tickCheckpoints(context: Context): void {
`,
        `const late = new WeakMap<CoreState, { readonly chunks: readonly Chunk[]; readonly since: number }>();

export function tickCheckpoints(context: Context): void {
  const kept = late.get(context.state);
  if (kept !== undefined && kept.since < context.now) {
    putChunks(context, kept.chunks);
    late.delete(context.state);
  }
`,
      ),
      patch(
        "assertCheckpoint",
        `  demand(chunks.has(stateDigest), () =>`,
        `  demand(chunks !== null, () =>`,
      ),
    ],
  },
  {
    name: "garbage-in-use",
    kind: "safety",
    clause: "§8.2",
    what:
      "chunks of an older snapshot count as garbage although snapshots that are stable, open or in writing have them too",
    how:
      "Two checkpoints have a chunk in common. It is marked when the second is stable, and dropped a minute later: the checkpoint " +
      "this replica would start from is not whole.",
    needs: "two snapshots with a chunk in common, or two checkpoints close together, then a minute of peace",
    patches: [
      patch(
        "markGarbage",
        `  const wanted = new Set(lists.flat());`,
        `  const wanted = new Set(lists.slice(lists.length).flat());`,
      ),
      patch(
        "advanceTip",
        `      demand(lost === undefined, () => \`the loss`,
        `      demand(lost !== "", () => \`the loss`,
      ),
    ],
  },
];
