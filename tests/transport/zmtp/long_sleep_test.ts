/** One side stands still for ten minutes: by its own clock a moment has passed, and the other side has long gone on. */
import { assertEquals } from "@std/assert";
import * as lab from "./connection_lab.ts";

const TICK_MS = 250;
const ASLEEP_MS = 600_000;
/** A clock that stands still with its process counts a pause as two ticks at most (`net/ticker.ts`). */
const FELT_MS = 2 * TICK_MS;

for (const name of ["NULL", "CURVE"] as const) {
  Deno.test(`${name}: after a sleep of 600 seconds the sleeper blames nobody, reads what was sent, and connects again`, () => {
    const { client: sleeper, server: awake } = lab.established(name);
    const words: Uint8Array[] = [];
    let now = 0;
    while (awake.closed === null && now < ASLEEP_MS) {
      if (now % 1000 === 0) assertEquals(awake.send([lab.utf8(`${now}`)]), true);
      words.push(lab.written(awake, now));
      awake.tick(now += TICK_MS);
    }
    assertEquals([awake.closed?.code, now <= lab.HEARTBEAT.deadAfterMs + TICK_MS], ["silent", true]);
    // On waking it looks at its connections first, and then reads what lies there.
    sleeper.tick(FELT_MS);
    assertEquals(sleeper.closed, null);
    const heard = words.flatMap((piece) => lab.texts(lab.fed(sleeper, piece, Infinity, FELT_MS)));
    assertEquals([heard[0], heard.length >= lab.HEARTBEAT.deadAfterMs / 1000], [["0"], true]);
    // The socket ends now, and the dialer begins anew.
    lab.established(name);
  });
}
