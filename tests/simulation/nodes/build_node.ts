/** A node of a run, as its plan wants it. */
import { clientId, type ReplicaId } from "../../../protocol/ids.ts";
import type { SimCrypto } from "../network/sim_crypto.ts";
import type { Plan } from "../plan/plan.ts";
import type { NodeWorld } from "./node_world.ts";
import { SimNode } from "./sim_node.ts";

/** Returns the node of a replica, the `position`-th of all, with the keys of the first epoch. */
export function buildNode(
  { replicas, clients, constants, seed }: Plan,
  clusterId: string,
  crypto: SimCrypto,
  id: ReplicaId,
  position: number,
  world: NodeWorld,
): SimNode {
  const node = new SimNode({
    ...{ clusterId, self: id, replicas, constants, seed: seed * 1000 + position },
    clients: new Set(clients.map((client) => clientId(client.id))),
  }, world);
  node.sign = (message, body) => crypto.sign("replica", id, message, body);
  node.check = crypto.check;
  return node;
}
