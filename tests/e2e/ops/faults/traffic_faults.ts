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

/** Sends `frames` to r1 as a client that is let in, `count` times every 20 ms. */
async function send(
  stage: Stage,
  framesOf: (parts: Awaited<ReturnType<Stage["transport"]>>) => Uint8Array[],
  count: number,
) {
  const parts = await stage.transport(KEYS.sender);
  const frames = framesOf(parts);
  const stop = repeat(async () => {
    for (let i = 0; i < count; i++) parts.transport.send("r1", frames);
    await parts.transport.receive(PAUSE_MS, 64);
  });
  return async () => {
    await stop();
    await parts.transport.close();
  };
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
    begin: (stage) => send(stage, () => [new Uint8Array(8).fill(255)], 64),
  },
  {
    what: "a client asks far more than it may",
    alerts: ["BftRaftFlood", "BftRaftMemberMuted"],
    begin: (stage) =>
      send(stage, ({ key, backend }) => {
        const signer = createSigner(backend, unhex(key.secretKey), stage.cluster.roster.cluster);
        const message = { kind: "GetStatus", client: clientId(key.id), nonce: 1 } as const;
        const body = encodeMessage(message);
        return encodePacket({
          kind: "GetStatus",
          signed: { message, body, signature: signer.sign("GetStatus", body) },
        });
      }, 64),
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
