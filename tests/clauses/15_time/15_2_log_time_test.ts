import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { replicaId } from "../../../protocol/ids.ts";
import { clockQuorum, quorumOf } from "../../../protocol/quorum.ts";
import { applyStatements, createLogTime } from "../../../protocol/snapshot/log_time.ts";
import { TimeLab } from "../support/time_lab.ts";

const stated = (...readings: readonly (readonly [number, number])[]) =>
  readings.map(([replica, clock]) => ({
    message: { kind: "ClockStatement", replica: replicaId(`r${replica}`), clock } as const,
  }));

Deno.test("§15.2a what a replica stated before, or log time has come to, changes nothing", () => {
  const time = createLogTime(100);
  assertEquals(applyStatements(time, stated([1, 100], [2, 40]), 2), false);
  assertEquals(time, createLogTime(100));
  applyStatements(time, stated([1, 300]), 2);
  applyStatements(time, stated([1, 200]), 2);
  assertEquals([...time.stated], [[replicaId("r1"), 300]]);
});

Deno.test("§15.2b log time is the (n - Q + 1)-th highest of what is stated, whoever states it", () => {
  const lab = TimeLab.following();
  lab.order({ r3: 1_000_000 });
  assertEquals(lab.time, 0, "f replicas, whatever they state");
  lab.order({ r1: 400, r4: 600 });
  assertEquals(lab.time, 600);
  assertEquals([...lab.state.sessions.time.stated], [[replicaId("r3"), 1_000_000]]);
  const needed = ([n, profile]: readonly [number, "crash" | "byzantine"]) => clockQuorum(quorumOf(n, profile));
  assertEquals(([[4, "byzantine"], [7, "byzantine"], [3, "crash"], [5, "crash"]] as const).map(needed), [2, 3, 2, 3]);
});

Deno.test("§15.2b the replicas that have to state a time are more than f, and any quorum has as many honest ones", () => {
  for (let n = 1; n <= 64; n++) {
    for (const profile of ["byzantine", "crash"] as const) {
      const { f, quorum } = quorumOf(n, profile);
      const needed = clockQuorum(quorumOf(n, profile));
      assertEquals([needed > f, needed <= quorum - f], [true, true], `${n} ${profile}`);
    }
  }
});

Deno.test("§15.2c log time moves by statements alone, and never back", () => {
  const lab = TimeLab.following();
  lab.order({ r3: 500, r4: 500 });
  lab.elapse(60_000);
  lab.execute(1);
  assertEquals(lab.time, 500);
  const statement = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.nat(1000));
  fc.assert(fc.property(fc.array(fc.array(statement, { maxLength: 4 })), (entries) => {
    const time = createLogTime();
    let before = 0;
    for (const entry of entries) {
      assertEquals(applyStatements(time, stated(...entry), 2), time.now > before);
      assertEquals([time.now >= before, [...time.stated.values()].every((clock) => clock > time.now)], [true, true]);
      before = time.now;
    }
  }));
});
