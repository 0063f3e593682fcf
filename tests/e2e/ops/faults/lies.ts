/** Replicas that lie. What they did stays known. */
import { DenoProcess } from "../../../../tasks/support/deno_process.ts";
import { CATCHES_UP, type Fault, ONE_UNHEALTHY } from "./fault.ts";

const READY_MS = 30_000;

export const LIES: readonly Fault[] = [
  {
    what: "a replica answers clients wrongly",
    alerts: ["BftRaftReplicaContradicted"],
    // Answers are part of the state: its checkpoints differ, and it stops at the next one.
    also: ["BftRaftReplicaDown", ...CATCHES_UP, ...ONE_UNHEALTHY],
    async begin(stage) {
      const { cluster } = stage;
      await cluster.process("r4").end();
      const args = [
        `${cluster.dir}/cluster.json`,
        `${cluster.dir}/r4.key`,
        cluster.dataDir("r4"),
        ...stage.flagsOf("r4"),
      ];
      const liar = new DenoProcess("test", "tests/e2e/ops/faults/lying_replica.ts", args);
      await liar.stdout.waitFor("the liar", (line) => line === "ready", READY_MS);
      return async () => {
        await liar.kill();
        await stage.start("r4");
      };
    },
  },
  {
    what: "a replica contradicts itself",
    alerts: ["BftRaftEvidence"],
    // One that leads when it is caught is deposed for it.
    also: ["BftRaftReplicaDown", "BftRaftNoFailureTolerated", "BftRaftLeaderAtFault"],
    stays: ["BftRaftEvidence"],
    async begin(stage) {
      await stage.cluster.process("r4").end();
      await stage.start("r4", "--byzantine", "corrupt-acks", "--unsafe-test-faults");
      return async () => {
        await stage.cluster.process("r4").end();
        await stage.start("r4");
      };
    },
  },
];
