import { writeAll } from "../../e2e/support/zmtp.ts";
import { bytes, greetingOf } from "../../transport/zmtp/hostile_lab.ts";
import type { Attack } from "../attack.ts";
import { crowd } from "../support/crowd.ts";
import { hellos } from "../support/hellos.ts";

const PER_PORT = 16;
/** A greeting and a WELCOME; then it has cost what it can cost. */
const ANSWER_BYTES = 64 + 2 + 168;

/** Valid greetings and HELLOs as fast as they are answered. */
export const handshakeFlood: Attack = {
  name: "handshake-flood",
  party: "outsider",
  what: "16 connections at a time to each port, each with a valid greeting and HELLO, closed after the WELCOME",
  async run(scene) {
    const places = scene.places();
    const helloTo = await hellos(scene);
    await crowd(scene, places.length * PER_PORT, async (visitor) => {
      const place = places[visitor % places.length]!;
      const connection = await scene.connect(place);
      try {
        await writeAll(connection, bytes(greetingOf("CURVE"), helloTo(place.replica)));
        await readUpTo(connection, ANSWER_BYTES);
        scene.count("welcomes");
      } finally {
        scene.drop(connection);
      }
    });
  },
};

async function readUpTo(connection: Deno.Conn, size: number): Promise<void> {
  const buffer = new Uint8Array(size);
  for (let at = 0; at < size;) {
    const count = await connection.read(buffer.subarray(at));
    if (count === null) throw new Error(`closed after ${at} bytes, wanted a greeting and a WELCOME of ${size}`);
    at += count;
  }
}
