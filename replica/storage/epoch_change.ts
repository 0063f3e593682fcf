/** Changes of the epoch that a disk is in (§13.7), and what is of the epoch it is in. */
import type { Head } from "../../protocol/entry.ts";
import type { LogIndex, Term } from "../../protocol/ids.ts";
import type { BeginEpoch, PersistOperation, Recovered, Recovery } from "../core/log/durable_state.ts";
import { demand } from "./demand.ts";
import { epochOf } from "./epoch.ts";
import type { SigningIntent } from "./port.ts";

/** The state before a change that it is judged by. */
type Before = Pick<Recovered, "genesis" | "hardState" | "commitIndex">;

/** Throws {@linkcode StorageError} if the operation must not follow `before`. Only one that never took part may begin in any epoch (§13.8). */
export function assertBeginning(before: Before, { genesis, recovery }: BeginEpoch): void {
  const { epoch, index, stateDigest } = genesis;
  const now = epochOf(before);
  demand(
    Number.isSafeInteger(epoch) && (epoch === now + 1 || (epoch > now && isUnused(before))),
    () => `the beginning of epoch ${epoch} after epoch ${now}`,
  );
  demand(stateDigest !== null, () => `the beginning of epoch ${epoch} without a state`);
  const floor = Math.max(before.commitIndex, (before.genesis?.index ?? 0) + 1);
  demand(index >= floor, () => `a genesis at ${index} of epoch ${epoch}, wanted at least ${floor}`);
  assertLearner(before.hardState.recovery, recovery, epoch);
}

/** Throws {@linkcode StorageError} if the beginning of an epoch stands beside anything but chunks: nothing else is of both epochs. */
export function assertAlone(operations: readonly PersistOperation[], intents: readonly SigningIntent[]): void {
  if (!operations.some(({ op }) => op === "begin-epoch")) return;
  const others = operations.filter(({ op }) => op !== "chunks" && op !== "drop-chunks").map(({ op }) => op);
  const all = [...others, ...intents.map(({ kind }) => `a signature (${kind})`)];
  demand(all.length === 1, () => `the beginning of an epoch beside other changes: ${all.join(", ")}`);
}

/** Throws {@linkcode StorageError} if a certificate that no quorum signed is of another point than the genesis (§13.5). */
export function assertOfEpoch(
  { genesis }: Pick<Recovered, "genesis">,
  { term, index, hash }: Head & { readonly term: Term },
): void {
  const isGenesis = genesis === null ? index === 0 : index === genesis.index && hash === genesis.hash;
  demand(term > 0 || isGenesis, () => `a certificate of term 0 at (${index}, ${hash}), which is no genesis`);
}

/** Throws {@linkcode StorageError} if a log is to begin or go on below the genesis, or through another point there. */
export function assertBehindGenesis({ genesis }: Pick<Recovered, "genesis">, index: LogIndex, hash: string): void {
  const isBehind = genesis === null || index > genesis.index || (index === genesis.index && hash === genesis.hash);
  demand(isBehind, () => `a log at (${index}, ${hash}), the genesis is (${genesis?.index}, ${genesis?.hash})`);
}

/** Returns whether its replica never took part: no term, vote or entry without one. */
const isUnused = ({ genesis, hardState }: Before): boolean =>
  genesis === null && hardState.currentTerm === 0 && hardState.preVoted === 0;

/** §13.9: who does not know its bar goes on as a learner; a bar of an epoch says nothing in another one. */
function assertLearner(before: Recovery | null, after: Recovery | null, epoch: number): void {
  const lost = before !== null && before.bar === null && after === null;
  demand(
    !lost,
    () => `the end of recovery ${before?.nonce} with the beginning of epoch ${epoch}: its bar is not known`,
  );
  demand(after === null || after.bar === null, () => `bar ${after?.bar} at the beginning of epoch ${epoch}`);
}
