import { assertEquals } from "@std/assert";
import { replicaId } from "../../protocol/ids.ts";
import { LateResponses } from "./late_responses.ts";

const r2 = replicaId("r2");
const r3 = replicaId("r3");

Deno.test("of each peer the newest late response is kept, for as long as the first of them", () => {
  const late = new LateResponses<string>(50);
  late.hold(r2, "first", 100);
  late.hold(r3, "other", 110);
  late.hold(r2, "second", 120);
  assertEquals([late.nextAt, late.due(124)], [125, []]);
  assertEquals([late.due(125), late.nextAt, late.due(135), late.nextAt], [["second"], 135, ["other"], Infinity]);
});

Deno.test("what matters makes what was put off pointless", () => {
  const late = new LateResponses<string>(50);
  late.hold(r2, "late", 100);
  late.forget(r2);
  assertEquals([late.nextAt, late.due(1000)], [Infinity, []]);
});
