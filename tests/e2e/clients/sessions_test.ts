/** Client sessions on real processes (§7.1): many runs and processes with one key, and clocks that nobody can trust. */
import { assert, assertEquals } from "@std/assert";
import { connectOverZmq } from "../../../client/cli/connect.ts";
import { runCli } from "../../../client/cli/run.ts";
import type { CommittedCommand } from "../../../client/mod.ts";
import { DenoProcess } from "../../../tasks/support/deno_process.ts";
import type { LocalCluster } from "../../../tasks/support/local_cluster.ts";
import { Observer } from "../../../tasks/support/observer.ts";
import { withLocalCluster } from "../support/with_local_cluster.ts";

Deno.test("one key: two processes at once, many runs in a row, and a clock that steps; each write is done, and ordered once", () =>
  withLocalCluster({ clients: 4 }, async (cluster) => {
    await cluster.startAll();
    await processesShareAKey(cluster);
    await runsShareAKey(cluster);
    await clockSteps(cluster);
  }));

/** Runs one client command as a process of its own. */
async function runProcess(cluster: LocalCluster, id: string, ...args: string[]): Promise<number> {
  await using process = new DenoProcess("client", "client/main.ts", [...cluster.credentials(id), ...args]);
  const { code } = await process.exited;
  await Promise.all([process.stdout.ended, process.stderr.ended]);
  return code;
}

/** Everything that `client` had ordered: its registers, and its commands. */
async function orderedBy(cluster: LocalCluster, client: string) {
  const observer = await Observer.of(cluster, "c2");
  const own = await cluster.client("c2");
  const { index: last } = await own.put("end", "of what is looked at");
  let registers = 0;
  const commands: CommittedCommand[] = [];
  for (let index = 1; index < last; index++) {
    const entry = await observer.entry(cluster.ids[0]!, index);
    if (!entry.committed) throw new Error(`index ${index} is not committed, though ${last} is`);
    for (const request of entry.commands.filter((each) => each.client === client)) {
      if ("base" in request) registers++;
      else commands.push(request);
    }
  }
  return { registers, commands, numbers: new Set(commands.map(({ session, seq }) => `${session}/${seq}`)) };
}

/** Two processes with one key write at once: each write is done, and ordered once. */
async function processesShareAKey(cluster: LocalCluster): Promise<void> {
  const rounds = Array.from({ length: 6 }, (_, i) => i);
  const writer = async (name: string) => {
    for (const round of rounds) {
      assertEquals(await runProcess(cluster, "c1", "put", `${name}${round}`, "v"), 0, `${name} ${round}`);
    }
  };
  await Promise.all([writer("a"), writer("b")]);
  const { registers, commands, numbers } = await orderedBy(cluster, "c1");
  assertEquals([registers, commands.length, numbers.size], [12, 12, 12]);
  const client = await cluster.client("c1");
  for (const key of ["a", "b"].flatMap((name) => rounds.map((round) => `${name}${round}`))) {
    assert((await client.get(key)).found, key);
  }
}

/** Well above the sessions that a key may have open at a time (8). */
const RUNS = 20;

/** Runs of the command line in a row with one key: no error, a register and one request each. */
async function runsShareAKey(cluster: LocalCluster): Promise<void> {
  const errors: string[] = [];
  const io = {
    ...{ out: () => {}, err: (line: string) => void errors.push(line), progress: () => {} },
    ...{ stdin: new ReadableStream<Uint8Array>(), stdoutIsTerminal: false, typed: null },
  };
  for (let run = 0; run < RUNS; run++) {
    const code = await runCli([...cluster.credentials("c3"), "put", `k${run % 7}`, `${run}`], io, connectOverZmq);
    assertEquals([code, errors], [0, []], `run ${run}`);
  }
  const { registers, commands, numbers } = await orderedBy(cluster, "c3");
  assertEquals([registers, commands.length, numbers.size], [RUNS, RUNS, RUNS]);
  assert(commands.every(({ seq }) => seq === 1));
}

/** A clock stepped an hour forward and back between commands changes nothing. */
async function clockSteps(cluster: LocalCluster): Promise<void> {
  const client = await cluster.client("c4");
  const { revision } = await (await cluster.client("c2")).put("before", "the clock steps");
  const realNow = Date.now;
  try {
    for (const [i, hours] of [0, 1, -1, 0, 1, 24 * 365, -24 * 365, 0].entries()) {
      Date.now = () => realNow() + hours * 3_600_000;
      assertEquals((await client.put("clock", `${i}`)).revision, revision + i + 1);
    }
    // A run that begins with another clock than the one before it.
    Date.now = () => realNow() - 3_600_000;
    assertEquals((await (await cluster.client("c4")).put("clock", "later")).revision, revision + 9);
  } finally {
    Date.now = realNow;
  }
  const { registers, commands, numbers } = await orderedBy(cluster, "c4");
  assertEquals([registers, commands.length, numbers.size], [2, 9, 9]);
}
