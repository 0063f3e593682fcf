/** Faults of disks: full, slow, lost; and a state that does not come. */
import { eventually } from "../../../../tasks/support/eventually.ts";
import { LineLog } from "../../../../tasks/support/line_log.ts";
import { loseDisk } from "../../../../tasks/support/lost_disk.ts";
import { KEYS, type Stage } from "../stage.ts";
import { BLAMED, CATCHES_UP, type Fault, NO_QUORUM, ONE_UNHEALTHY } from "./fault.ts";

/** Time that each commit takes on a slow disk, in microseconds: more than an election timeout of the stage. */
const SLOW_US = 600_000;
const VALUES = 150;
const VALUE_BYTES = 60_000;
const PATIENCE_MS = 60_000;

/** Has every wait of `pid` for its disk take longer, by strace. Returns what ends that. */
async function slowDown(pid: number): Promise<() => Promise<unknown>> {
  const calls = "fsync,fdatasync";
  const args = ["-f", "-p", `${pid}`, "-e", `trace=${calls}`, "-e", `inject=${calls}:delay_enter=${SLOW_US}:when=1+60`];
  const tracer = new Deno.Command("strace", { args, stdout: "null", stderr: "piped" }).spawn();
  const said = new LineLog(tracer.stderr);
  const end = async () => {
    tracer.kill("SIGTERM");
    await tracer.status;
    await said.ended;
  };
  try {
    await said.waitFor("strace is attached", (line) => line.includes(`Process ${pid} attached`), PATIENCE_MS);
  } catch (error) {
    await end();
    throw error;
  }
  return end;
}

/** Writes more than a moment's worth of state, and until all of it is below a checkpoint and no entries hold it any more. */
async function fillUp({ cluster, observer }: Stage): Promise<void> {
  const client = await cluster.client(KEYS.sender);
  for (let i = 0; i < VALUES; i++) await client.put(`large ${i}`, new Uint8Array(VALUE_BYTES).fill(i));
  const [{ commitIndex: level } = { commitIndex: 0 }] = await observer.statuses(["r1"]);
  await eventually("a checkpoint holds it", async () => {
    const statuses = await observer.statuses(cluster.ids);
    return statuses.every(({ logBase }) => logBase >= level);
  }, PATIENCE_MS);
}

const received = async (stage: Stage, id: string): Promise<number> =>
  Number(/^bft_raft_transfer_bytes (\d+)$/m.exec(await stage.probe(id, "/metrics"))?.[1] ?? NaN);

export const DISK_FAULTS: readonly Fault[] = [
  {
    what: "a disk is full",
    needs: "prlimit",
    alerts: ["BftRaftDiskRefuses", ...ONE_UNHEALTHY],
    also: CATCHES_UP,
    async begin(stage) {
      await stage.boundFiles("r4", true);
      return () => stage.boundFiles("r4", false);
    },
  },
  {
    what: "a disk is slow",
    needs: "strace",
    alerts: ["BftRaftDiskSlow"],
    // It does nothing else while it waits for its disk: it answers late, falls behind, and does not get to run.
    also: [...CATCHES_UP, "BftRaftStarved", "BftRaftReplicaDown", ...ONE_UNHEALTHY],
    begin: ({ cluster }) => slowDown(cluster.process("r4").pid),
  },
  {
    // With all others up it is a full member again before anybody is told.
    what: "a disk is lost, and another replica is down",
    alerts: ["BftRaftReplicaNotHealthy", "BftRaftLearner", "BftRaftReplicaDown", ...NO_QUORUM],
    also: [...BLAMED, ...CATCHES_UP, "BftRaftNoFailureTolerated"],
    async begin(stage) {
      const { cluster } = stage;
      await cluster.process("r3").kill();
      await loseDisk(cluster, "r4");
      await stage.start("r4", "--recover");
      return () => stage.start("r3");
    },
  },
  {
    what: "a state that is fetched does not come",
    alerts: ["BftRaftTransferStuck", "BftRaftLearner", ...ONE_UNHEALTHY],
    also: CATCHES_UP,
    async begin(stage) {
      await fillUp(stage);
      await loseDisk(stage.cluster, "r4");
      stage.mesh.set("r4", { passes: true, delayMs: 100 });
      await stage.start("r4", "--recover");
      await eventually("some of it has come", async () => await received(stage, "r4") > 0, PATIENCE_MS);
      stage.mesh.set("r4", { passes: false, delayMs: 0 });
      return () => Promise.resolve(stage.mesh.set("r4", { passes: true, delayMs: 0 }));
    },
  },
];
