/** Many who do the same thing again and again. */
import type { Scene } from "./scene.ts";

/** Pause between two visits of one of the crowd, so that a port that refuses at once does not take all of the attacker's time. */
const PAUSE_MS = 1;

/** Has `count` visitors come again and again until the attack is over; a visit that fails is counted. */
export async function crowd(scene: Scene, count: number, visit: (place: number) => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: count }, async (_, place) => {
    while (!scene.isOver) {
      try {
        await visit(place);
      } catch {
        scene.count("visits cut short");
      }
      await pause(PAUSE_MS);
    }
  }));
}

/** Waits for `ms` milliseconds. */
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Reads and forgets what comes, until the other side ends the connection or it is closed here. Returns how many bytes that were. */
export async function drain(connection: Deno.Conn): Promise<number> {
  const buffer = new Uint8Array(64 * 1024);
  let bytes = 0;
  try {
    for (let count = await connection.read(buffer); count !== null; count = await connection.read(buffer)) {
      bytes += count;
    }
  } catch {
    // Reset, or closed here.
  }
  return bytes;
}
