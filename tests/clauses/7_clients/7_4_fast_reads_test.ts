import { assert, assertEquals, assertRejects } from "@std/assert";
import { NoQuorumError } from "../../../client/mod.ts";
import { answersNeeded } from "../../../client/session/reply_tally.ts";
import { clientId } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import { quorumOf } from "../../../protocol/quorum.ts";
import { fastRead, fastReads } from "../../../replica/answers/queries.ts";
import { encodeKvCommand, KvStore } from "../../../state_machine/mod.ts";
import { queryResultCodec } from "../../../transport/codec/mod.ts";
import { SILENT } from "../../client/fake_scripts.ts";
import { withFakeCluster } from "../../client/with_fake_cluster.ts";
import { contextAt } from "../../support/contexts.ts";
import { NO_CHANGES } from "../../support/executors.ts";
import { endOf, GENESIS, grow, reportsOf } from "../support/forge.ts";
import { Lab } from "../support/lab.ts";

Deno.test("§7.4a with fast reads on, whoever answered a write and whoever answers a read share an honest replica", () => {
  for (let n = 1; n <= 40; n++) {
    const { f, weak, quorum } = quorumOf(n);
    const honestInBoth = (writers: number, readers: number) => writers + readers - n - f;
    assert(honestInBoth(answersNeeded(n, true), quorum) >= 1, `n = ${n}`);
    assertEquals(answersNeeded(n, false), weak);
    // f + 1 does not suffice: fewer than one honest replica may be in both.
    if (n >= 4) assert(honestInBoth(answersNeeded(n, false), quorum) < 1, `n = ${n}`);
  }
});

Deno.test("§7.4a with fast reads on, f+1 equal answers complete neither a write nor an ordered read; Q do", () =>
  withFakeCluster(
    { constants: { fastReads: true, electionTimeoutMs: 50 }, scripts: { r3: SILENT, r4: SILENT } },
    async (cluster, connect) => {
      const client = connect();
      await assertRejects(() => client.put("k", "v", { timeoutMs: 250 }), NoQuorumError, "wanted 3 equal answers");
      await assertRejects(() => client.get("k", { timeoutMs: 250 }), NoQuorumError, "wanted 3 equal answers");
      cluster.scripts["r3"] = {};
      assert((await client.put("k", "w")).revision > 0);
      assert((await client.get("k")).found);
    },
  ));

Deno.test("§7.4 with fast reads off, f+1 equal answers complete both", () =>
  withFakeCluster({ scripts: { r3: SILENT, r4: SILENT } }, async (_cluster, connect) => {
    const client = connect();
    assertEquals((await client.put("k", "v")).revision, 1);
    assert((await client.get("k")).found);
  }));

Deno.test("§7.4 reads of one packet are answered in their order, as many as there is room for", () => {
  const lab = new Lab({ constants: { fastReads: true } });
  const store = new KvStore();
  const place = contextAt();
  const value = new Uint8Array(60_000);
  store.apply(encodeKvCommand({ op: "put", key: "long", value }), place);
  store.apply(encodeKvCommand({ op: "put", key: "short", value: value.subarray(0, 1) }), place);
  const read = (key: string) => encodeKvCommand({ op: "read", key });
  const sizes = (...keys: string[]) =>
    fastReads(lab.state, { machine: store, changes: NO_CHANGES }, clientId("c1"), keys.map(read)).map((payload) =>
      queryResultCodec.decode(payload).value.length - 22
    );
  assertEquals(sizes("long", "short", "short"), [60_000, 1, 1]);
  const most = Math.floor(LIMITS.readBytes / 60_000) + 1;
  assertEquals(sizes(...Array(LIMITS.maxGroup).fill("long")).length, most);
  assertEquals(sizes(...Array(most - 1).fill("long"), "short", "short").length, most + 1);
});

Deno.test("§7.4b a fast read is refused where the roster does not enable it, and until a restart has applied all again", () => {
  const chain = grow(GENESIS, 4, 1);
  for (const fastReads of [true, false]) {
    const lab = new Lab({ constants: { fastReads } });
    const answered = () =>
      fastRead(
        lab.state,
        { machine: new KvStore(), changes: NO_CHANGES },
        clientId("c1"),
        encodeKvCommand({ op: "get", key: "k" }),
      ).ok;
    lab.follow("r1", 1, chain);
    lab.receive(...reportsOf(lab.peers, 1, endOf(chain)));
    assertEquals([Number(lab.state.appliedIndex), answered()], [4, fastReads]);
    lab.restart();
    assertEquals([Number(lab.state.appliedIndex), answered()], [0, false]);
    lab.elapse(100);
    assertEquals([Number(lab.state.appliedIndex), answered()], [4, fastReads]);
  }
});
