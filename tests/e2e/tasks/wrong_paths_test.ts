/** Paths that lead to no file: every process that reads keys or a roster ends with 2, names the path, and does not wait. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { type Ended, runProcess, runReplica } from "../support/run_process.ts";
import { withLocalCluster } from "../support/with_local_cluster.ts";

type Run = (key: string) => Promise<Ended>;

/** Makes what leads to no file in `dir` and returns the paths. */
async function wrongPaths(dir: string): Promise<string[]> {
  await Deno.symlink(`${dir}/loop`, `${dir}/loop`);
  const { success } = await new Deno.Command("mkfifo", { args: [`${dir}/fifo`] }).spawn().status;
  if (!success) throw new Error("no FIFO could be made");
  return [`${dir}/cluster.json/x.key`, `${dir}/loop`, `${dir}/fifo`, `${dir}/${"n".repeat(300)}.key`];
}

Deno.test({
  name: "a wrong path of a key, a roster or a directory ends with 2 and is named",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withLocalCluster({ replicas: 1 }, async ({ dir }) => {
      const roster = `${dir}/cluster.json`;
      const client = (...args: string[]) => runProcess("client", "client/main.ts", ...args);
      const replica = (key: string, data: string, ...more: string[]) =>
        runReplica("--cluster", roster, "--key", key, "--data", data, ...more);
      const runs: readonly Run[] = [
        (key) => replica(key, `${dir}/data`),
        (path) => replica(`${dir}/r1.key`, path),
        (path) => client("--cluster", roster, "--key", path, "get", "a"),
        (path) => client("--cluster", path, "--key", `${dir}/c1.key`, "get", "a"),
        (path) => client("--cluster", roster, "restore", "--check", path),
      ];
      const paths = await wrongPaths(dir);
      const cases = runs.flatMap((run) => paths.map((path) => ({ run, path })));
      cases.push({ run: (path) => runProcess("keygen", "tasks/keygen.ts", "--out", path), path: `${roster}/deeper` });
      cases.push({ run: (path) => runProcess("cluster", "tasks/cluster.ts", "--dir", path), path: `${roster}/deeper` });
      cases.push({ run: (path) => replica(`${dir}/r1.key`, path, "--recover"), path: `${dir}/loop` });
      for (const path of [`${roster}/health`, `${dir}/none/health`, dir]) {
        cases.push({ run: (health) => replica(`${dir}/r1.key`, `${dir}/data`, "--health", health), path });
      }
      for (const { run, path } of cases) {
        const { code, error, out } = await run(path);
        assertEquals([code, out], [2, ""], error);
        assertStringIncludes(error, `${path}`);
        assertStringIncludes(error, ", wanted ");
        assertEquals(error.split("\n").length, 1, error);
      }
    }),
});
