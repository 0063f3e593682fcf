/**
 * Records meetings with libzmq into `tests/vectors/zmtp_handshakes.json`, for a new version of it or of these scenarios:
 * `deno run --allow-all tests/transport/zmtp/golden/record.ts`. The keys in it are those of the tests, and good for nothing else.
 */
import { Dealer, Publisher, Router, Subscriber, version } from "zeromq";
import { z85 } from "../../../../transport/zmq/zmq_curve.ts";
import { SYNCHRONOUS } from "../../../../transport/zmq/zmq_poll.ts";
import * as lab from "../connection_lab.ts";
import { nameOf, OwnSide, type Recording, type Scenario, SCENARIOS } from "./scenario.ts";

const FILE = new URL("../../../vectors/zmtp_handshakes.json", import.meta.url);
const HOST = "127.0.0.1";
/** Two heartbeats and a few messages take less. */
const RECORDING_MS = 700;
const HEARTBEAT = { linger: 0, heartbeatInterval: 200, heartbeatTimeToLive: 3000 };

type Socket = Dealer | Publisher | Router | Subscriber;

function openTheirs({ other, mechanism, connects }: Scenario): Socket {
  const sockets = {
    ROUTER: () => new Router({ ...SYNCHRONOUS, ...HEARTBEAT }),
    DEALER: () => new Dealer({ ...SYNCHRONOUS, ...HEARTBEAT, routingId: "claimed" }),
    PUB: () => new Publisher({ ...HEARTBEAT, sendTimeout: 0 }),
    SUB: () => new Subscriber({ ...HEARTBEAT, receiveTimeout: 0 }),
  };
  const socket = sockets[other]();
  if (mechanism === "CURVE" && connects) {
    socket.curveServer = true;
    socket.curveSecretKey = z85(lab.SERVER_KEYS.secretKey);
  } else if (mechanism === "CURVE") {
    socket.curveServerKey = z85(lab.SERVER_KEYS.publicKey);
    socket.curvePublicKey = z85(lab.CLIENT_KEYS.publicKey);
    socket.curveSecretKey = z85(lab.CLIENT_KEYS.secretKey);
  }
  return socket;
}

/** Lets libzmq's socket say what it has to, whenever it can. */
async function converse(socket: Socket, until: number): Promise<void> {
  if (socket instanceof Subscriber) socket.subscribe();
  const large = "x".repeat(300);
  if (socket instanceof Dealer) { for (const frames of [["one"], ["two", "", large]]) await socket.send(frames); }
  while (performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    if (socket instanceof Publisher) await socket.send(["news", large]);
    while (socket instanceof Router && socket.readable) {
      const [route] = await socket.receive();
      await socket.send([route!, "welcome", large]);
    }
  }
}

async function meet(scenario: Scenario): Promise<Recording> {
  const socket = openTheirs(scenario);
  const side = new OwnSide(scenario);
  const [theirs, ours]: [number[], number[]] = [[], []];
  try {
    const tcp = await join(scenario, socket);
    const talking = converse(socket, performance.now() + RECORDING_MS);
    const say = async () => {
      const words = lab.written(side.connection);
      ours.push(...words);
      for (let at = 0; at < words.length;) at += await tcp.write(Uint8Array.from(words.subarray(at)));
    };
    const buffer = new Uint8Array(4096);
    const listening = (async () => {
      await say();
      for (let count = await tcp.read(buffer); count !== null; count = await tcp.read(buffer)) {
        theirs.push(...buffer.subarray(0, count));
        side.hear(buffer.subarray(0, count));
        await say();
      }
    })().catch(() => {});
    await talking;
    tcp.close();
    await listening;
  } finally {
    socket.close();
  }
  if (side.connection.closed !== null) throw new Error(`${nameOf(scenario)}: ${side.connection.closed.detail}`);
  const hex = (bytes: number[]) => new Uint8Array(bytes).toHex();
  return { ...scenario, libzmq: version, theirs: hex(theirs), ours: hex(ours), messages: side.messages };
}

async function join({ connects }: Scenario, socket: Socket): Promise<Deno.TcpConn> {
  if (connects) {
    if (socket instanceof Subscriber || socket instanceof Dealer) throw new Error("These connect");
    await socket.bind(`tcp://${HOST}:*`);
    return await Deno.connect({ hostname: HOST, port: Number(new URL(socket.lastEndpoint!).port) });
  }
  const listener = Deno.listen({ hostname: HOST, port: 0 });
  socket.connect(`tcp://${HOST}:${listener.addr.port}`);
  const tcp = await listener.accept();
  listener.close();
  return tcp;
}

const recordings: Recording[] = [];
for (const scenario of SCENARIOS) {
  recordings.push(await meet(scenario));
  console.log(nameOf(scenario), recordings.at(-1)!.messages.length, "messages");
}
await Deno.writeTextFile(FILE, `${JSON.stringify(recordings, null, 1)}\n`);
