/** Clients of a cluster that has more to do than it can (§7.3n). */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { BusyError } from "../../client/mod.ts";
import { withCli } from "./cli_lab.ts";
import type { Script } from "./fake_scripts.ts";
import { withFakeCluster } from "./with_fake_cluster.ts";

const WAIT_MS = 30;
/** A client intervenes no sooner than after that. */
const PATIENT = { electionTimeoutMs: 10_000 };

/** A leader that turns away the first `times` commands that it is sent. */
function busyFor(times: number): Script {
  let left = times;
  return { busyMs: ({ message }) => message.kind === "SendRequest" && left-- > 0 ? WAIT_MS : null };
}

Deno.test("client: a leader that is busy for a moment is asked again, and nobody is told of it", () =>
  withFakeCluster({ scripts: { r1: busyFor(4) }, constants: PATIENT }, async (cluster, connect) => {
    const client = connect();
    const began = performance.now();
    assertEquals((await client.put("k", "v")).revision, 1);
    assert(performance.now() - began >= 4 * WAIT_MS, "it asked again sooner than it was told to");
    const kinds = cluster.arrivals.map(({ packet }) => packet.kind);
    assertEquals(kinds.includes("UpdateLeader"), false);
    assertEquals(cluster.ordered.length, 1);
  }));

Deno.test("client: who is turned away until its time is up is told that the cluster is overloaded", () =>
  withFakeCluster({ scripts: { r1: busyFor(Infinity) }, constants: PATIENT }, async (_cluster, connect) => {
    const client = connect();
    const error = await assertRejects(() => client.put("k", "v", { timeoutMs: 300 }), BusyError, "overloaded");
    assertEquals((error as BusyError).undecided, true);
    const read = await assertRejects(() => client.get("k", { timeoutMs: 300 }), BusyError, "overloaded");
    assertEquals((read as BusyError).undecided, false);
  }));

Deno.test("client: a leader that is busy for ever is told of to all, and the command is executed", () =>
  withFakeCluster(
    { scripts: { r1: busyFor(Infinity) }, constants: { electionTimeoutMs: 100 } },
    async (cluster, connect) => {
      assertEquals((await connect().put("k", "v")).revision, 1);
      assert(cluster.arrivals.some(({ packet }) => packet.kind === "UpdateLeader"));
    },
  ));

Deno.test("cli: an overloaded cluster is exit code 4, and says so", () =>
  withCli({ scripts: { r1: busyFor(Infinity) }, constants: PATIENT }, async (cli) => {
    const { code, err } = await cli("--timeout-ms 300 put k v");
    assertEquals(code, 4);
    assert(/the cluster is overloaded: it was busy for \d+ ms; send less, or try again later/.test(err), err);
  }));
