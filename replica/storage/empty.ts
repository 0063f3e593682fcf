/** The content of an empty disk. */
import { logIndex, term } from "../../protocol/ids.ts";
import type { HardState, Recovered } from "../core/log/durable_state.ts";

/** Term 0, nothing voted, nothing acked, no PreVote signed, nothing to recover from. */
export const EMPTY_HARD_STATE: HardState = {
  currentTerm: term(0),
  vote: null,
  ack: null,
  noMoreAcks: false,
  preVoted: term(0),
  recovery: null,
};

/** The state of a replica that never ran. */
export const EMPTY_RECOVERED: Recovered = {
  genesis: null,
  hardState: EMPTY_HARD_STATE,
  base: null,
  entries: [],
  prepared: null,
  branch: [],
  commitIndex: logIndex(0),
  commitCertificate: null,
  evidence: [],
  checkpoint: null,
  transfer: null,
};
