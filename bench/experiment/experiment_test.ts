import { assert, assertEquals, assertThrows } from "@std/assert";
import { ConfigError } from "../../crypto/config_error.ts";
import { unhex } from "../../crypto/digest.ts";
import { backend } from "../../tests/support/backends.ts";
import { makeRoster } from "../../tests/support/make_roster.ts";
import { withFreeSignatures } from "./free_signatures.ts";
import { issue, measure, UNDER_WAY } from "./measure.ts";
import { readExperimentPlan } from "./plan.ts";
import { csvOf, plotOf, reportLines } from "./report.ts";
import type { ExperimentResult } from "./run.ts";

Deno.test("without arguments the experiment is the documented one, and numbers of commands ascend", () => {
  assertEquals(readExperimentPlan([]), {
    ...{ commands: [1, 10, 100, 500, 1000, 5000], size: 200, runs: 3 },
    ...{ only: null, csv: null, svg: null, provisional: false },
  });
  assertEquals(readExperimentPlan(["--commands", "50,2,50"]).commands, [2, 50]);
  assertThrows(() => readExperimentPlan(["--runs", "0"]), ConfigError, "--runs: given 0, wanted 1 to 1000");
  assertThrows(() => readExperimentPlan(["--commands", "1,x"]), ConfigError, '--commands: given "x"');
});

Deno.test("so many commands are issued and no more, a bounded number at a time", async () => {
  for (const commands of [1, UNDER_WAY, 500]) {
    const open = { now: 0, most: 0, all: 0 };
    await issue(commands, async () => {
      open.most = Math.max(open.most, ++open.now);
      open.all++;
      await Promise.resolve();
      open.now--;
    }, new Uint8Array(1));
    assertEquals([open.all, open.most], [commands, Math.min(commands, UNDER_WAY)]);
  }
});

Deno.test("each number of commands is measured after the warm-up, small ones several times", async () => {
  let puts = 0;
  const put = () => Promise.resolve(puts++);
  const points = await measure({ servers: {}, put }, [1, 200], 8, () => {});
  assertEquals(points.map(({ commands }) => commands), [1, 200]);
  assertEquals(puts, 1500 + 5 + 200);
  assert(points.every(({ ms, serversMs }) => ms >= 0 && serversMs === 0));
});

Deno.test("free signatures are those of the members named, and no real backend takes one", () => {
  const { roster, keys } = makeRoster();
  const [c1, r1] = ["c1", "r1"].map((id) => keys.get(id)!);
  const digest = new Uint8Array(32).fill(7);
  const client = withFreeSignatures(backend, "clients", roster, "client");
  const replica = withFreeSignatures(backend, "clients", roster, "replica");
  const free = client.sign(digest, unhex(c1!.secretKey));
  const real = replica.sign(digest, unhex(r1!.secretKey));
  assertEquals(real, backend.sign(digest, unhex(r1!.secretKey)));
  const verifies = (signature: Uint8Array, key: string) => replica.verify(signature, digest, unhex(key));
  assertEquals([verifies(free, c1!.publicKey), verifies(free, r1!.publicKey)], [true, false]);
  assertEquals([verifies(real, r1!.publicKey), verifies(real, c1!.publicKey)], [true, false]);
  for (const key of [c1!, r1!]) assert(!backend.verify(free, digest, unhex(key.publicKey)));
  const all = withFreeSignatures(backend, "all", roster, "replica");
  assert(all.verify(all.sign(digest, unhex(r1!.secretKey)), digest, unhex(r1!.publicKey)));
  assertEquals(withFreeSignatures(backend, "none", roster, "client"), backend);
});

const RESULT: ExperimentResult = {
  plan: readExperimentPlan(["--commands", "1,500", "--provisional"]),
  machine: { cores: 2, processor: "a processor", kernel: "6", deno: "2", loadBefore: "0 0 0" },
  etcd: null,
  systems: [{
    name: "byzantine, 4",
    points: [
      { commands: 1, ms: 6, serversMs: 10, clientMs: 1 },
      { commands: 500, ms: 250, serversMs: 0.5, clientMs: 0.25 },
    ],
  }],
};

Deno.test("CSV, table and plot have the medians, and what was published beside them", () => {
  const rows = csvOf(RESULT).trimEnd().split("\n");
  assertEquals(rows.slice(1, 4), [
    '"byzantine, 4",1,6.00,10.0000,1.0000',
    '"byzantine, 4",500,250.00,0.5000,0.2500',
    '"earlier BFT",500,1000.00,,',
  ]);
  assertEquals(reportLines(RESULT).at(-1)?.split(/ {2,}/), ["byzantine, 4", "6.0", "250", "0.750"]);
  const plot = plotOf(RESULT);
  for (const text of ["earlier Raft", "PROVISIONAL", "10 000", "5000"]) assert(plot.includes(text), text);
  assert(!/NaN|Infinity/.test(plot), plot);
});
