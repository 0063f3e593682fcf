import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { searchMutant } from "../simulation/cli/mutants.ts";
import { SCENARIOS } from "../simulation/scenarios/mod.ts";
import { longTest } from "../support/long_tests.ts";
import { applyMutant, findMutant, listMutants } from "./mod.ts";
import type { Mutant } from "./mutant.ts";
import { createSources, patchedFiles } from "./patches.ts";
import { PROJECT } from "./project.ts";

/** Mutants that the simulation must find at least. */
const DEMANDED: Readonly<Record<Mutant["kind"], readonly string[]>> = {
  safety: [
    "commit-after-one-phase",
    "quorum-2f",
    "quorum-by-majority",
    "acks-below-the-base",
    "ack-before-the-base",
    "votes-without-rank-check",
    "rank-lowered-at-a-new-leader",
    "prepared-branch-dropped",
    "refusal-counted-as-a-vote",
    "two-responses-counted-twice",
    "acks-of-different-terms-mixed",
    "prepared-of-another-term-counted",
    "prepared-reported-after-a-vote",
    "acked-entry-replaced",
    "guard-keyed-by-index-only",
    "second-vote-for-another-base",
    "votes-on-mixed-bases",
    "candidate-campaigns-from-its-log",
    "append-entries-without-proof",
    "base-not-checked",
    "truncation-below-commit",
    "term-not-durable",
    "vote-not-durable",
    "ack-not-durable",
    "restarted-leader-leads-on",
    "acks-go-on-after-catch-up",
    "client-signature-unchecked",
    "duplicate-request-applied",
    "window-moved-by-highest-applied",
    "sessions-missing-in-the-digest",
    "register-horizon-off",
    "register-twice-makes-two",
    "floor-not-raised-at-close",
    "repeat-keeps-session-alive",
    "conflict-answered-as-applied",
    "closed-session-executes",
    "unexecuted-told-of-an-executed-one",
    "lru-by-wrong-order",
    "client-accepts-one-reply",
    "fast-reads-with-weak-writes",
    "query-goes-to-apply",
    "snapshot-without-certificate",
    "chunk-unchecked",
    "compaction-beyond-base",
    "commit-goes-back",
    "amnesia-after-recover",
    "bar-from-one-answer",
    "bar-without-prevotes",
    "recovery-ends-early",
    "bar-off-by-one",
    "roll-call-nonce-unchecked",
    "tail-drops-checkpoint-entry",
    "branch-edge-off-by-one-at-install",
    "any-term-behind-the-base",
    "envelope-signature-unchecked",
    "good-entry-accuses",
    "crash-quorum-by-half",
    "crash-older-acks-counted",
    "crash-votes-without-log-comparison",
    "crash-longest-log-wins",
    "crash-ack-without-rank",
    "crash-ack-before-durable",
    "leader-goes-on-behind-a-stop-sign",
    "no-op-behind-a-stop-sign",
    "rights-unread",
    "follower-appends-behind-a-stop-sign",
    "epoch-ends-with-few-checkpoints",
    "revoked-sessions-stay",
    "registers-cross",
    "term-crosses",
    "vote-crosses",
    "guard-crosses",
    "genesis-without-the-state",
    "one-domain-for-all-epochs",
    "epoch-marks-unread",
    "held-without-the-state",
    "stands-without-the-state",
    "recovery-dropped-at-a-border",
  ],
  liveness: [
    "heartbeat-replay-accepted",
    "heartbeats-clear-suspicion",
    "other-commits-clear-patience",
    "no-leader-self-suspicion",
    "starved-time-counts",
    "pre-votes-of-the-exact-term",
    "no-turns",
    "no-repeat-of-responses",
    "response-without-head-after-restart",
    "refusal-ends-a-candidacy",
    "install-forgets-to-settle",
    "no-window",
    "tail-kept-by-a-new-leader",
    "change-beside-others-taken",
    "ends-not-shown",
    "shown-end-not-believed",
    "no-checkpoint-at-a-stop-sign",
    "any-commit-forgives",
    "pace-never-doubles",
    "one-slow-leader-doubles",
  ],
};

const SOURCES = createSources();
const read = (file: string) => Deno.readTextFileSync(new URL(file, PROJECT));
/** Paths of modules, wherever they are now. */
const STEP = SOURCES.definitions.find("step").file;
const KEPT = ["deno.json", "deno.lock", "mod.ts", STEP, SOURCES.definitions.find("createSession").file];

