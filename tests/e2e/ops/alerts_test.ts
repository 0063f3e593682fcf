/** A few faults of `alerts_run.ts`, where there is a Prometheus: that of Debian will do. */
import { assert, assertMatch } from "@std/assert";
import { hasPrometheus } from "./prometheus.ts";

Deno.test({
  name: "a real Prometheus tells of a replica that is down and of one that lies (needs Debian's prometheus)",
  ignore: !hasPrometheus(),
  async fn() {
    const script = new URL("alerts_run.ts", import.meta.url).pathname;
    const faults = ["one of four is killed", "a replica contradicts itself"];
    const args = ["run", "-q", "--no-prompt", "-P=test", script, ...faults];
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
    const said = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
    assert(success, said);
    assertMatch(said, /^a replica contradicts itself +BftRaftEvidence +\d+\.\d +stays$/m);
  },
});
