/** Leases, as a library's user and on the command line; the fake cluster's log time stands still, so none ends by itself. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { type Client, RefusedError, UsageError } from "../../client/mod.ts";
import { withCli } from "./cli_lab.ts";
import { until, withFakeCluster } from "./with_fake_cluster.ts";

const refused = async (call: Promise<unknown>, code: RefusedError["code"]): Promise<void> => {
  const error = await assertRejects(() => call, RefusedError);
  assertEquals(error.code, code);
};

Deno.test("a lease is granted, renewed and listed, and its keys go with it when it is revoked", () =>
  withFakeCluster({}, async (_cluster, connect) => {
    const client = connect();
    const { lease, ttlMs } = await client.grantLease(5000);
    assertEquals([lease, ttlMs], [1, 5000]);
    await client.put("mine", "1", { lease });
    await client.put("other", "2");
    await client.txn({ then: [{ op: "put", key: "txn", value: "3", lease }] });
    assertEquals((await client.renewLease(lease)).ttlMs, 5000);
    assertEquals((await client.listLeases()).items, [
      { lease: 1, client: "c1", ttlMs: 5000, remainingMs: 5000, keys: 2 },
    ]);
    assertEquals((await client.revokeLease(lease)).revision, 4);
    assertEquals((await client.list()).items.map(({ key }) => key), ["other"]);
    assertEquals(await client.listLeases(), { items: [], more: false });
  }));

Deno.test("leases that are another's, or have ended, are refused by name, and so is a time that no lease may last", () =>
  withFakeCluster({}, async (_cluster, connect) => {
    const [mine, other] = [connect("c1"), connect("c2")];
    const { lease } = await mine.grantLease(1000);
    const calls = (client: Client) => [
      client.renewLease(lease),
      client.put("k", "", { lease }),
      client.revokeLease(lease),
      client.keepAlive(lease),
      client.txn({ then: [{ op: "put", key: "k", value: "", lease }] }),
    ];
    for (const call of calls(other)) await refused(call, "no-lease");
    await mine.revokeLease(lease);
    for (const call of calls(mine)) await refused(call, "no-lease");
    for (const ttlMs of [0, 999, 604_800_001, NaN]) {
      await assertRejects(() => mine.grantLease(ttlMs), UsageError, "ttlMs");
    }
    await assertRejects(() => mine.renewLease(0), UsageError, "lease must be");
    await assertRejects(() => mine.keepAlive(1, { everyMs: 0 }), UsageError, "everyMs");
  }));

Deno.test("a lease is kept alive until its signal aborts, and no longer than it is there", () =>
  withFakeCluster({}, async (_cluster, connect) => {
    const client = connect();
    const { lease } = await client.grantLease(1000);
    const [ends, goes] = [new AbortController(), new AbortController()];
    let [first, second] = ["alive", "alive"];
    const ending = client.keepAlive(lease, { everyMs: 5, signal: ends.signal }).then(() => first = "ended");
    const going = client.keepAlive(lease, { everyMs: 5, signal: goes.signal }).catch((error: RefusedError) =>
      second = error.code
    );
    ends.abort();
    await ending;
    assertEquals([first, second], ["ended", "alive"]);
    await client.revokeLease(lease);
    await until("the second notices", () => second === "no-lease");
    await going;
  }));

Deno.test("the command line grants, renews, lists and revokes leases, and puts keys into them", () =>
  withCli({}, async (cli, json) => {
    assertEquals(await cli("lease list"), { code: 0, out: "no leases\n", err: "" });
    assertStringIncludes((await cli("lease grant 60")).out, "lease 1: lasts 60 s");
    assertEquals((await cli("put a 1 --lease 1")).code, 0);
    assertEquals((await cli('txn {"then":[{"op":"put","key":"b","value":"2","lease":1}]}')).code, 0);
    assertStringIncludes((await cli("lease renew 1")).out, "lasts 60 s from now on");
    assertEquals((await cli("lease list")).out, "lease 1 of c1: 60 of 60 s left, 2 keys\n");
    const listed = await json("lease list") as { leases: unknown };
    assertEquals(listed.leases, [{ lease: 1, client: "c1", ttlMs: 60_000, remainingMs: 60_000, keys: 2 }]);
    assertStringIncludes((await cli("lease revoke 1")).out, "store revision 3");
    assertEquals((await cli("get a")).code, 1);
    const gone = await cli("lease renew 1");
    assert(gone.code === 1 && gone.err.includes("no such lease"), gone.err);
    for (
      const wrong of [
        "lease",
        "lease grant",
        "lease list 1",
        "lease grow 1",
        "lease grant x",
        "put a 1 --lease x",
        "lease grant 0.5",
      ]
    ) {
      assertEquals((await cli(wrong)).code, 2, wrong);
    }
  }));
