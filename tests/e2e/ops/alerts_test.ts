/** Faults under a real Prometheus: that of Debian will do. All of them take some ten minutes; one stands for them where long tests are not asked for. */
import { assert, assertEquals } from "@std/assert";
import { longTest } from "../../support/long_tests.ts";
import { FAULTS } from "./faults/mod.ts";
import { hasPrometheus } from "./prometheus.ts";

/** Does the faults whose names begin with one of these, all without any, and returns what was said of each alert. */
async function play(...names: readonly string[]): Promise<string> {
  const script = new URL("alerts_run.ts", import.meta.url).pathname;
  const run = ["run", "-q", "--no-prompt", "-P=test", script, ...names];
  // A replica that outgrows what its files may hold is to be told of it by its disk, not ended.
  const args = ["-c", 'trap "" XFSZ; exec "$@"', "sh", Deno.execPath(), ...run];
  const { success, stdout, stderr } = await new Deno.Command("sh", { args }).output();
  const said = new TextDecoder().decode(stdout);
  assert(success, said + new TextDecoder().decode(stderr));
  return said;
}

Deno.test({
  name: "a real Prometheus tells of a replica that is down, and of nothing else (needs Debian's prometheus)",
  ignore: !hasPrometheus(),
  async fn() {
    const said = await play("one of four is killed");
    const rows = said.trim().split("\n").slice(1).map((line) => line.trim().split(/ {2,}/));
    const wanted = rows.filter(([, , kind]) => kind?.startsWith("wanted")).map(([, alert]) => alert);
    assertEquals(wanted, ["BftRaftReplicaDown", "BftRaftNoFailureTolerated"]);
  },
});

const longIfThere = hasPrometheus() ? longTest : (name: string, fn: () => Promise<void>) => Deno.test.ignore(name, fn);

longIfThere(
  "a real Prometheus tells of every fault there is an alert for, and of nothing else (needs Debian's prometheus)",
  async () => {
    const said = await play();
    console.log(said);
    for (const { what } of FAULTS) assert(said.includes(`\n${what} `), `${what} was left out`);
  },
);
