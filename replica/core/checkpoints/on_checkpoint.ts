/** A Checkpoint of another replica (§8.2). */
import type { LogIndex } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import type { Checkpoint } from "../../../protocol/message.ts";
import type { Signed } from "../../../protocol/signed.ts";
import type { Context } from "../context.ts";
import { ACCEPT, ignore, reject, type Verdict } from "../verdict.ts";
import { mayBeCheckpoint } from "./checkpoint_index.ts";
import { stabilize, stableIndex, tellStable } from "./checkpoints.ts";

/** Counts a replica's Checkpoint. A replica that is behind the stable one here is sent this replica's own Checkpoint of it (§8.2). */
export function onCheckpoint(context: Context, signed: Signed<Checkpoint>): Verdict {
  const { state } = context;
  const { replica, index } = signed.message;
  if (!mayBeCheckpoint(state, index)) return reject("not-a-checkpoint-index", replica);
  if (index <= stableIndex(state)) return tellStable(context, replica);
  const heard = state.checkpoints.heard.get(replica) ?? new Map<LogIndex, Signed<Checkpoint>>();
  state.checkpoints.heard.set(replica, heard);
  if (heard.has(index)) return ignore("known-checkpoint");
  heard.set(index, signed);
  if (heard.size > LIMITS.maxOpenCheckpoints) heard.delete(Math.min(...heard.keys()) as LogIndex);
  stabilize(context);
  return ACCEPT;
}
