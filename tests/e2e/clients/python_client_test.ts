/** The example in Python, on libzmq and written from docs/wire.md, against a cluster on this project's own engine. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { LocalCluster } from "../../../tasks/support/local_cluster.ts";
import { withLocalCluster } from "../support/with_local_cluster.ts";

const EXAMPLE = new URL("../../../docs/examples/client.py", import.meta.url).pathname;
const NEEDS = "import zmq, cryptography; assert zmq.has('curve')";

/** Returns a Python that has what the example needs; null if there is none. */
function findPython(): string | null {
  return ["python3", "/usr/bin/python3"].find((python) => {
    try {
      return new Deno.Command(python, { args: ["-c", NEEDS], stdout: "null", stderr: "null" }).outputSync().success;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  }) ?? null;
}

const python = findPython();

async function run({ dir }: LocalCluster, id: string, ...args: readonly string[]) {
  const files = [`${dir}/cluster.json`, `${dir}/${id}.key`];
  const command = new Deno.Command(python!, {
    args: [EXAMPLE, ...files, ...args],
    signal: AbortSignal.timeout(60_000),
  });
  const { code, stdout, stderr } = await command.output();
  return { code, out: new TextDecoder().decode(stdout), error: new TextDecoder().decode(stderr) };
}

Deno.test({
  name: "a Python client on libzmq connects with CURVE, greets, writes, reads and sees the status",
  ignore: python === null,
  fn: () =>
    withLocalCluster({}, async (cluster) => {
      await cluster.startAll();
      assertEquals(await run(cluster, "c1", "put", "greeting", "héllo"), { code: 0, out: "revision 1\n", error: "" });
      assertEquals(await run(cluster, "c2", "get", "greeting"), { code: 0, out: "héllo\n", error: "" });
      const client = await cluster.client("c3");
      const read = await client.get("greeting");
      assertEquals(read.found && new TextDecoder().decode(read.value), "héllo");
      const { code, out } = await run(cluster, "c1", "status");
      assertEquals([code, out.trim().split("\n").length], [0, 4]);
      assertMatch(out, /^r\d leader term \d+ applied \d+$/m);
    }),
});

Deno.test({
  name: "the Python client refuses a roster that its operator did not sign",
  ignore: python === null,
  fn: () =>
    withLocalCluster({}, async (cluster) => {
      const path = `${cluster.dir}/cluster.json`;
      await Deno.writeTextFile(path, (await Deno.readTextFile(path)).replace('"epoch": 1', '"epoch": 2'));
      const { code, error } = await run(cluster, "c1", "status");
      assertEquals(code, 1);
      assertStringIncludes(error, "the operator's signature does not verify");
    }),
});
