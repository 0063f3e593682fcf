/** `deno task chaos`: replicas of a real cluster are killed again and again under load. See `--help`. */
import { PORTS_PER_REPLICA } from "../../../crypto/roster/generate_cluster.ts";
import { findFreePorts } from "../../../tasks/support/free_ports.ts";
import { LocalCluster } from "../../../tasks/support/local_cluster.ts";
import { EXIT_DONE, EXIT_FAILED, printLine, runTask } from "../../../tasks/support/run_task.ts";
import { type ChangesPlan, type ChangesResult, clientsFor, runChanges } from "./changes/run_changes.ts";
import { type ChaosCommand, type ChaosPlan, readChaosCommand, USAGE } from "./plan.ts";
import { type ChaosResult, type ChaosRun, clientsOf, runChaos } from "./run.ts";

const REPLICAS = 4;

type Result = ChaosResult | Omit<ChangesResult, "record">;

type Say = (text: string) => void;

/** Runs `body` with a cluster in a directory of its own. */
async function withCluster<T>(
  plan: ChaosPlan,
  clients: number,
  body: (cluster: LocalCluster, say: Say) => Promise<T>,
): Promise<T> {
  const dir = await Deno.makeTempDir();
  const start = performance.now();
  const say: Say = (text) => printLine(`${((performance.now() - start) / 1000).toFixed(1).padStart(7)} s  ${text}`);
  try {
    await using cluster = await LocalCluster.open({
      ...{ dir, replicas: REPLICAS, clients, basePort: findFreePorts(REPLICAS * PORTS_PER_REPLICA) },
      constants: {
        ...{ checkpointEvery: plan.checkpointEvery, logTail: plan.logTail },
        ...{ electionTimeoutMs: plan.electionTimeoutMs, patienceMs: 2 * plan.electionTimeoutMs },
      },
    });
    return await body(cluster, say);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const run = (plan: ChaosPlan): Promise<ChaosRun> =>
  withCluster(plan, clientsOf(plan), (cluster, say) => runChaos(cluster, plan, say));

async function change(plan: ChangesPlan, chaos: ChaosPlan): Promise<ChangesResult> {
  const result = await withCluster(chaos, clientsFor(plan), (cluster, say) => runChanges(cluster, plan, say));
  const { made, clients, kills, keys, operations, undecided, heard, listeners, faults } = result;
  const pauses = made.map(({ pauseMs }) => pauseMs).sort((a, b) => a - b);
  printLine(
    `\nseed ${plan.seed}: ${made.length} changes, ${kills} kills; ${operations} operations, ${clients.acknowledgedWrites} writes acknowledged`,
  );
  printLine(
    `longest time without an acknowledged write around a change: ${pauses.at(-1)} ms, median ${
      pauses[pauses.length >> 1]
    } ms`,
  );
  printLine(`${keys} keys judged, ${undecided} undecided; ${heardText(heard, listeners)}`);
  for (const fault of faults) console.error(`FAULT ${fault.slice(0, 4000)}`);
  return result;
}

const heardText = (heard: number, listeners: number) => `${heard} changes heard by each of ${listeners} listeners`;

function report(result: ChaosResult): void {
  const { plan, clients, fleet, attacks, keys, operations, undecided, heard, listeners, finalIndex, faults } = result;
  const drawn = Object.entries(attacks).map(([name, times]) => `${name} ${times}`).join(", ");
  printLine(`\nseed ${plan.seed}, ${plan.seconds} s; attacks: ${drawn}`);
  const { kills, killsDuringStart, restarts, wipes, checkpoints, transfers, transferredBytes, recoveries, elections } =
    fleet;
  printLine(
    `${kills} kills (${killsDuringStart} during a start), ${restarts} starts, ${elections} terms with a leader`,
  );
  printLine(
    `${checkpoints} checkpoints, ${transfers} state transfers (${transferredBytes} bytes), ${wipes} disks lost, ` +
      `${recoveries} recoveries ended`,
  );
  const { acknowledgedWrites, refusedWrites, reads, unknown, longestGapSeconds, longestGapAt } = clients;
  printLine(
    `${operations} operations: ${acknowledgedWrites} writes acknowledged, ${refusedWrites} refused, ${reads} reads, ` +
      `${unknown} of unknown outcome`,
  );
  printLine(
    `longest time without any answer ${longestGapSeconds.toFixed(1)} s, from second ${longestGapAt.toFixed(0)} on`,
  );
  printLine(
    `${keys} keys judged, ${undecided} undecided; ${heardText(heard, listeners)}; all replicas alike at index ${
      finalIndex ?? "none"
    }`,
  );
  for (const fault of faults) console.error(`FAULT ${fault.slice(0, 4000)}`);
}

async function perform({ plan, changes }: ChaosCommand): Promise<{ result: Result; record: () => string }> {
  if (changes !== null) {
    const { seed, clients, pauseSeconds } = plan;
    const { record, ...result } = await change({ changes, seed, clients, pauseSeconds }, plan);
    return { result, record };
  }
  const ended = await run(plan);
  report(ended.result);
  return ended;
}

async function chaos(args: readonly string[]): Promise<number> {
  const command = readChaosCommand(args);
  printLine(`seed ${command.plan.seed}`);
  const { result, record } = await perform(command);
  if (command.json !== null) await Deno.writeTextFile(command.json, JSON.stringify(result) + "\n");
  if (result.faults.length === 0) return EXIT_DONE;
  await Deno.writeTextFile(command.out, record());
  console.error(`the history and the replicas' last words are in ${command.out}`);
  return EXIT_FAILED;
}

if (import.meta.main) Deno.exit(await runTask({ name: "chaos", usage: USAGE, run: chaos, endsOnSignal: true }));
