import { assertEquals } from "@std/assert";
import { replicaId } from "../../../protocol/ids.ts";
import { freezeSessions, sessionChunks } from "../../../protocol/snapshot/session_chunks.ts";
import { readSessions } from "../../../protocol/snapshot/session_chunks_read.ts";
import { createSessionTable, dropUnlisted, sessionBytes } from "../../../protocol/snapshot/session_table.ts";
import { CONSTANTS } from "../../simulation/nodes/sim_cluster.ts";
import { TimeLab } from "../support/time_lab.ts";

Deno.test("§15.6a the state machine is told once of each log time, at the index that it comes with", () => {
  const lab = TimeLab.following();
  lab.order({ r3: 500 });
  lab.order({ r4: 700 });
  lab.order({ r4: 800 });
  lab.execute(1);
  lab.order({ r1: 900 });
  assertEquals(lab.seen.told, [[500, 3], [800, 6]]);
});

Deno.test("§15.6b a command is executed with the log time of its index", () => {
  const lab = TimeLab.following();
  lab.order({ r3: 500, r4: 600 });
  lab.execute(1);
  lab.order({ r3: 700, r4: 700 });
  lab.execute(2);
  assertEquals(lab.seen.times, [0, 500, 700]);
});

const bytesOf = (table: ReturnType<typeof createSessionTable>) => [
  [...sessionBytes(table)].map((bytes) => bytes.toHex()),
  [...sessionChunks(freezeSessions(table))].map((bytes) => bytes.toHex()),
];

Deno.test("§15.7a log time and what is stated above it are part of digest and snapshot", () => {
  const table = createSessionTable(CONSTANTS);
  assertEquals(bytesOf(table), [[], []]);
  table.time.now = 77;
  const one = bytesOf(table);
  table.time.stated.set(replicaId("r2"), 99);
  table.time.stated.set(replicaId("r1"), 98);
  const two = bytesOf(table);
  assertEquals(one.flat().filter((text, i) => text === two.flat()[i]), []);
  const restored = readSessions(sessionChunks(freezeSessions(table)), CONSTANTS);
  assertEquals(restored.time.now, 77);
  assertEquals([...restored.time.stated], [[replicaId("r1"), 98], [replicaId("r2"), 99]]);
});

Deno.test("§15.7b with the end of an epoch what was stated is dropped, and log time stays", () => {
  const table = createSessionTable(CONSTANTS);
  table.time.now = 77;
  table.time.stated.set(replicaId("r2"), 99);
  dropUnlisted(table, []);
  assertEquals([table.time.now, table.time.stated.size], [77, 0]);
});
