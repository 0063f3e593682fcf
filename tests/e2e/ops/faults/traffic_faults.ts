/** Strangers, and clients that send what they should not. */
import { unhex } from "../../../../crypto/digest.ts";
import { createSigner } from "../../../../crypto/signing/signing.ts";
import { clientId } from "../../../../protocol/ids.ts";
import { encodeMessage, encodePacket } from "../../../../transport/codec/mod.ts";
import { interveneForEver } from "../../support/intervening_client.ts";
import { delay, repeat } from "../load.ts";
import { KEYS, type Stage } from "../stage.ts";
import type { Fault } from "./fault.ts";

const PAUSE_MS = 20;

/** Connects like one who has no key. */
async function knock(port: number): Promise<void> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  try {
    await connection.write(new Uint8Array(64).fill(7));
    await connection.read(new Uint8Array(64));
  } finally {
    connection.close();
  }
  await delay(PAUSE_MS);
}

type Sender = Awaited<ReturnType<Stage["transport"]>>;

/** Packets that are sent at once, and then again and again. */
const BURST = 64;

/** Sends the same frames to r1 as fast as it can, as a client that is let in by the key of `id`. */
async function send(
  stage: Stage,
  id: string,
  framesOf: (sender: Sender) => Uint8Array[],
): Promise<() => Promise<void>> {
  const sender = await stage.transport(id);
  const frames = framesOf(sender);
  const stop = repeat(async () => {
    for (let i = 0; i < BURST; i++) sender.transport.send("r1", frames);
    await sender.transport.receive(PAUSE_MS, BURST);
  });
  return async () => {
    await stop();
    await sender.transport.close();
  };
}

const garbage = (): Uint8Array[] => [new Uint8Array(8).fill(255)];

/** Returns a question that is signed as it should be. */
function question({ key, backend }: Sender): Uint8Array[] {
  const message = { kind: "GetStatus", client: clientId(key.id), nonce: 1 } as const;
  const body = encodeMessage(message);
  const signature = createSigner(backend, unhex(key.secretKey), key.cluster).sign("GetStatus", body);
  return encodePacket({ kind: "GetStatus", signed: { message, body, signature } });
}

export const TRAFFIC_FAULTS: readonly Fault[] = [
  {
    what: "strangers knock",
    alerts: ["BftRaftStrangers"],
    begin({ cluster }) {
      const { clientPort } = cluster.roster.replicas[0]!;
      return Promise.resolve(repeat(() => knock(clientPort)));
    },
  },
  {
    what: "a client floods with garbage",
    alerts: ["BftRaftMemberMuted"],
    also: ["BftRaftFlood"],
    begin: (stage) => send(stage, KEYS.sender, garbage),
  },
  {
    // One alone is left unread for so long each time that it comes to little.
    what: "clients ask far more than they may",
    alerts: ["BftRaftFlood", "BftRaftMemberMuted"],
    async begin(stage) {
      const ids = [KEYS.sender, KEYS.spare, KEYS.nextGateway];
      const stops = await Promise.all(ids.map((id) => send(stage, id, question)));
      return () => Promise.all(stops.map((stop) => stop()));
    },
  },
  {
    what: "a client shows each request to all replicas",
    alerts: ["BftRaftInterventions"],
    // Those beyond its rate are refused.
    also: ["BftRaftFlood", "BftRaftMemberMuted"],
    async begin({ cluster }) {
      const client = await interveneForEver(cluster, KEYS.sender);
      return () => client[Symbol.asyncDispose]();
    },
  },
  {
    what: "somebody asks a gateway without its token",
    alerts: ["BftRaftGatewayTurnsAway"],
    begin: (stage) =>
      Promise.resolve(repeat(async () => {
        await stage.writeOverHttp("nothing", "no-token-of-this-gateway");
        await delay(PAUSE_MS);
      })),
  },
];
