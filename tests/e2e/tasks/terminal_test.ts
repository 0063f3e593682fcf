/** Runs the commands of the README under a terminal: none asks for a permission, Ctrl-C stops them, and exit codes are right. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { kill } from "node:process";
import { PORTS_PER_REPLICA } from "../../../crypto/roster/generate_cluster.ts";
import { eventually } from "../../../tasks/support/eventually.ts";
import { findFreePorts } from "../../../tasks/support/free_ports.ts";
import { Terminal } from "../support/terminal.ts";

const CONFIG = new URL("../../../deno.json", import.meta.url).pathname;
const COMMAND_MS = 30_000;
const DEMO_MS = 100_000;
/** `script` of other systems takes other options. */
const ignore = Deno.build.os !== "linux";

/** Runs a task to its end and returns what it showed. */
async function shown(timeoutMs: number, ...task: readonly string[]): Promise<string> {
  await using terminal = new Terminal(["task", ...task]);
  const code = await terminal.exitCode(timeoutMs);
  assertEquals(code, 0, terminal.text);
  return terminal.text;
}

Deno.test({
  name: "the demo tells its whole story in a terminal and ends with 0",
  ignore,
  async fn() {
    const story = await shown(DEMO_MS, "--quiet", "demo");
    for (const line of story.trimEnd().split("\n")) assertMatch(line, /^ *\d+\.\d s {2}/, story);
    for (const step of ["kill -9", "intervene", "caught up", "evidence", "deposed", "verified", "done"]) {
      assert(story.includes(`s  ${step}`), `${step}:\n${story}`);
    }
  },
});

Deno.test({
  name: "a few seeds of the simulation pass in a terminal, and show how far they are",
  ignore,
  async fn() {
    const text = await shown(COMMAND_MS, "sim", "--seeds", "2");
    assertMatch(text, /\r\d of 2 seeds, 0 failed\rbyzantine, n = 4: /);
    assertMatch(text, /\n2 passed, 0 failed\n$/);
    assert(!(await shown(COMMAND_MS, "sim", "--seeds", "2", "--json")).includes("of 2 seeds"));
  },
});

Deno.test({
  name: "the bench shows in a terminal what it measures, and how long already",
  ignore,
  async fn() {
    const flags = ["--replicas", "1", "--clients", "1", "--seconds", "1", "--warm-up", "1", "--idle-seconds", "1"];
    const text = await shown(COMMAND_MS, "bench", ...flags);
    assertMatch(text, /\rrun 1 of 1, BFT Raft [\d.]+, idle: 0 of 1 s\r/);
    assertMatch(text, /\rrun 1 of 1, BFT Raft [\d.]+, 1 client: 0 of 1 s\r/);
    assertMatch(text, /\nidle 1 s: .*\nclients {2}writes\/s/);
  },
});

Deno.test({
  name: "cluster, client and shell serve in terminals, Ctrl-C stops the cluster, and its processes are gone",
  ignore,
  async fn() {
    const dir = await Deno.makeTempDir();
    try {
      await useCluster(`${dir}/cluster`);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});

async function useCluster(dir: string): Promise<void> {
  const basePort = String(findFreePorts(4 * PORTS_PER_REPLICA));
  // From another folder, as a user does who has the project elsewhere.
  const task = ["task", "--config", CONFIG, "cluster", "--dir", dir, "--base-port", basePort];
  await using cluster = new Terminal(task, { cwd: Deno.makeTempDirSync({ dir: `${dir}/..` }) });
  await cluster.shows(/\nCtrl-C stops all\n/, COMMAND_MS);
  const pids = [...cluster.text.matchAll(/^r\d is ready \(pid (\d+)\)$/gm)].map((match) => Number(match[1]));
  assertEquals([pids.length, pids.filter(isThere)], [4, pids]);
  // On a busy machine there is a line before that says for how long it waits, and was erased.
  const client = ["client", "--cluster", `${dir}/cluster.json`, "--key", `${dir}/c1.key`];
  assertMatch(await shown(COMMAND_MS, ...client, "put", "greeting", "hello"), /[\r\n]put "greeting": revision 1, /);
  assertMatch(await shown(COMMAND_MS, ...client, "get", "greeting"), /[\r\n]hello\n/);
  await useShell([...client, "shell"]);
  await cluster.interrupt();
  assertEquals(await cluster.exitCode(COMMAND_MS), 0, cluster.text);
  // Replicas may log something in between.
  const stopping = /\n\^C(?:[^\n]*\n)+?SIGINT: stopping all\n(?:[^\n]*\n)*?stopped; a second start goes on with it\n$/;
  assertMatch(cluster.text, stopping);
  assert(!cluster.text.includes("by itself"), cluster.text);
  await eventually("the replicas are gone", () => !pids.some(isThere));
}

const UP = "\x1b[A";
const END_OF_INPUT = "\x04";

async function useShell(task: readonly string[]): Promise<void> {
  await using shell = new Terminal(["task", ...task]);
  await shell.shows(/> $/, COMMAND_MS);
  await shell.type("put greeting again\n");
  const [, revision] = await shell.shows(/\nput "greeting": revision (\d+), log index \d+\n> $/, COMMAND_MS);
  await shell.type(`${UP}\n`);
  const again = new RegExp(`> put greeting again\\s+put "greeting": revision ${Number(revision) + 1}, .*\n> $`);
  await shell.shows(again, COMMAND_MS);
  await shell.type("a line that is not meant");
  await shell.shows(/not meant$/, COMMAND_MS);
  await shell.interrupt();
  await shell.shows(/not meant(?:> )+$/, COMMAND_MS);
  await shell.type(`get greeting\n`);
  await shell.shows(/\nagain\n> $/, COMMAND_MS);
  await shell.type(END_OF_INPUT);
  assertEquals(await shell.exitCode(COMMAND_MS), 0, shell.text);
}

/** Returns whether there is a process `pid`. */
function isThere(pid: number): boolean {
  try {
    return kill(pid, 0);
  } catch {
    return false;
  }
}
