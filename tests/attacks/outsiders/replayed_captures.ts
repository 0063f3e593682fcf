import { writeAll } from "../../e2e/support/zmtp.ts";
import type { Attack } from "../attack.ts";
import { flood } from "../support/flood.ts";
import { memberClient } from "../support/member_client.ts";
import { RECORDED, type Scene } from "../support/scene.ts";

const PER_PORT = 16;
const WRITES = 20;

/** What an honest client said, recorded on the way and said again, whole and cut, from many connections. */
export const replayedCaptures: Attack = {
  name: "replayed-captures",
  party: "outsider",
  what: "the recorded bytes of an honest client's connection, said again over 16 connections to each client port",
  async run(scene) {
    const captures = await record(scene);
    for (const capture of captures) scene.count("bytes recorded", capture.length);
    const places = scene.places(["client"]);
    const capture = (replica: string) => captures[scene.roster.replicas.findIndex(({ id }) => id === replica)]!;
    await flood(scene, places, PER_PORT, ({ replica }) => capture(replica), ({ replica }) => capture(replica));
  },
};

/** Returns what a client said to each replica while it wrote. */
async function record(scene: Scene): Promise<Uint8Array[]> {
  const said = scene.roster.replicas.map((): number[] => []);
  const replicas = scene.roster.replicas.map((replica, place) => {
    const listener = Deno.listen({ hostname: replica.host, port: 0 });
    scene.keep(listener);
    void relay(scene, listener, { host: replica.host, port: replica.clientPort }, said[place]!);
    return { ...replica, clientPort: listener.addr.port };
  });
  const client = await memberClient(scene, RECORDED, replicas);
  for (let count = 0; count < WRITES; count++) await client.put(`recorded/${count}`, "once", { timeoutMs: 20_000 });
  await client.close();
  return said.map((bytes) => new Uint8Array(bytes));
}

async function relay(scene: Scene, listener: Deno.Listener, to: { host: string; port: number }, said: number[]) {
  try {
    for await (const inside of listener) {
      const outside = await scene.connect(to);
      const copy = async (from: Deno.Conn, into: Deno.Conn, heard: (bytes: Uint8Array) => void) => {
        const buffer = new Uint8Array(64 * 1024);
        for (let count = await from.read(buffer); count !== null; count = await from.read(buffer)) {
          heard(buffer.subarray(0, count));
          await writeAll(into, buffer.subarray(0, count));
        }
      };
      void Promise.race([copy(inside, outside, (bytes) => said.push(...bytes)), copy(outside, inside, () => {})])
        .catch(() => {}).finally(() => [inside, outside].forEach((one) => scene.drop(one)));
    }
  } catch {
    // The listener is closed.
  }
}
