import type { ReplicaId } from "../../../protocol/ids.ts";
import type { SimNode } from "./sim_node.ts";

/** Returns the replica that leads in the highest term of the latest epoch, according to itself. */
export function leaderAmong(nodes: Iterable<SimNode>): ReplicaId | null {
  let best: { readonly id: ReplicaId; readonly epoch: number; readonly term: number } | null = null;
  for (const { id, state } of nodes) {
    if (!state?.leadership) continue;
    const { genesis: { epoch }, hard: { currentTerm: term } } = state;
    if (best === null || epoch > best.epoch || (epoch === best.epoch && term > best.term)) best = { id, epoch, term };
  }
  return best?.id ?? null;
}
