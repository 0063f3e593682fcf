/** A replica's process may do what it needs and nothing else, and its launcher is no more than that. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { PORTS_PER_REPLICA } from "../../../crypto/roster/generate_cluster.ts";
import { DenoProcess } from "../../../tasks/support/deno_process.ts";
import { eventually } from "../../../tasks/support/eventually.ts";
import { findFreePorts } from "../../../tasks/support/free_ports.ts";
import { LocalCluster } from "../../../tasks/support/local_cluster.ts";
import { replicaGrants } from "../../../tasks/support/replica_grants.ts";
import { withTempDirectory } from "../../support/temp_directory.ts";
import { withLocalCluster } from "../support/with_local_cluster.ts";

const ALLOWED = ["list its data", "write to its data", "connect to a peer"];

/** libzmq needs more than these permissions, and is not what they are about. */
const OWN_ENGINE = { libzmq: [] } as const;

Deno.test({
  name:
    "a replica that takes part can use its data and its peers' ports, and can neither read, write, run, load nor reach anything else",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withLocalCluster(OWN_ENGINE, async (cluster) => {
      // The second time nothing is left to be done at a first start.
      const http = ["--http", `127.0.0.1:${findFreePorts(1)}`];
      for (const more of [["--log-level", "error"], ["--log-level", "error"], ["--log-level", "error", ...http]]) {
        const args = [...cluster.credentials("r1"), "--data", cluster.dataDir("r1"), ...more];
        const grants = await replicaGrants(args);
        await using probe = new DenoProcess(grants, "tests/e2e/support/permission_probe.ts", args);
        assertEquals((await probe.exited).code, 0, probe.stderr.lines.join("\n"));
        await probe.stdout.ended;
        const { import: imports, sys, ...tried } = JSON.parse(probe.stdout.lines.at(-1)!);
        const done = Object.keys(tried).filter((what) => tried[what] === "done");
        assertEquals([done, imports, sys], [ALLOWED, "prompt", "prompt"]);
      }
    }),
});

Deno.test({
  name: "paths through symbolic links, as volumes of secrets have them, are granted and given up alike",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withLocalCluster(OWN_ENGINE, async (cluster) => {
      const links = `${cluster.dir}/links`;
      for (const folder of [links, `${cluster.dir}/disk`]) await Deno.mkdir(folder);
      for (const [name, target] of [["keys", ".."], ["r1.key", "keys/r1.key"], ["data", "../disk"]]) {
        await Deno.symlink(target!, `${links}/${name}`);
      }
      const paths = ["--cluster", `${links}/keys/cluster.json`, "--key", `${links}/r1.key`, "--data", `${links}/data`];
      const args = [...paths, "--init", "--log-level", "error"];
      await using probe = new DenoProcess(await replicaGrants(args), "tests/e2e/support/permission_probe.ts", args);
      assertEquals((await probe.exited).code, 0, probe.stderr.lines.join("\n"));
      await probe.stdout.ended;
      const { import: _, sys: __, ...tried } = JSON.parse(probe.stdout.lines.at(-1)!);
      assertEquals(Object.keys(tried).filter((what) => tried[what] === "done"), ALLOWED);
    }),
});

Deno.test({
  name: "a replica that was granted whole folders keeps what it needs of them, and the rest of these",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withLocalCluster(OWN_ENGINE, async (cluster) => {
      const args = [...cluster.credentials("r1"), "--data", cluster.dataDir("r1"), "--log-level", "error"];
      const named = (await replicaGrants(args)).filter((grant) => !/^--allow-(read|write)=/.test(grant));
      const grants = [...named, `--allow-read=${cluster.dir}`, `--allow-write=${cluster.dir}`];
      await using probe = new DenoProcess(grants, "tests/e2e/support/permission_probe.ts", args);
      assertEquals((await probe.exited).code, 0, probe.stderr.lines.join("\n"));
      await probe.stdout.ended;
      const tried = JSON.parse(probe.stdout.lines.at(-1)!);
      assertEquals(ALLOWED.map((what) => tried[what]), ["done", "done", "done"]);
      assertEquals([tried["read its key"], tried["read elsewhere"]], ["done", "forbidden"]);
    }),
});

Deno.test("replicas whose hosts are names reach each other by these alone", () =>
  withTempDirectory(async (dir) => {
    const basePort = findFreePorts(4 * PORTS_PER_REPLICA);
    await using cluster = await LocalCluster.open({
      ...{ dir: `${dir}/cluster`, replicas: 4, clients: 1, host: "localhost", basePort },
    });
    await cluster.startAll();
    const client = await cluster.client("c1");
    assertEquals((await client.put("a", "1")).revision, 1);
  }));

Deno.test({
  name: "the task passes on outputs, exit code and SIGTERM, and leaves no process behind",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withLocalCluster({ replicas: 1 }, async (cluster) => {
      const args = [...cluster.credentials("r1"), "--data", cluster.dataDir("r1")];
      await using task = new DenoProcess("launch", "tasks/replica.ts", args);
      await task.stdout.waitFor("ready", (line) => line.includes('"event":"ready"'), 20_000);
      const client = await cluster.client("c1");
      assertEquals((await client.put("a", "1")).revision, 1);
      assertEquals((await task.end()).code, 0);
      assertStringIncludes(task.stderr.lines.at(-1)!, '"reason":"SIGTERM"');
      const { clientPort } = cluster.roster.replicas[0]!;
      await eventually("its port is free", () => {
        Deno.listen({ hostname: "127.0.0.1", port: clientPort }).close();
        return true;
      });
      await using wrong = new DenoProcess("launch", "tasks/replica.ts", ["--data"]);
      assertEquals((await wrong.exited).code, 2);
      await wrong.stderr.ended;
      assertEquals(wrong.stderr.lines, ["replica: --data: given nothing, wanted a value"]);
    }),
});
