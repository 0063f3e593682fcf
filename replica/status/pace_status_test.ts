import { assertEquals } from "@std/assert";
import { request } from "../../tests/clauses/support/forge.ts";
import { PACE_MS, PaceLab } from "../../tests/clauses/support/pace_lab.ts";
import { paceStatus } from "./pace_status.ts";

const statusOf = (lab: PaceLab) => paceStatus(lab.state, lab.now).pace;

Deno.test("a status tells of what waits, of who has lost most by it, and of the leaders that were too slow", () => {
  const lab = PaceLab.following();
  assertEquals(statusOf(lab), { paceMs: PACE_MS, shown: 0, oldestShownMs: 0, worst: null, tooSlow: [] });
  lab.show(request(0));
  lab.elapse(0.6 * PACE_MS);
  lab.show(request(0, "", "c2"));
  assertEquals([statusOf(lab).shown, statusOf(lab).oldestShownMs], [2, 0.6 * PACE_MS]);
  assertEquals(statusOf(lab).worst, { client: "c1", lostMs: 0.1 * PACE_MS });
  lab.serve(request(0, "", "c2"));
  lab.elapse(PACE_MS);
  assertEquals([statusOf(lab).shown, statusOf(lab).worst?.lostMs, statusOf(lab).tooSlow], [1, PACE_MS, ["r2"]]);
});
