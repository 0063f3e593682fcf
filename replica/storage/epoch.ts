/** The beginning of an epoch (§13.5, §13.7): the state of a disk behind it, whatever stood there before. */
import type { Genesis } from "../../protocol/config.ts";
import { genesisProof } from "../../protocol/epochs/genesis_proof.ts";
import type { BeginEpoch, Recovered } from "../core/log/durable_state.ts";
import { EMPTY_HARD_STATE, EMPTY_RECOVERED } from "./empty.ts";

/** Returns the epoch that a disk is in. */
export const epochOf = ({ genesis }: { readonly genesis: Genesis | null }): number => genesis?.epoch ?? 1;

/** Returns what a disk holds at the beginning of an epoch: no term, vote, ack, certificate or entry crosses (§13.5). */
export function beginningOf({ genesis, held, recovery }: BeginEpoch): Recovered {
  const proof = genesisProof(genesis);
  const fresh: Recovered = { ...EMPTY_RECOVERED, genesis, hardState: { ...EMPTY_HARD_STATE, recovery } };
  if (!held) return { ...fresh, transfer: proof };
  const { index, hash } = genesis;
  return { ...fresh, base: { index, hash }, commitIndex: index, commitCertificate: proof.commit, checkpoint: proof };
}
