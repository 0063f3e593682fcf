import { freePorts } from "../../../tasks/support/free_ports.ts";
import { MemoryNetwork } from "../../../transport/mod.ts";
import type { ClientTransport, ReplicaTransport } from "../../../transport/port.ts";
import { createZmqClientTransport } from "../../../transport/zmq/zmq_client_transport.ts";
import { createZmqReplicaTransport } from "../../../transport/zmq/zmq_replica_transport.ts";
import { HIGH_WATER_MARKS } from "../../../transport/zmq/zmq_socket_options.ts";
import {
  createZmtpClientTransport,
  createZmtpReplicaTransport,
  loadCurveBox,
  type ZmtpQueues,
} from "../../../transport/zmtp/mod.ts";
import type { TransportLab, Twin } from "./transport_lab.ts";

const HOST = "127.0.0.1";
const box = await loadCurveBox();

/** Engines that speak ZMTP over real sockets on loopback. */
type Engine = "zeromq" | "zmtp";

/** libzmq alone. */
export const zmqTwin = engineTwin("zeromq", () => "zeromq", "zeromq");

/** This project's own engine alone. */
export const zmtpTwin = engineTwin("zmtp", () => "zmtp", "zmtp");

/** Both engines in one cluster, in every direction. */
export const mixedTwins: readonly EngineTwin[] = [
  engineTwin("zmtp, r2 on zeromq", (id) => id === "r2" ? "zeromq" : "zmtp", "zmtp"),
  engineTwin("zeromq, r2 on zmtp", (id) => id === "r2" ? "zmtp" : "zeromq", "zeromq"),
  engineTwin("zmtp, clients on zeromq", () => "zmtp", "zeromq"),
  engineTwin("zeromq, clients on zmtp", () => "zeromq", "zmtp"),
];

/** Queues in this process. */
export const memoryTwin: Twin = {
  name: "memory",
  holdsOff: () => true,
  expels: () => false,
  open: (ids, queue) => memoryLab(ids, queue),
};

/** The same with CURVE everywhere. */
export const curveTwins: readonly Twin[] = [zmqTwin, zmtpTwin, ...mixedTwins].map(({ withCurve }) => withCurve);

interface EngineTwin extends Twin {
  readonly withCurve: Twin;
}

function engineTwin(name: string, engineOf: (id: string) => Engine, clients: Engine): EngineTwin {
  const isOwn = (id: string) => engineOf(id) === "zmtp";
  const able = { holdsOff: isOwn, expels: isOwn };
  return {
    ...{ name, ...able },
    open: (ids, queue) => socketLab(ids, queue, engineOf, clients, null),
    withCurve: {
      ...able,
      name: `${name}, with CURVE`,
      open: (ids, queue) => socketLab(ids, queue, engineOf, clients, curveKeys(ids)),
    },
  };
}

/** Makes keys of replicas, and one that all clients have. */
function curveKeys(ids: readonly string[]) {
  const keys = new Map(ids.map((id) => [id, box.makeKeyPair()]));
  const replicas = new Map([...keys].map(([id, { publicKey }]) => [id, publicKey]));
  const client = box.makeKeyPair();
  const clients = new Map([["c1", client.publicKey]]);
  return {
    ofReplica: (id: string) => ({ curve: { box, keys: keys.get(id)!, replicas, clients } }),
    ofClient: { curve: { box, keys: client, replicas } },
  };
}

function socketLab(
  ids: readonly string[],
  queue: number | undefined,
  engineOf: (id: string) => Engine,
  clients: Engine,
  keys: ReturnType<typeof curveKeys> | null,
): TransportLab {
  const ports = freePorts(ids.length * 3);
  const nodes = ids.map((id, place) => {
    const [peerPort = 0, publishPort = 0, clientPort = 0] = ports.slice(place * 3);
    return { id, host: HOST, peerPort, publishPort, clientPort };
  });
  const highWaterMarks = queue === undefined ? {} : allMarks(queue);
  const queues = queue === undefined ? {} : allQueues(queue);
  const open: (ReplicaTransport | ClientTransport)[] = [];
  return {
    async replica(self) {
      const bind = nodes.find((node) => node.id === self);
      if (bind === undefined) throw new RangeError(`Replica ${self} is not in this lab`);
      const peers = nodes.filter((node) => node.id !== self);
      const replica =
        await (engineOf(self) === "zmtp"
          ? createZmtpReplicaTransport({ bind, peers, queues, ...keys?.ofReplica(self) })
          : createZmqReplicaTransport({ bind, peers, highWaterMarks, ...keys?.ofReplica(self) }));
      open.push(replica);
      return replica;
    },
    async client() {
      const client =
        await (clients === "zmtp"
          ? createZmtpClientTransport({ replicas: nodes, queues, ...keys?.ofClient })
          : createZmqClientTransport({ replicas: nodes, highWaterMarks, ...keys?.ofClient }));
      open.push(client);
      return client;
    },
    close: () => closeAll(open),
  };
}

function memoryLab(ids: readonly string[], queue: number | undefined): TransportLab {
  const queues = queue === undefined ? {} : { peer: queue, published: queue, client: queue, answer: queue };
  const network = new MemoryNetwork(queues);
  const open: (ReplicaTransport | ClientTransport)[] = [];
  return {
    replica(self) {
      const replica = network.replica(self, ids.filter((id) => id !== self));
      open.push(replica);
      return Promise.resolve(replica);
    },
    client() {
      const client = network.client(ids);
      open.push(client);
      return Promise.resolve(client);
    },
    close: () => closeAll(open),
  };
}

function allMarks(mark: number): typeof HIGH_WATER_MARKS {
  const marks = { ...HIGH_WATER_MARKS };
  for (const name of Object.keys(marks) as (keyof typeof marks)[]) marks[name] = mark;
  return marks;
}

function allQueues(messages: number): Partial<ZmtpQueues> {
  return { peerMessages: messages, publishMessages: messages, clientMessages: messages, requestMessages: messages };
}

async function closeAll(transports: readonly (ReplicaTransport | ClientTransport)[]): Promise<void> {
  for (const transport of transports) await transport.close();
}
