import { bytes } from "../../transport/zmtp/hostile_lab.ts";
import type { Attack } from "../attack.ts";
import { flood } from "../support/flood.ts";

const PER_PORT = 8;

/** Bytes that are no ZMTP, some of them from the first on, some from the second field on. */
export const rawGarbage: Attack = {
  name: "raw-garbage",
  party: "outsider",
  what: "8 connections to each port: random bytes, HTTP, and garbage behind a signature",
  async run(scene) {
    const garbage = crypto.getRandomValues(new Uint8Array(32 * 1024));
    const firsts = [
      garbage.with(0, 0x16),
      bytes("GET / HTTP/1.1\r\nHost: replica\r\n\r\n"),
      bytes(0xff, new Uint8Array(8), 0x7f, garbage.subarray(0, 54)),
    ];
    let turn = 0;
    await flood(scene, scene.places(), PER_PORT, () => firsts[turn++ % firsts.length]!, () => garbage);
  },
};
