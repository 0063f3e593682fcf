/** A replica is replaced as its operator does it: with the tasks, from a folder elsewhere, in a terminal; and files that are none of the cluster's next are told apart. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { eventually } from "../../../tasks/support/eventually.ts";
import { findFreePorts } from "../../../tasks/support/free_ports.ts";
import type { LocalCluster } from "../../../tasks/support/local_cluster.ts";
import { EpochCluster } from "../epochs/epoch_cluster.ts";
import { Terminal } from "../support/terminal.ts";
import { withLocalCluster } from "../support/with_local_cluster.ts";

const CONFIG = new URL("../../../deno.json", import.meta.url).pathname;
const PATIENCE_MS = 60_000;

class Desk {
  readonly dir: string;
  readonly #cluster: LocalCluster;

  constructor(cluster: LocalCluster) {
    this.#cluster = cluster;
    this.dir = cluster.dir;
  }

  task = (...args: readonly string[]): Terminal =>
    new Terminal(["task", "--quiet", "--config", CONFIG, ...args], { cwd: this.dir });

  /** Runs a task in a terminal to its end. */
  async run(code: number, ...args: readonly string[]): Promise<string> {
    await using terminal = this.task(...args);
    assertEquals(await terminal.exitCode(PATIENCE_MS), code, terminal.text);
    return terminal.text;
  }

  client = (code: number, ...args: readonly string[]): Promise<string> =>
    this.run(code, "client", ...this.#cluster.credentials("c1"), ...args);

  /** Returns what the client shows of the cluster, whether that can write just now or not. */
  async status(): Promise<string> {
    await using terminal = this.task("client", ...this.#cluster.credentials("c1"), "status");
    await terminal.exitCode(PATIENCE_MS);
    return terminal.text;
  }

  /** Prepares a roster behind another one, and signs it. */
  async sign(before: string, out: string, ...verb: readonly string[]): Promise<string> {
    const [roster, next, signed] = [before, `${out}.next`, out].map((name) => `${this.dir}/${name}.json`);
    await this.run(0, "roster", ...verb, "--roster", roster!, "--out", next!);
    const key = ["--operator", `${this.dir}/operator.key`];
    return await this.run(0, "keygen", "sign", ...key, "--roster", roster!, "--next", next!, "--out", signed!);
  }

  reconfigure = (code: number, name: string): Promise<string> =>
    this.client(code, "reconfigure", `${this.dir}/${name}.json`);
}

async function replaceOne(desk: Desk, epochs: EpochCluster): Promise<void> {
  const { dir } = desk;
  const { cluster: id, operatorKey } = epochs.latest.roster;
  const trust = ["--cluster", id, "--operator-key", operatorKey, "--out", `${dir}/new`];
  const port = ["--host", "127.0.0.1", "--peer-port", `${findFreePorts(3)}`];
  await desk.run(0, "keygen", "request", "--id", "r5", "--kind", "replica", ...port, ...trust);
  await Deno.writeTextFile(`${dir}/now.json`, await desk.client(0, "roster", "show"));
  const signed = await desk.sign("cluster", "next", "replace", "r4", "--with", `${dir}/new/r5.request.json`);
  assertMatch(signed, /^replaces replica r4, .+ by replica r5 at 127\.0\.0\.1:\d+/);
  assertStringIncludes(signed, `deno task replica --cluster ${dir}/next.json --key r5.key`);
  assertStringIncludes(signed, `reconfigure ${dir}/next.json`);
  await using joining = desk.task(
    ...["replica", "--cluster", `${dir}/next.json`, "--key", `${dir}/new/r5.key`, "--data", `${dir}/new/r5`],
  );
  await joining.shows(/"event":"awaits-beginning"/, PATIENCE_MS);
  const done = await desk.reconfigure(0, "next");
  assertMatch(done, /ordered at \d+[^]+epoch 1 ended[^]+epoch 2 begun by .+, wanted 3\)[^]+done\n$/);
  await joining.shows(/"event":"ready"/, PATIENCE_MS);
  await epochs.ends("r4");
  const isMember = /^r5 +(?:follower|leader) +2 /m;
  await eventually("r5 has the state", async () => isMember.test(await desk.status()), PATIENCE_MS);
  await joining.interrupt();
  assertEquals(await joining.exitCode(PATIENCE_MS), 0, joining.text);
}

Deno.test({
  name:
    "a replica is replaced by hand, from elsewhere in a terminal; each file that is not the next one is refused in words",
  ignore: Deno.build.os !== "linux", // `script` of other systems takes other options
  fn: () =>
    withLocalCluster({}, async (cluster) => {
      await using epochs = await EpochCluster.start(cluster);
      const desk = new Desk(cluster);
      await replaceOne(desk, epochs);
      assertMatch(await desk.reconfigure(0, "next"), /epoch 2 is in force already\n/);
      await desk.sign("cluster", "second", "renew");
      await desk.sign("second", "behind-second", "renew");
      await desk.run(0, "keygen", "--out", `${desk.dir}/other`, "--cluster", "other");
      const wrong: readonly (readonly [string, RegExp])[] = [
        [
          "second",
          /given another roster of epoch 2, .+: another change came first, .+ prepare it anew behind that one/,
        ],
        ["behind-second", /given one that follows another roster of epoch 2/],
        ["other/cluster", /given the roster of cluster other, wanted one of/],
        ["cluster", /given epoch 1, which is over: epoch 2 with digest/],
        ["next.next", /given no field "signature", wanted the operator's signature \(keygen sign\)/],
      ];
      for (const [name, words] of wrong) assertMatch(await desk.reconfigure(2, name), words);
      assert(["r1", "r2", "r3"].every((each) => epochs.runs(each)), epochs.report());
    }),
});
