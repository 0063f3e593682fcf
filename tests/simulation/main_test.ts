/** `deno task sim` as a process. */
import { assert, assertEquals, assertMatch } from "@std/assert";

const root = new URL("../../", import.meta.url);

async function sim(...args: string[]): Promise<{ code: number; lines: string[]; errors: string }> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "--no-prompt", "--no-check", "-P=sim", "tests/simulation/main.ts", ...args],
    cwd: root,
    env: { NO_COLOR: "1" },
  });
  const { code, stdout, stderr } = await command.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trimEnd();
  return { code, lines: text(stdout).split("\n"), errors: text(stderr) };
}

Deno.test("sim: seeds that pass, with a summary in JSON and the count at the end", async () => {
  const { code, lines } = await sim("--seeds", "3", "--start", "40", "--json");
  assertEquals([code, lines.at(-1)], [0, "3 passed, 0 failed"]);
  const summary = JSON.parse(lines.at(-2)!);
  assertEquals([summary.runs, summary.first, summary.replicas, summary.failures], [3, 40, 4, []]);
  assert(summary.sums.commits > 0 && summary.sums.steps > 1000, lines.at(-2));
});

Deno.test("sim: a fresh seed is printed, and it can be run again", async () => {
  const { code, lines } = await sim("--fresh", "--seeds", "1");
  assertEquals([code, lines.at(-1)], [0, "1 passed, 0 failed"]);
  assertMatch(lines[0]!, /^fresh seed \d+$/);
});

Deno.test("sim: seeds of the crash profile pass, by default with three replicas", async () => {
  const { code, lines } = await sim("--profile", "crash", "--seeds", "2");
  assertEquals([code, lines.at(-1)], [0, "2 passed, 0 failed"]);
  assertMatch(lines[0]!, /^crash, n = 3: 2 seeds/);
});

Deno.test("sim: a mutant is found, its seed can be run again, and what is left of it is a transcript", async () => {
  const found = await sim("--mutant", "commit-after-one-phase", "--transcript");
  assertEquals([found.code, found.lines.at(-1)], [0, "mutant commit-after-one-phase was found"]);
  const replay = found.lines.find((line) => line.startsWith("  deno task sim --"))!;
  assertMatch(
    replay,
    /^ {2}deno task sim --start \d+ --seeds 1 --replicas 4 --mutant commit-after-one-phase --transcript$/,
  );
  const shrunk = found.lines.findIndex((line) => line.startsWith("shrunk in "));
  assert(shrunk > 0, "nothing was shrunk");
  assertMatch(found.lines[shrunk + 1]!, /^ {2}seed \d+, n = 4/);
  const again = await sim(...replay.trim().split(" ").slice(3, -1));
  assertEquals(
    again.lines.find((line) => line.startsWith("seed ")),
    found.lines.find((line) => line.startsWith("seed ")),
  );
});

Deno.test("sim: what is no option, no mutant, no actor, no scenario or no number is refused with what is wanted", async () => {
  for (
    const [args, wanted] of [
      [["--seed", "3"], "--help lists"],
      [["--mutant", "nothing"], "--list-mutants names"],
      [["--actor", "nobody"], "wanted one of equivocate"],
      [["--scenario", "nowhere"], "wanted one of branch-at-a-snapshot"],
      [["--scenario", "old-terms", "--actor", "silent"], "wanted one of the two"],
      [["--profile", "raft"], "wanted one of byzantine, crash"],
      [["--profile", "crash", "--actor", "silent"], "nobody lies there"],
      [["--profile", "crash", "--replicas", "2"], "wanted 3 to 16"],
      [["--seeds", "many"], "wanted an integer"],
      [["--seeds", "0"], "wanted at least 1"],
      [["--replicas", "3"], "wanted 4 to 16"],
      [["--recording", "/nowhere"], "/nowhere"],
      [["--wan", "moon"], "wanted one of europe, atlantic, world, even"],
      [["--wan", "world", "--replicas", "4,32"], "given 32, wanted 4 to 31"],
      [["--wan", "europe", "--leader", "Tokyo"], "wanted one of best, worst"],
      [["--wan", "europe", "--value", "0"], "given 0, wanted 1 to 65536"],
    ] as const
  ) {
    const { code, errors } = await sim(...args);
    assertEquals(code, 2, args.join(" "));
    assert(errors.startsWith("sim: ") && errors.includes(wanted), `${args.join(" ")}: ${errors}`);
  }
});

Deno.test("sim: a wide area is told as tables, or in JSON", async () => {
  const args = ["--wan", "europe", "--replicas", "4,7", "--clients", "1", "--seconds", "1", "--bandwidth", "0"];
  const { code, lines } = await sim(...args);
  assertEquals([code, lines[0]], [0, "europe: three regions of Europe"]);
  assertEquals(lines.filter((line) => /^4 +1 +Frankfurt +13 /.test(line)).length, 1, lines.join("\n"));
  assertEquals(lines.filter((line) => /^7 +3 × 1 /.test(line)).length, 2, lines.join("\n"));
  const json = await sim(...args, "--json", "--load-only");
  const { profile, latency, load } = JSON.parse(json.lines[0]!);
  assertEquals([profile, latency, load.map((row: { replicas: number }) => row.replicas)], ["europe", [], [4, 7]]);
  assert(load[0].writesPerSecond > 10 && load[0].bandwidth === null, json.lines[0]);
});

Deno.test("sim: mutants are listed with their clause and what they plant", async () => {
  const { code, lines } = await sim("--list-mutants");
  assertEquals(code, 0);
  assert(
    lines.length > 40 && lines.every((line) => /^[a-z0-9-]+ \((safety|liveness), §[\d.]+\): ./.test(line)),
    lines[0],
  );
});
