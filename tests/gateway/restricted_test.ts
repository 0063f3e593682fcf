/** A gateway whose key has rules in the roster: replicas hold them, whatever the gateway lets through. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { createApp } from "../../client/gateway/app.ts";
import { editedRoster, grantTo, restrictClient } from "../../crypto/roster/roster_edits.ts";
import { backend } from "../support/backends.ts";
import { MemoryCluster } from "../support/memory_cluster.ts";
import { signedBy } from "../support/rosters/sign_rosters.ts";
import { asked, eventsOf, ORIGIN, take } from "./gateway_lab.ts";

/** Lets c1 read what is under /a/, and nothing else. */
function restricted({ file, keys }: MemoryCluster) {
  const edits = [restrictClient("c1"), grantTo("c1", { prefix: "/a/", may: "read" })];
  const roster = edits.reduce((from, edit) => editedRoster(file, from, edit, backend), file.roster);
  return signedBy(roster, keys.get("operator")!);
}

Deno.test("a gateway whose key loses rights is ready, and watches and reads what is left to the key", async () => {
  await using cluster = MemoryCluster.start();
  const [mine, other] = ["c1", "c2"].map((id) => cluster.client(id, { roster: cluster.file }));
  const app = createApp(mine!, { tokens: null, hosts: null });
  const request = (path: string, init: RequestInit = {}) => app.fetch(new Request(`${ORIGIN}${path}`, init));
  const ask = async (path: string, init: RequestInit = {}) => await asked(await request(path, init));
  try {
    for (const key of ["/a/1", "/b/1"]) await other!.put(key, "old");
    const before = await request("/v1/watch");
    const seen = (async () => {
      const keys: string[] = [];
      for await (const { event, data } of eventsOf(before)) if (event === "change") keys.push(data.changes[0].key);
      return keys;
    })();
    seen.catch(() => {});
    await ask("/v1/kv/%2Fa%2F2", { method: "PUT", body: "new" });
    await other!.reconfigure(restricted(cluster));
    assertEquals(await seen, ["/a/2"], "it ends, since the key may no longer see all of it");

    const ready = await ask("/readyz");
    assertEquals([ready.status, ready.json], [200, { ready: true, storeRevision: 3 }]);
    assertEquals((await ask("/v1/kv/%2Fa%2F1")).text, "old");
    for (
      const [path, init, words] of [
        ["/v1/kv/%2Fb%2F1", {}, 'client c1 may not read "/b/1"; it may read keys under "/a/"'],
        ["/v1/kv/%2Fa%2F1", { method: "PUT", body: "x" }, 'may not write "/a/1"'],
        ["/v1/kv", {}, "may not read all keys under"],
        ["/v1/watch", {}, "may not read all keys under"],
        ["/v1/watch?key=/b/1", {}, 'may not read "/b/1"'],
        ["/v1/log/1", {}, "may not read all keys, which an entry of the log needs"],
      ] as const
    ) {
      const { status, json } = await ask(path, init);
      assertEquals([status, json?.type], [403, "urn:bft-raft:problem:forbidden"], path);
      assertStringIncludes(json.detail, words);
    }
    const [fresh, behind, one] = [
      await request("/v1/watch?prefix=/a/"),
      await request("/v1/watch?prefix=/a/&from=1"),
      await request("/v1/watch?key=/a/2&from=1"),
    ];
    for (const key of ["/b/2", "/a/3"]) await other!.put(key, "");
    assertEquals((await take(fresh, 2)).map(({ data }) => data.revision), [3, 5]);
    assertEquals((await take(behind, 4)).map(({ data }) => data.revision), [0, 1, 3, 5]);
    assertEquals((await take(one, 2)).at(-1)!.data.changes[0].key, "/a/2");
  } finally {
    app.close();
  }
});
