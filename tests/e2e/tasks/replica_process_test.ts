/** The replica as a process: its flags, exit codes, first and last output. */
import { assert, assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import type { LocalCluster } from "../../../tasks/support/local_cluster.ts";
import { runReplica as run } from "../support/run_process.ts";
import { withLocalCluster } from "../support/with_local_cluster.ts";

const withOne = (body: (cluster: LocalCluster) => Promise<void>): Promise<void> =>
  withLocalCluster({ replicas: 1 }, body);

Deno.test("wrong usage and configuration end with 2 and say what was given and wanted", () =>
  withOne(async (cluster) => {
    const data = ["--data", `${cluster.dir}/data`];
    const ended = await Promise.all([
      run(),
      run(...cluster.credentials("c1"), ...data),
      run(...cluster.credentials("nobody"), ...data),
      run(...cluster.credentials("r1"), ...data, "--byzantine", "equivocate"),
    ]);
    assertEquals(ended.map(({ code }) => code), [2, 2, 2, 2]);
    const wanted = ["--cluster: given nothing", "wanted a replica's", "no file", "wanted --unsafe-test-faults"];
    ended.forEach(({ error }, i) => assert(error.includes(wanted[i]!), error));
    assertEquals(ended.map(({ out }) => out), ["", "", "", ""]);
  }));

Deno.test("a data directory of an earlier version ends with 2, names the file and says what to do, with --recover too", () =>
  withOne(async (cluster) => {
    await (await cluster.start("r1")).end();
    const file = `${cluster.dataDir("r1")}/replica.db`;
    const db = new DatabaseSync(file);
    db.exec("PRAGMA user_version = 2");
    db.close();
    const before = await Deno.readFile(file);
    const args = [...cluster.credentials("r1"), "--data", cluster.dataDir("r1")];
    for (const more of [[], ["--recover"]]) {
      const { code, error } = await run(...args, ...more);
      assertEquals(code, 2);
      assert(error.startsWith(`replica r1: ${file}: given a database of version 2`), error);
      assert(error.includes("a new data directory and --init"), error);
      assertEquals(await Deno.readFile(file), before);
    }
  }));

Deno.test("help is on stdout and ends with 0", async () => {
  const { code, out, error } = await run("--help");
  assertEquals([code, error], [0, ""]);
  for (
    const flag of [
      "--cluster",
      "--key",
      "--data",
      "--bind",
      "--crypto",
      "--log-level",
      "--byzantine",
      "--record",
      "--passphrase-file",
      "--init",
    ]
  ) {
    assert(out.includes(flag), flag);
  }
});

Deno.test("a replica says when it is ready and with which signature code, commits alone, and ends on SIGTERM with 0", () =>
  withOne(async (cluster) => {
    const process = await cluster.start("r1", "--crypto", "noble", "--log-level", "info");
    const ready = JSON.parse(process.stdout.lines[0]!);
    const { clientPort } = cluster.roster.replicas[0]!;
    assertEquals([ready.replica, ready.crypto, ready.byzantine, ready.clientPort], ["r1", "noble", null, clientPort]);
    const client = await cluster.client("c1");
    assertEquals((await client.put("a", "1")).revision, 1);
    const { code } = await process.end();
    const last = JSON.parse(process.stderr.lines.at(-1)!);
    assertEquals([code, last.event, last.reason], [0, "stopped", "SIGTERM"]);
    await cluster.start("r1");
    assertEquals((await client.put("a", "2")).revision, 2);
  }));

Deno.test("a second replica on the same data or ports ends with 1 and names them; the first one goes on", () =>
  withOne(async (cluster) => {
    await cluster.start("r1");
    const credentials = cluster.credentials("r1");
    const sameData = await run(...credentials, "--data", `${cluster.dir}/data/r1`);
    assertEquals(sameData.code, 1);
    assert(sameData.error.includes("StorageError") && sameData.error.includes("in use by another process"));
    const samePort = await run(...credentials, "--data", `${cluster.dir}/elsewhere`, "--recover");
    assertEquals(samePort.code, 1);
    assert(samePort.error.includes("TransportError") && samePort.error.includes("port is in use"));
    const client = await cluster.client("c1");
    assertEquals((await client.put("a", "1")).revision, 1);
  }));
