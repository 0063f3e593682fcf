/** Both engines behind the port, with and without CURVE, for measurements. The keys are fixed and good for nothing else. */
import type { ClientTransport, ReplicaTransport } from "../../transport/port.ts";
import { createZmqClientTransport } from "../../transport/zmq/zmq_client_transport.ts";
import { createZmqReplicaTransport } from "../../transport/zmq/zmq_replica_transport.ts";
import {
  createZmtpClientTransport,
  createZmtpReplicaTransport,
  type KeyPair,
  loadCurveBox,
} from "../../transport/zmtp/mod.ts";

export const ENGINES = ["zeromq", "zmtp"] as const;
export type Engine = typeof ENGINES[number];
export const MECHANISMS = ["plain", "CURVE"] as const;
export type Mechanism = typeof MECHANISMS[number];

/** A replica's addresses. */
export interface Node {
  readonly id: string;
  readonly host: string;
  readonly peerPort: number;
  readonly publishPort: number;
  readonly clientPort: number;
}

/** Messages queued for one connection: no burst measured is dropped. */
const QUEUE = 4096;

/** Opens the only replica there is. */
export async function openReplica(engine: Engine, mechanism: Mechanism, bind: Node): Promise<ReplicaTransport> {
  const curve = await replicaCurve(mechanism, bind.id);
  if (engine === "zeromq") {
    const highWaterMarks = { clientSend: QUEUE, clientReceive: QUEUE };
    return createZmqReplicaTransport({ bind, peers: [], highWaterMarks, ...curve });
  }
  return createZmtpReplicaTransport({ bind, peers: [], queues: { clientMessages: QUEUE }, ...curve });
}

/** Opens a client of it. */
export async function openClient(engine: Engine, mechanism: Mechanism, replica: Node): Promise<ClientTransport> {
  const curve = await clientCurve(mechanism, replica.id);
  if (engine === "zeromq") {
    const highWaterMarks = { requestSend: QUEUE, requestReceive: QUEUE };
    return createZmqClientTransport({ replicas: [replica], highWaterMarks, ...curve });
  }
  return createZmtpClientTransport({ replicas: [replica], queues: { requestMessages: QUEUE }, ...curve });
}

async function replicaCurve(mechanism: Mechanism, id: string) {
  if (mechanism === "plain") return {};
  const { box, server, client } = await keys();
  const replicas = new Map([[id, server.publicKey]]);
  return { curve: { box, keys: server, replicas, clients: new Map([["c1", client.publicKey]]) } };
}

async function clientCurve(mechanism: Mechanism, id: string) {
  if (mechanism === "plain") return {};
  const { box, server, client } = await keys();
  return { curve: { box, keys: client, replicas: new Map([[id, server.publicKey]]) } };
}

async function keys() {
  const box = await loadCurveBox();
  const of = (byte: number): KeyPair => {
    const secretKey = new Uint8Array(32).fill(byte);
    return { secretKey, publicKey: box.publicKeyOf(secretKey) };
  };
  return { box, server: of(1), client: of(2) };
}
