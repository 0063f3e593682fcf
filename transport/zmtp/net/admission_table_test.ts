import { assertEquals } from "@std/assert";
import { AdmissionTable, type Admitted } from "./admission_table.ts";

const LIMITS = {
  strangersPerAddress: 3,
  strangers: 5,
  connectionsPerKey: 2,
  connections: 4,
  ...{ connectionsPerKeyPerSecond: 10, connectionBurstPerKey: 3 },
  ...{ barredMs: 100, longestBarMs: 300, forgivenMs: 1000 },
};

/** A table, and the names of those it ended, in order. */
function lab() {
  const table = new AdmissionTable(LIMITS);
  const evicted: string[] = [];
  const come = (name: string, address = "here"): Admitted => {
    const connection: Admitted = {
      address,
      close: ({ code }) => {
        evicted.push(`${name} ${code}`);
        table.leave(connection, null);
      },
    };
    table.enter(connection);
    return connection;
  };
  return { table, evicted, come };
}

Deno.test("the oldest stranger of an address makes room for its next", () => {
  const { table, evicted, come } = lab();
  for (const name of ["a", "b", "c", "d", "e"]) come(name);
  assertEquals([evicted, table.strangers], [["a evicted", "b evicted"], 3]);
});

Deno.test("a full table ends the oldest of the address that has most", () => {
  const { table, evicted, come } = lab();
  for (const name of ["a", "b", "c"]) come(name, "crowd");
  for (const name of ["d", "e"]) come(name, "pair");
  come("f", "newcomer");
  come("g", "newcomer");
  assertEquals([evicted[0], evicted.length, table.strangers], ["a evicted", 2, 5]);
});

Deno.test("established connections are no strangers; a key's oldest makes room, and a full port lets nobody in", () => {
  const { table, come } = lab();
  const ended: string[] = [];
  const connections = ["a", "b", "c"].map((name) => {
    const connection: Admitted = {
      address: "here",
      close: () => {
        ended.push(name);
        table.leave(connection, "key");
      },
    };
    table.enter(connection);
    assertEquals(table.establish(connection, "key", 0), null);
    return connection;
  });
  assertEquals([ended, table.strangers, table.established], [["a"], 0, 2]);
  const [more, last, none] = [come("d"), come("e"), come("f")];
  const causes = [more, last, none].map((one) => table.establish(one!, null, 0)?.code);
  assertEquals(causes, [undefined, undefined, "evicted"]);
  assertEquals([table.strangers, table.established], [1, 4]);
  table.leave(connections[2]!, "key");
  table.leave(connections[2]!, "key");
  assertEquals([table.establish(none!, null, 0), table.strangers, table.established], [null, 0, 4]);
});

Deno.test("a key is barred for a while, others are not; its connections that end meanwhile for the same make it no longer", () => {
  const { table } = lab();
  for (const now of [1000, 1000, 1010]) table.bar("key", now);
  const isBarred = (key: string, now: number) => table.isBarred(key, now);
  assertEquals([isBarred("key", 1109), isBarred("other", 1109), isBarred("key", 1110)], [true, false, false]);
});

Deno.test("who breaks rules again is barred for twice as long, up to a limit, and after a quiet time as at first", () => {
  const { table } = lab();
  const lengths: number[] = [];
  for (let now = 1000, pause = 0; lengths.length < 6; now += pause) {
    table.bar("key", now);
    let end = now;
    while (table.isBarred("key", end)) end++;
    lengths.push(end - now);
    pause = end - now + (lengths.length === 4 ? 1000 : 999);
  }
  assertEquals(lengths, [100, 200, 300, 300, 100, 200]);
});

Deno.test("bars of keys that may not come any more are forgotten, others stay", () => {
  const { table } = lab();
  for (const key of ["kept", "gone"]) table.bar(key, 1000);
  table.forgetBars((key) => key === "kept");
  assertEquals([table.isBarred("kept", 1099), table.isBarred("gone", 1099)], [true, false]);
});

Deno.test("a key whose connections come and go again and again waits, whoever has it; others do not", () => {
  const { table, come } = lab();
  const connect = (now: number, key = "key") => {
    const waits = table.isBarred(key, now);
    const connection = come("c");
    if (!waits) assertEquals(table.establish(connection, key, now), null);
    table.leave(connection, waits ? null : key);
    return waits;
  };
  assertEquals([0, 0, 0, 0, 99].map((now) => connect(now)), [false, false, false, true, true]);
  assertEquals(connect(99, "other"), false);
  assertEquals([100, 100, 200, 1000, 1000, 1000, 1000].map((now) => connect(now)), [
    false,
    true,
    false,
    false,
    false,
    false,
    true,
  ]);
  table.forgetBars(() => false);
  assertEquals(connect(1000), false, "of another roster");
});
