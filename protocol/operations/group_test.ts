import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { clientId, logIndex, seq } from "../ids.ts";
import { LIMITS } from "../limits.ts";
import { executeRequest, type Executor } from "./execute.ts";
import { decodeGroup, decodeResults, encodeGroup, encodeResults, groupSize, type Operation } from "./group.ts";

const operation: fc.Arbitrary<Operation> = fc.record({
  mode: fc.constantFrom("command" as const, "query" as const),
  command: fc.uint8Array({ maxLength: 40 }),
});
const groups = fc.array(operation, { minLength: 2, maxLength: LIMITS.maxGroup });

Deno.test("a group is read as it was written, and from no other bytes", () => {
  fc.assert(fc.property(groups, fc.nat(), fc.integer({ min: 1, max: 255 }), (operations, place, change) => {
    const bytes = encodeGroup(operations);
    assertEquals([decodeGroup(bytes), groupSize(bytes)], [operations, operations.length]);
    assertEquals(decodeGroup(bytes.subarray(0, -1)), null);
    assertEquals(decodeGroup(Uint8Array.of(...bytes, 0)), null);
    const at = place % bytes.length;
    const changed = decodeGroup(bytes.with(at, bytes[at]! ^ change));
    if (changed !== null) assertEquals(encodeGroup(changed), bytes.with(at, bytes[at]! ^ change));
  }));
});

Deno.test("a group has 2 to 64 operations, in as many bytes as a command may have", () => {
  const of = (count: number, bytes = 1) =>
    encodeGroup(Array.from({ length: count }, () => ({ mode: "command", command: new Uint8Array(bytes) })));
  const counts = [0, 1, 2, LIMITS.maxGroup, LIMITS.maxGroup + 1].map((count) => decodeGroup(of(count))?.length ?? null);
  assertEquals(counts, [null, null, 2, LIMITS.maxGroup, null]);
  const most = (LIMITS.maxCommandBytes - 1) / 2 - 5;
  assertEquals([decodeGroup(of(2, Math.floor(most)))?.length, decodeGroup(of(2, Math.floor(most) + 1))], [2, null]);
});

Deno.test("results are read as they were written, of no more operations than there were", () => {
  fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 20 }), { minLength: 1, maxLength: 64 }), (results) => {
    const bytes = encodeResults(results);
    assertEquals(decodeResults(bytes, results.length), results);
    assertEquals(decodeResults(bytes, results.length - 1), null);
    assertEquals(decodeResults(bytes.subarray(0, -1), 64), null);
    assertEquals(decodeResults(Uint8Array.of(...bytes, 0), 64), null);
  }));
  assertEquals(decodeResults(encodeResults([]), 64), null);
});

/** Executes a group on a machine that answers with as many bytes as the command says in its first byte, in KiB. */
function execute(operations: readonly Operation[]) {
  const called: string[] = [];
  const answer = (mode: string, command: Uint8Array) => {
    called.push(`${mode} ${command[1]}`);
    return new Uint8Array(command[0]! * 1024);
  };
  const machine: Executor = {
    apply: (command) => answer("apply", command),
    query: (command) => ({ version: 0, value: answer("query", command) }),
    change: (command) => answer("change", command),
    access: () => null,
  };
  const result = executeRequest(machine, {
    ...{ kind: "SendRequest", client: clientId("c1"), session: logIndex(1), seq: seq(1), floor: seq(1), mode: "group" },
    command: encodeGroup(operations),
  }, { index: logIndex(2), time: 0 });
  return { called, results: decodeResults(result, operations.length)!.map(({ length }) => length / 1024), result };
}

const op = (mode: Operation["mode"], kib: number, number: number): Operation => ({
  ...{ mode, command: Uint8Array.of(kib, number) },
});

Deno.test("§7.1f a group is executed one by one in its order, commands as commands and queries as queries", () => {
  const { called, results } = execute([op("command", 1, 1), op("query", 2, 2), op("command", 0, 3)]);
  assertEquals([called, results], [["apply 1", "query 2", "apply 3"], [1, 2, 0]]);
});

Deno.test("§7.1f a group is executed no further once its results are too long, and any result has room", () => {
  const { called, results } = execute([op("command", 64, 1), op("query", 1, 2), op("command", 1, 3)]);
  assertEquals([called, results], [["apply 1", "query 2"], [64, 1]]);
  const longest = LIMITS.maxResultBytes + LIMITS.groupResultBytes + 1 + 4 * LIMITS.maxGroup;
  assertEquals(longest <= LIMITS.maxAnswerBytes, true);
});
