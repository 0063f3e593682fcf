import { writeAll } from "../../e2e/support/zmtp.ts";
import { bytes, greetingOf } from "../../transport/zmtp/hostile_lab.ts";
import type { Attack } from "../attack.ts";
import { crowd, drain, pause } from "../support/crowd.ts";
import { hellos } from "../support/hellos.ts";

const PER_PORT = 60;
const BYTE_INTERVAL_MS = 1000;
/** Bytes of a greeting and a HELLO after which one stops; the last has sent all of both. */
const STOPS = [0, 10, 63, 64, 65, 100, Infinity];

/** Handshakes that stop at each step, and others that go on by a byte a second. */
export const slowHandshakes: Attack = {
  name: "slow-handshakes",
  party: "outsider",
  what: "60 connections to each port that stop after 0, 10, 63, 64, 65, 100 bytes or the HELLO, or say a byte a second",
  async run(scene) {
    const places = scene.places();
    const helloTo = await hellos(scene);
    await crowd(scene, places.length * PER_PORT, async (visitor) => {
      const place = places[visitor % places.length]!;
      const words = bytes(greetingOf("CURVE"), helloTo(place.replica));
      const stop = STOPS[Math.floor(visitor / places.length) % (STOPS.length + 1)];
      const connection = await scene.connect(place);
      const ended = drain(connection);
      const saying = stop === undefined ? sayBytes(connection, words) : writeAll(connection, words.subarray(0, stop));
      saying.catch(() => {});
      await ended;
      scene.drop(connection);
    });
  },
};

async function sayBytes(connection: Deno.Conn, words: Uint8Array): Promise<void> {
  for (let at = 0; at < words.length; at++) {
    await writeAll(connection, words.subarray(at, at + 1));
    await pause(BYTE_INTERVAL_MS);
  }
}
