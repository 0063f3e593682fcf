import type { ReplicaId } from "../../../protocol/ids.ts";
import type { SimNode } from "./sim_node.ts";

/** Returns the replica that leads in the highest term, according to itself. */
export function leaderAmong(nodes: Iterable<SimNode>): ReplicaId | null {
  let best: { readonly id: ReplicaId; readonly term: number } | null = null;
  for (const { id, state } of nodes) {
    if (state?.leadership && state.hard.currentTerm > (best?.term ?? -1)) best = { id, term: state.hard.currentTerm };
  }
  return best?.id ?? null;
}
