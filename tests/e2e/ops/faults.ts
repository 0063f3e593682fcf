/** Faults that operators want to hear of, done to a real cluster one by one, and the alerts that each has to raise. */
import type { Client } from "../../../client/mod.ts";
import { readKeyFile } from "../../../crypto/keys/key_file.ts";
import { loadBackend } from "../../../crypto/signing/load_backend.ts";
import { deposeLeader } from "../../../tasks/support/change_leader.ts";
import type { LocalCluster } from "../../../tasks/support/local_cluster.ts";
import type { Observer } from "../../../tasks/support/observer.ts";
import { openClientTransport } from "../../../transport/mod.ts";
import { delay } from "./load.ts";

/** The cluster under test, and who may do what to it. */
export interface Stage {
  readonly cluster: LocalCluster;
  readonly observer: Observer;
  readonly operator: Client;
  /** Starts a replica with its probes, and further flags. */
  start(id: string, ...flags: string[]): Promise<unknown>;
}

/** A fault. */
export interface Fault {
  readonly what: string;
  /** Alerts that have to fire while it lasts. */
  readonly alerts: readonly string[];
  /** Does it; returns what undoes it. */
  begin(stage: Stage): Promise<() => Promise<unknown>>;
}

/** Bytes that a file may grow to: less than a replica's log holds. */
const BOUND_BYTES = 10_000;

async function boundFiles(pid: number, bytes: number | "unlimited"): Promise<void> {
  const { success } = await new Deno.Command("prlimit", { args: ["--pid", `${pid}`, `--fsize=${bytes}:`] }).output();
  if (!success) throw new Error(`the files of ${pid} could not be bounded`);
}

/** Repeats `work` until it is told to stop. */
function repeat(work: () => Promise<unknown>): () => Promise<unknown> {
  let isOver = false;
  const done = (async () => {
    while (!isOver) await work().catch(() => {});
  })();
  return () => {
    isOver = true;
    return done;
  };
}

const killed = (...ids: readonly string[]) => async ({ cluster, start }: Stage) => {
  await Promise.all(ids.map((id) => cluster.process(id).kill()));
  return () => Promise.all(ids.map((id) => start(id)));
};

/** Connects like one who has no key, again and again. */
async function knock(port: number): Promise<void> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  try {
    await connection.write(new Uint8Array(64).fill(7));
    await connection.read(new Uint8Array(64));
  } finally {
    connection.close();
  }
  await delay(20);
}

/** Sends what is no packet, as a client that is let in. */
async function babble({ cluster }: Stage): Promise<() => Promise<unknown>> {
  const { backend } = await loadBackend("auto");
  const key = await readKeyFile(`${cluster.dir}/c3.key`, backend);
  const transport = await openClientTransport({ roster: cluster.roster, key });
  const stop = repeat(async () => {
    for (let i = 0; i < 64; i++) transport.send("r1", [new Uint8Array(8).fill(255)]);
    await delay(20);
  });
  return async () => {
    await stop();
    await transport.close();
  };
}

export const FAULTS: readonly Fault[] = [
  {
    what: "one of four is killed",
    alerts: ["BftRaftReplicaDown", "BftRaftNoFailureTolerated"],
    begin: killed("r4"),
  },
  {
    what: "two of four are killed",
    alerts: ["BftRaftReplicaDown", "BftRaftReplicaNotHealthy", "BftRaftCannotWrite"],
    begin: killed("r3", "r4"),
  },
  {
    what: "all are killed",
    alerts: ["BftRaftReplicaDown", "BftRaftCannotWrite"],
    begin: killed("r1", "r2", "r3", "r4"),
  },
  {
    what: "a process hangs",
    alerts: ["BftRaftReplicaDown", "BftRaftNoFailureTolerated"],
    begin({ cluster }) {
      const process = cluster.process("r4");
      process.signal("SIGSTOP");
      return Promise.resolve(() => Promise.resolve(process.signal("SIGCONT")));
    },
  },
  {
    what: "a process stands still now and then",
    alerts: ["BftRaftStarved"],
    begin({ cluster }) {
      const process = cluster.process("r4");
      const stop = repeat(async () => {
        process.signal("SIGSTOP");
        await delay(500);
        process.signal("SIGCONT");
        await delay(500);
      });
      return Promise.resolve(stop);
    },
  },
  {
    what: "one is deactivated",
    alerts: ["BftRaftReplicaNotHealthy"],
    async begin({ operator }) {
      await operator.setActive("r4", false);
      return () => operator.setActive("r4", true);
    },
  },
  {
    what: "a disk is full",
    alerts: ["BftRaftDiskRefuses", "BftRaftReplicaNotHealthy"],
    async begin({ cluster }) {
      const { pid } = cluster.process("r4");
      await boundFiles(pid, BOUND_BYTES);
      return () => boundFiles(pid, "unlimited");
    },
  },
  {
    // With all others up it is a full member again before anybody is told.
    what: "a disk is lost, and another replica is down",
    alerts: ["BftRaftReplicaNotHealthy", "BftRaftLearner", "BftRaftCannotWrite"],
    async begin({ cluster, start }) {
      await Promise.all(["r3", "r4"].map((id) => cluster.process(id).kill()));
      await Deno.remove(cluster.dataDir("r4"), { recursive: true });
      await start("r4", "--recover");
      return () => start("r3");
    },
  },
  {
    what: "leaders change again and again",
    alerts: ["BftRaftLeadersChange"],
    begin({ cluster, observer, operator }) {
      return Promise.resolve(repeat(() => deposeLeader(cluster, observer, operator)));
    },
  },
  {
    what: "strangers knock",
    alerts: ["BftRaftStrangers"],
    begin({ cluster }) {
      const { clientPort } = cluster.roster.replicas[0]!;
      return Promise.resolve(repeat(() => knock(clientPort)));
    },
  },
  {
    what: "a client floods with garbage",
    alerts: ["BftRaftMemberMuted"],
    begin: babble,
  },
  {
    what: "a replica contradicts itself",
    alerts: ["BftRaftEvidence"],
    async begin({ cluster, start }) {
      await cluster.process("r4").end();
      await start("r4", "--byzantine", "corrupt-acks", "--unsafe-test-faults");
      return () => cluster.process("r4").end();
    },
  },
];
