/** `deno task chaos`: replicas of a real cluster are killed again and again under load. See `--help`. */
import { PORTS_PER_REPLICA } from "../../../crypto/roster/generate_cluster.ts";
import { findFreePorts } from "../../../tasks/support/free_ports.ts";
import { LocalCluster } from "../../../tasks/support/local_cluster.ts";
import { EXIT_DONE, EXIT_FAILED, printLine, runTask } from "../../../tasks/support/run_task.ts";
import { type ChaosPlan, readChaosCommand, USAGE } from "./plan.ts";
import { type ChaosResult, type ChaosRun, clientsOf, runChaos } from "./run.ts";

const REPLICAS = 4;

async function run(plan: ChaosPlan): Promise<ChaosRun> {
  const dir = await Deno.makeTempDir();
  const start = performance.now();
  const say = (text: string) => printLine(`${((performance.now() - start) / 1000).toFixed(1).padStart(7)} s  ${text}`);
  try {
    await using cluster = await LocalCluster.open({
      ...{ dir, replicas: REPLICAS, clients: clientsOf(plan), basePort: findFreePorts(REPLICAS * PORTS_PER_REPLICA) },
      constants: {
        ...{ checkpointEvery: plan.checkpointEvery, logTail: plan.logTail },
        ...{ electionTimeoutMs: plan.electionTimeoutMs, patienceMs: 2 * plan.electionTimeoutMs },
      },
    });
    return await runChaos(cluster, plan, say);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

function report({ plan, clients, fleet, attacks, keys, operations, undecided, finalIndex, faults }: ChaosResult): void {
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
  printLine(`${keys} keys judged, ${undecided} undecided; all replicas alike at index ${finalIndex ?? "none"}`);
  for (const fault of faults) console.error(`FAULT ${fault.slice(0, 4000)}`);
}

async function chaos(args: readonly string[]): Promise<number> {
  const command = readChaosCommand(args);
  printLine(`seed ${command.plan.seed}`);
  const { result, record } = await run(command.plan);
  report(result);
  if (command.json !== null) await Deno.writeTextFile(command.json, JSON.stringify(result) + "\n");
  if (result.faults.length === 0) return EXIT_DONE;
  await Deno.writeTextFile(command.out, record());
  console.error(`the history and the replicas' last words are in ${command.out}`);
  return EXIT_FAILED;
}

if (import.meta.main) Deno.exit(await runTask({ name: "chaos", usage: USAGE, run: chaos, endsOnSignal: true }));
