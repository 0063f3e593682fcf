import { assertEquals } from "@std/assert";
import { logIndex } from "../../protocol/ids.ts";
import type { LogFields } from "../diagnostics/logger.ts";
import { type Storage, StorageError } from "../storage/port.ts";
import { DISK_RETRY, DiskWatch } from "./disk_watch.ts";
import { watchStorage } from "./watched_storage.ts";

const full = (message = "full") => new StorageError(message, { refused: true });

function lab() {
  const logged: [string, LogFields][] = [];
  const disk = new DiskWatch(150, { log: (_, event, fields = {}) => void logged.push([event, fields]) });
  return { disk, logged, events: () => logged.map(([event]) => event) };
}

/** The times at which the disk is tried from `from` on, if all tries but the last are refused. */
function triesFrom(disk: DiskWatch, from: number, count: number): number[] {
  const tries: number[] = [];
  for (let now = from; tries.length < count; now += 500) {
    if (!disk.isDue(now)) continue;
    tries.push(now - from);
    if (tries.length < count) disk.refusedAgain(full(`full at ${now}`), now);
  }
  return tries;
}

Deno.test("a disk that refuses is tried after 1 s, then after twice as long each time, and at least every 30 s", () => {
  const { disk } = lab();
  assertEquals(disk.isDue(0), false);
  disk.refuse(full(), 10_000);
  assertEquals(triesFrom(disk, 10_000, 8), [1000, 3000, 7000, 15_000, 31_000, 61_000, 91_000, 121_000]);
  assertEquals(disk.report(40_000).message, "full at 101000");
});

Deno.test("a disk that refuses right after it came back is tried later, one that did well for long is tried soon", () => {
  const { disk } = lab();
  const cycle = (at: number) => {
    disk.refuse(full(), at);
    const [pause] = triesFrom(disk, at, 1);
    disk.back(at + pause!);
    return pause;
  };
  assertEquals([cycle(0), cycle(1500), cycle(4000), cycle(9000)], [1000, 2000, 4000, 8000]);
  assertEquals(cycle(17_000 + DISK_RETRY.maxMs), 1000);
});

Deno.test("the status says since when, why and how often the disk refused; the log says it once, and when it is back", () => {
  const { disk, logged, events } = lab();
  const fine = {
    state: "ok",
    refusedForMs: null,
    message: null,
    refusals: 0,
    commits: 0,
    durableCommits: 0,
    slowCommits: 0,
    slowestCommitMs: 0,
  } as const;
  assertEquals([disk.report(5), disk.refused], [fine, false]);
  disk.refuse(full("no room"), 100);
  disk.refusedAgain(full("still no room"), 1100);
  const message = "still no room";
  assertEquals(disk.report(2100), { ...fine, state: "refused", refusedForMs: 2000, message, refusals: 1 });
  disk.back(3100);
  assertEquals([disk.report(4000), disk.refused], [{ ...fine, refusals: 1 }, false]);
  assertEquals(events(), ["storage-refused", "storage-refused-again", "storage-back"]);
  assertEquals([logged[0]![1]["message"], logged[2]![1]], ["no room", { refusedForMs: 3000, tries: 2 }]);
});

Deno.test("commits beyond the bound are counted, and logged once a minute", () => {
  const { disk, logged } = lab();
  for (const [duration, at] of [[150, 0], [151, 1000], [400.4, 2000], [200, 62_000]] as const) {
    disk.committed(duration, at);
  }
  const { slowCommits, slowestCommitMs, state } = disk.report(62_000);
  assertEquals([slowCommits, slowestCommitMs, state], [3, 400, "ok"]);
  assertEquals(logged.map(([event, fields]) => [event, fields["commitMs"], fields["slowCommits"]]), [
    ["storage-slow", 151, 1],
    ["storage-slow", 200, 3],
  ]);
});

Deno.test("commits that wrote something are counted, and those of them that waited for the disk", () => {
  const { disk } = lab();
  const storage = watchStorage({ commit() {} } as unknown as Storage, disk, () => 0);
  storage.commit([{ op: "drop-chunks", digests: [] }], []);
  storage.commit([{ op: "truncate", after: logIndex(1) }], []);
  storage.commit([], []);
  const { commits, durableCommits } = disk.report(0);
  assertEquals([commits, durableCommits], [2, 1]);
});
