import type { ClientTransport, ReplicaTransport } from "../../transport/port.ts";
import { createZmqClientTransport } from "../../transport/zmq/zmq_client_transport.ts";
import { MAX_WAIT_MS, SocketWaiter } from "../../transport/zmq/zmq_poll.ts";
import { frames } from "./receiving.ts";
import { zmqPair } from "./zmq_pair.ts";

/** Rounds in which every client asks while all others do, and then while all others are idle. */
const ROUNDS_TOGETHER = 3;
const ROUNDS_IN_TURN = 2;

/** A client that is always waiting for answers. */
interface Member {
  readonly client: ClientTransport;
  readonly listening: Promise<void>;
  /** Sends a question; resolves to the milliseconds until its answer. */
  ask(): Promise<number>;
}

/**
 * Opens many client transports in one process, all with a pending wait. With a blocking call for each of them the answers
 * below would wait for a free thread: nearly all questions of a quiet crowd would then take as long as the safety net.
 */
export async function crowd(count: number): Promise<object> {
  const pair = zmqPair();
  const replica = await pair.open("r1");
  const replicas = [{ id: "r1", host: "127.0.0.1", clientPort: pair.clientPorts[0] ?? 0 }];
  let closing = false;
  const echoing = echo(replica, () => closing);
  const members = await Promise.all(Array.from({ length: count }, async () => {
    return member(await createZmqClientTransport({ replicas }), () => closing);
  }));
  let together = 0;
  for (let round = 0; round < ROUNDS_TOGETHER; round++) {
    together += (await Promise.all(members.map((each) => each.ask()))).length;
  }
  const rescuesBefore = SocketWaiter.rescues;
  const times: number[] = [];
  for (let round = 0; round < ROUNDS_IN_TURN; round++) for (const each of members) times.push(await each.ask());
  const rescues = SocketWaiter.rescues - rescuesBefore;
  closing = true;
  await Promise.all([replica, ...members.map(({ client }) => client)].map((transport) => transport.close()));
  await Promise.all([echoing, ...members.map(({ listening }) => listening)]);
  const waitedOut = times.filter((ms) => ms >= MAX_WAIT_MS / 2).length;
  return { together, inTurn: times.length, rescues, waitedOut };
}

async function echo(replica: ReplicaTransport, isClosing: () => boolean): Promise<void> {
  while (!isClosing()) {
    for (const { route, frames } of await replica.receive(60_000, 256)) replica.sendToClient(route, frames);
  }
}

function member(client: ClientTransport, isClosing: () => boolean): Member {
  let answered: () => void = () => {};
  const listening = (async () => {
    while (!isClosing()) if ((await client.receive(60_000, 64)).length > 0) answered();
  })();
  const ask = async (): Promise<number> => {
    const begin = performance.now();
    const answer = new Promise<void>((resolve) => answered = resolve);
    client.send("r1", frames("question"));
    await answer;
    return performance.now() - begin;
  };
  return { client, listening, ask };
}
