import { emptyMessages, writeAll } from "../../e2e/support/zmtp.ts";
import { bytes } from "../../transport/zmtp/hostile_lab.ts";
import type { Attack } from "../attack.ts";
import { crowd } from "../support/crowd.ts";
import { opening } from "../support/words.ts";

const CONNECTIONS = 200;
/** 64 MB over all connections, as killed all replicas on libzmq. */
const BYTES_EACH = 64 * 1024 * 1024 / CONNECTIONS;

/** Two-byte messages behind a valid greeting, and a reset with everything unread. */
export const garbageAndResets: Attack = {
  name: "garbage-and-resets",
  party: "outsider",
  what: "200 connections to each client port, 64 MB of two-byte messages, reset, and again",
  async run(scene) {
    const places = scene.places(["client"]);
    const words = bytes(opening(scene, "client"), emptyMessages(BYTES_EACH / 2));
    await crowd(scene, places.length * CONNECTIONS, async (visitor) => {
      const connection = await scene.connect(places[visitor % places.length]!);
      try {
        await writeAll(connection, words);
        scene.count("bytes", words.length);
      } finally {
        scene.drop(connection);
      }
    });
  },
};
