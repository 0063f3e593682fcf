import { freePorts } from "../../tasks/support/free_ports.ts";
import type { ReplicaTransport } from "../../transport/port.ts";
import { createZmqReplicaTransport } from "../../transport/zmq/zmq_replica_transport.ts";
import type { HighWaterMarks } from "../../transport/zmq/zmq_socket_options.ts";

/** Two replicas on loopback, `r1` and `r2`, that can be reopened at the same addresses. */
export interface ZmqPair {
  readonly peerPorts: readonly number[];
  readonly clientPorts: readonly number[];
  open(id: "r1" | "r2"): Promise<ReplicaTransport>;
}

/** Chooses the addresses; nothing is bound yet. */
export function zmqPair(highWaterMarks: Partial<HighWaterMarks> = {}): ZmqPair {
  const ports = freePorts(6);
  const nodes = ["r1", "r2"].map((id, place) => {
    const [peerPort = 0, publishPort = 0, clientPort = 0] = ports.slice(place * 3);
    return { id, host: "127.0.0.1", peerPort, publishPort, clientPort };
  });
  return {
    peerPorts: nodes.map((node) => node.peerPort),
    clientPorts: nodes.map((node) => node.clientPort),
    open(self) {
      const [bind, peer] = self === "r1" ? nodes : nodes.toReversed();
      if (bind === undefined || peer === undefined) throw new Error("A pair has two nodes");
      return createZmqReplicaTransport({ bind, peers: [peer], highWaterMarks });
    },
  };
}