Deno.test("every mutant demanded is there, and says what it breaks and how it shows", () => {
  for (const [kind, names] of Object.entries(DEMANDED)) {
    for (const name of names) assertEquals(findMutant(name).kind, kind, name);
  }
  const all = listMutants();
  assertEquals(new Set(all.map(({ name }) => name)).size, all.length, "two mutants of one name");
  for (const { name, what, how, clause, patches, scenario } of all) {
    assert(scenario === undefined || scenario in SCENARIOS, `${name} is searched in ${scenario}, which there is not`);
    assert(/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name), `${name} is not in kebab-case`);
    assert(/^§\d+\.\d+$/.test(clause), `${name} breaks ${clause}, which is no clause`);
    assert(what.length > 20 && !what.includes("\n") && how.length > 20 && patches.length > 0, name);
  }
});

Deno.test("a test that is to find a mutant is there", () => {
  for (const { name, test } of listMutants()) {
    if (test === undefined) continue;
    const found = read(test.file).split(`Deno.test("${test.named} `).length - 1;
    assertEquals(found, 1, `${name} is found by ${test.named} in ${test.file}`);
  }
});

longTest("each mutant that a test of its clause is to find fails it", async () => {
  for (const { name, test } of listMutants()) {
    if (test !== undefined) assert(await searchMutant(name, []), `${name} was not found by ${test.named}`);
  }
});

Deno.test("every patch fits exactly once, and what it leaves is well-formed", () => {
  for (const mutant of listMutants()) {
    for (const { definition, find, replace } of mutant.patches) {
      assert(find !== replace, `${mutant.name} has a patch of ${definition} that changes nothing:\n${find}`);
    }
    for (const [file, text] of patchedFiles(mutant, SOURCES)) {
      assert(text !== read(file), `${mutant.name} changes nothing in ${file}`);
      try {
        Deno.lint.runPlugin({ name: "parses", rules: {} }, file, text);
      } catch (error) {
        throw new Error(`${mutant.name} leaves ${file} malformed`, { cause: error });
      }
    }
  }
});

Deno.test("a planted mutant differs from the project in its patches only, and leaves nothing behind", async () => {
  const into = await Deno.makeTempDir();
  try {
    const copy = await applyMutant("quorum-2f", into);
    const texts = patchedFiles(copy.mutant, SOURCES);
    for (const file of [...KEPT, "tests/mutants/mod.ts"]) {
      assertEquals(await Deno.readTextFile(`${copy.root}/${file}`), read(file));
    }
    for (const [file, text] of texts) assertEquals(await Deno.readTextFile(`${copy.root}/${file}`), text);
    assert(texts.size > 0 && copy.root.startsWith(`${await Deno.realPath(into)}/quorum-2f-`));
    await copy.remove();
    await copy.remove();
    assertEquals([...Deno.readDirSync(into)], []);
    await assertRejects(() => applyMutant("no-such-mutant", into), RangeError, "wanted one of commit-after-one-phase");
    assertEquals([...Deno.readDirSync(into)], []);
  } finally {
    await Deno.remove(into, { recursive: true });
  }
});

const MODULE = new URL("./mod.ts", import.meta.url).href;

/** Plants a mutant in `into` in a separate process, which is killed when the copy is there. Returns the copy's root. */
async function plantAndDie(into: string): Promise<string> {
  const code = `const { applyMutant } = await import(${JSON.stringify(MODULE)});
    console.log((await applyMutant("quorum-2f", Deno.args[0])).root);
    setInterval(() => {}, 1000);`;
  const child = new Deno.Command(Deno.execPath(), { args: ["eval", "-q", code, into], stdout: "piped" }).spawn();
  try {
    for await (const line of child.stdout.pipeThrough(new TextDecoderStream())) return line.trim();
    throw new Error("wanted a root from the process that plants, got its end");
  } finally {
    child.kill("SIGKILL");
    await child.status;
  }
}

Deno.test("copies of processes that were killed are removed by the next one; those in use and other directories are not", async () => {
  const into = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${into}/quorum-2f-of-somebody`);
    await Deno.writeTextFile(`${into}/file`, "");
    const left = await plantAndDie(into);
    assert((await Deno.stat(`${left}/${STEP}`)).isFile);
    await using first = await applyMutant("quorum-2f", into);
    assertThrows(() => Deno.statSync(left), Deno.errors.NotFound);
    await using second = await applyMutant("no-turns", into);
    const names = [...Deno.readDirSync(into)].map(({ name }) => name).sort();
    const wanted = [first.root, second.root].map((root) => root.split("/").at(-1)!);
    assertEquals(names, ["file", "quorum-2f-of-somebody", ...wanted].sort());
  } finally {
    await Deno.remove(into, { recursive: true });
  }
});
