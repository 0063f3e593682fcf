import { assertEquals } from "@std/assert";
import { encodeKvCommand, type KvCommand } from "../../../state_machine/mod.ts";
import type { CommittedEntry } from "../../mod.ts";
import { ENTRIES_A_LOOK, LARGE_ENTRIES_BYTES, MAX_ENTRIES } from "./limits.ts";
import { LogTail } from "./log_tail.ts";

const WAIT_MS = 10;

/** A log in which each entry holds `commandsAt(index)`; asking for one above `end` tells that there is none. */
function fakeLog(commandsAt: (index: number) => readonly Uint8Array[], end = Infinity) {
  const asked: number[] = [];
  const tail = new LogTail({
    getCommittedCommand(index: number): Promise<CommittedEntry> {
      asked.push(index);
      if (index > end) return Promise.resolve({ committed: false, index, commitIndex: end });
      const commands = commandsAt(index).map((command, seq) => ({
        ...{ client: "c1", session: 1, seq, mode: "command" as const, command },
      }));
      return Promise.resolve({ committed: true, index, term: 2, hash: `${index}`.padStart(64, "0"), commands });
    },
  });
  return { asked, tail };
}

const put = (key: string, bytes: number): Uint8Array =>
  encodeKvCommand({ op: "put", key, value: new Uint8Array(bytes) });

Deno.test("new entries are fetched once each, the newest of many, and only so many are kept", async () => {
  const { asked, tail } = fakeLog(() => []);
  assertEquals((await tail.advance(3, WAIT_MS)).map(({ index }) => index), [1, 2, 3]);
  assertEquals(await tail.advance(3, WAIT_MS), []);
  const added = await tail.advance(1000, WAIT_MS);
  assertEquals([added.length, added[0]!.index, added.at(-1)!.index], [ENTRIES_A_LOOK, 1001 - ENTRIES_A_LOOK, 1000]);
  assertEquals(asked.length, 3 + ENTRIES_A_LOOK);
  for (let end = 1016; end < 1200; end += ENTRIES_A_LOOK) await tail.advance(end, WAIT_MS);
  assertEquals(tail.entries.length, MAX_ENTRIES);
});

Deno.test("after entries that were large a look fetches one", async () => {
  const { tail } = fakeLog((index) => index <= 4 ? Array.from({ length: 2 }, () => put("k", 60_000)) : []);
  assertEquals((await tail.advance(4, WAIT_MS)).length, 4);
  assertEquals(8 * 60_000 > LARGE_ENTRIES_BYTES, true);
  assertEquals((await tail.advance(10, WAIT_MS)).map(({ index }) => index), [10]);
  assertEquals((await tail.advance(12, WAIT_MS)).map(({ index }) => index), [11, 12]);
});

Deno.test("what is not there yet is left for the next look", async () => {
  const { tail } = fakeLog(() => [], 5);
  assertEquals((await tail.advance(7, WAIT_MS)).map(({ index }) => index), [1, 2, 3, 4, 5]);
  assertEquals(tail.entries.at(-1)!.index, 5);
});

Deno.test("commands about leases and clocks of replicas are told", async () => {
  const commands: KvCommand[] = [
    { op: "grant", ttlMs: 5000 },
    { op: "put", key: "k", value: new Uint8Array(2), lease: 7 },
    { op: "renew", lease: 7 },
  ];
  const { tail } = fakeLog((index) => index === 1 ? commands.map(encodeKvCommand) : []);
  assertEquals((await tail.advance(1, WAIT_MS))[0]!.lines, [
    "c1: grant a lease of 5000 ms",
    "c1: put k (2 bytes) in lease 7",
    "c1: renew lease 7",
  ]);
  const stated = new LogTail({
    getCommittedCommand: (index) =>
      Promise.resolve({
        committed: true,
        index,
        term: 2,
        hash: "0".repeat(64),
        commands: [],
        statements: [{ replica: "r1", clock: 1000 }, { replica: "r3", clock: 1001 }],
      }),
  });
  assertEquals((await stated.advance(1, WAIT_MS))[0]!.lines, ["clocks of r1, r3"]);
});

Deno.test("operations and keys are told, values are not, and nothing in a key controls anything", async () => {
  const commands: KvCommand[] = [
    { op: "put", key: "a\u202eb", value: new Uint8Array([65]) },
    { op: "list", prefix: "p", after: "", limit: 1 },
    { op: "txn", compare: [], then: [{ op: "get", key: "k" }], else: [] },
  ];
  const { tail } = fakeLog((index) => index === 1 ? commands.map(encodeKvCommand) : [new Uint8Array([255])]);
  const [first, second] = await tail.advance(2, WAIT_MS);
  assertEquals(first!.lines, ["c1: put a\ufffdb (1 byte)", "c1: list p…", "c1: txn of 1 or 0 operations"]);
  assertEquals(second!.lines, ["c1: 1 bytes of another state machine"]);
});
