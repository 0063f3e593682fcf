import { assertEquals } from "@std/assert";
import { eventually } from "../../../tasks/support/eventually.ts";
import { MemoryCluster } from "../../support/memory_cluster.ts";

Deno.test("four replicas in one process elect a leader and agree on a client's writes", async () => {
  await using cluster = MemoryCluster.start();
  const client = cluster.client("c1");
  for (let i = 1; i <= 20; i++) {
    const { revision } = await client.put(`key-${i}`, `value-${i}`);
    assertEquals(revision, i);
  }
  const read = await client.get("key-7");
  assertEquals(read.found && new TextDecoder().decode(read.value), "value-7");
  const equal = await eventually("equal commits everywhere", () => {
    const statuses = cluster.statuses();
    const same = new Set(statuses.map(({ commitHash, state }) => `${commitHash} ${state.digest}`));
    return same.size === 1 && statuses;
  });
  assertEquals(equal.map(({ leader }) => leader), Array(4).fill(equal[0]!.leader));
});
