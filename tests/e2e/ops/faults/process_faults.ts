/** Faults of processes: ended, hung, starved, told to take no part, or grown. */
import { delay, repeat } from "../load.ts";
import { KEYS, type Stage } from "../stage.ts";
import { BLAMED, CATCHES_UP, type Fault, NO_QUORUM, ONE_UNHEALTHY } from "./fault.ts";

const killed = (...ids: readonly string[]) => async (stage: Stage) => {
  await Promise.all(ids.map((id) => stage.cluster.process(id).kill()));
  return () => Promise.all(ids.map((id) => stage.start(id)));
};

/** Bytes of each value that makes a store grow, and MiB of memory that it is to grow by. */
const VALUE_BYTES = 64_000;
const GROWN_MIB = 48;

export const PROCESS_FAULTS: readonly Fault[] = [
  {
    what: "one of four is killed",
    alerts: ["BftRaftReplicaDown", "BftRaftNoFailureTolerated"],
    begin: killed("r4"),
  },
  {
    what: "two of four are killed",
    alerts: ["BftRaftReplicaDown", "BftRaftReplicaNotHealthy", ...NO_QUORUM],
    also: BLAMED,
    begin: killed("r3", "r4"),
  },
  {
    what: "all are killed",
    alerts: ["BftRaftReplicaDown", "BftRaftCannotWrite", "BftRaftGatewayFails"],
    // Of the moment in which they come back.
    also: ["BftRaftReplicaNotHealthy", ...NO_QUORUM, ...BLAMED],
    begin: killed("r1", "r2", "r3", "r4"),
  },
  {
    what: "a process hangs",
    alerts: ["BftRaftReplicaDown", "BftRaftNoFailureTolerated"],
    // Where it hung in the middle of a commit.
    also: ["BftRaftDiskSlow"],
    begin({ cluster }) {
      const process = cluster.process("r4");
      process.signal("SIGSTOP");
      return Promise.resolve(() => Promise.resolve(process.signal("SIGCONT")));
    },
  },
  {
    what: "a process stands still now and then",
    alerts: ["BftRaftStarved"],
    // As the half seconds fall.
    also: [...CATCHES_UP, ...ONE_UNHEALTHY, "BftRaftDiskSlow"],
    begin({ cluster }) {
      const process = cluster.process("r4");
      return Promise.resolve(repeat(async () => {
        process.signal("SIGSTOP");
        await delay(500);
        process.signal("SIGCONT");
        await delay(500);
      }));
    },
  },
  {
    what: "one is deactivated",
    alerts: ONE_UNHEALTHY,
    also: CATCHES_UP,
    async begin({ operator }) {
      await operator.setActive("r4", false);
      return () => operator.setActive("r4", true);
    },
  },
  {
    what: "a gateway is down",
    alerts: ["BftRaftGatewayDown"],
    async begin(stage) {
      await stage.gateway.kill();
      return () => stage.restartGateway(KEYS.gateway);
    },
  },
  {
    what: "memory grows beyond its bound",
    alerts: ["BftRaftMemoryHigh"],
    // Large values are on the way while small ones wait.
    also: [...CATCHES_UP, "BftRaftInterventions", "BftRaftLeaderAtFault"],
    async begin({ prometheus, cluster }) {
      const most = await prometheus.value("max(bft_raft_resident_memory_bytes)");
      await prometheus.boundMemory(Math.ceil(most / 1024 / 1024) + GROWN_MIB);
      const client = await cluster.client(KEYS.sender);
      const stop = repeat((turn) =>
        client.put(`large ${turn % 2000}`, new Uint8Array(VALUE_BYTES), { timeoutMs: 5000 })
      );
      return async () => {
        await stop();
        await prometheus.boundMemory();
      };
    },
  },
];
