import { freePorts } from "../../../tasks/support/free_ports.ts";
import { MemoryNetwork } from "../../../transport/mod.ts";
import type { ClientTransport, ReplicaTransport, TransportMembers, TransportPeer } from "../../../transport/port.ts";
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
  admits: () => false,
  knowsKeys: true,
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
    ...{ name, ...able, admits: () => false, knowsKeys: false },
    open: (ids, queue) => socketLab(ids, queue, engineOf, clients, false),
    withCurve: {
      ...{ name: `${name}, with CURVE`, ...able, admits: isOwn, knowsKeys: true },
      open: (ids, queue) => socketLab(ids, queue, engineOf, clients, true),
    },
  };
}

/** Makes keys of replicas and of two clients. */
function curveKeys(ids: readonly string[]) {
  const keys = new Map([...ids, "c1", "c2"].map((id) => [id, box.makeKeyPair()]));
  const publicKey = (id: string) => keys.get(id)!.publicKey;
  const replicas = new Map(ids.map((id) => [id, publicKey(id)]));
  const clients = new Map([["c1", publicKey("c1")]]);
  return { publicKey, of: (id: string) => ({ curve: { box, keys: keys.get(id)!, replicas, clients } }) };
}

/** The part of a lab that says who there is. */
function directory(nodes: readonly Node[], publicKey: (id: string) => Uint8Array) {
  const member = (id: string, key = id) => ({ ...nodes.find((node) => node.id === id)!, curveKey: publicKey(key) });
  const members = (peers: readonly TransportPeer[], clients: readonly string[] = ["c1"]): TransportMembers => ({
    peers,
    admittedPeers: new Map(peers.map(({ id, curveKey }) => [id, curveKey])),
    admittedClients: new Map(clients.map((id) => [id, publicKey(id)])),
  });
  return { member, members };
}

interface Node {
  readonly id: string;
  readonly host: string;
  readonly peerPort: number;
  readonly publishPort: number;
  readonly clientPort: number;
}

function socketLab(
  ids: readonly string[],
  queue: number | undefined,
  engineOf: (id: string) => Engine,
  clients: Engine,
  isSecret: boolean,
): TransportLab {
  const ports = freePorts(ids.length * 3);
  const nodes = ids.map((id, place) => {
    const [peerPort = 0, publishPort = 0, clientPort = 0] = ports.slice(place * 3);
    return { id, host: HOST, peerPort, publishPort, clientPort };
  });
  const keys = curveKeys(ids);
  const keysOf = (id: string) => isSecret ? keys.of(id) : {};
  const nodesOf = (wanted: readonly string[]) => nodes.filter(({ id }) => wanted.includes(id));
  const highWaterMarks = queue === undefined ? {} : allMarks(queue);
  const queues = queue === undefined ? {} : allQueues(queue);
  const open: (ReplicaTransport | ClientTransport)[] = [];
  return {
    ...directory(nodes, keys.publicKey),
    async replica(self, { peers: wanted = ids.filter((id) => id !== self), key = self } = {}) {
      const bind = nodes.find((node) => node.id === self);
      if (bind === undefined) throw new RangeError(`Replica ${self} is not in this lab`);
      const peers = nodesOf(wanted);
      const replica =
        await (engineOf(self) === "zmtp"
          ? createZmtpReplicaTransport({ bind, peers, queues, ...keysOf(key) })
          : createZmqReplicaTransport({ bind, peers, highWaterMarks, ...keysOf(key) }));
      open.push(replica);
      return replica;
    },
    async client({ id = "c1", replicas: wanted = ids } = {}) {
      const replicas = nodesOf(wanted);
      const client =
        await (clients === "zmtp"
          ? createZmtpClientTransport({ replicas, queues, ...keysOf(id) })
          : createZmqClientTransport({ replicas, highWaterMarks, ...keysOf(id) }));
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
  const nodes = ids.map((id) => ({ id, host: id, peerPort: 1, publishPort: 2, clientPort: 3 }));
  return {
    ...directory(nodes, (id) => new TextEncoder().encode(id)),
    replica(self, { peers = ids.filter((id) => id !== self) } = {}) {
      const replica = network.replica(self, peers);
      open.push(replica);
      return Promise.resolve(replica);
    },
    client({ replicas = ids } = {}) {
      const client = network.client(replicas);
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
