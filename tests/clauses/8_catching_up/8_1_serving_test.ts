/** §8.1: what a replica serves to a peer that catches up. */
import { assertEquals } from "@std/assert";
import type { Head } from "../../../protocol/entry.ts";
import { logIndex } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import * as forge from "../support/forge.ts";
import { Lab, sentOf } from "../support/lab.ts";

const CHAIN = forge.grow(forge.GENESIS, 6, 1);
const at = (index: number): Head => index === 0 ? forge.GENESIS : forge.headIn(CHAIN, index);
const PEERS = ["r1", "r3", "r4"];

/** Returns the answer of `lab` to r3, which asks for entries from `from` on of the chain through `head`, a while after the last time. */
function serve(lab: Lab, from: number, head: Head, maxBytes: number = LIMITS.maxAppendBytes) {
  lab.now += 1000;
  const message = {
    kind: "FetchEntries",
    replica: lab.ids[2]!,
    nonce: 7,
    from: logIndex(from),
    head,
    maxBytes,
  } as const;
  const outcome = lab.receive({ kind: "FetchEntries", signed: forge.signAs("r3", message) });
  const [packet] = sentOf(outcome, "FetchEntriesResponse");
  if (packet) assertEquals([packet.signed.message.nonce, packet.signed.message.from], [7, logIndex(from)]);
  return { verdict: outcome.verdicts[0], packet };
}

const served = (...args: Parameters<typeof serve>) => serve(...args).packet?.entries.map(({ index }) => Number(index));

Deno.test("§8.1 entries are served from the log, with the commit certificate if it lies ahead", () => {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN);
  assertEquals(served(lab, 3, at(6)), [3, 4, 5, 6]);
  lab.receive(...forge.reportsOf(PEERS, 1, at(4)));
  assertEquals(serve(lab, 3, at(6)).packet!.certificate, lab.state.commitCertificate);
  assertEquals(serve(lab, 5, at(6)).packet!.certificate, null);
});

Deno.test("§8.1 and from the branch kept aside (§6.8), behind the part of the log it hangs on", () => {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN);
  lab.receive(...forge.acksOf(PEERS, 1, at(5)));
  lab.follow("r3", 2, forge.grow(at(2), 1, 2, "fork"), { prev: at(2) });
  assertEquals(lab.state.branch.map(({ entry }) => Number(entry.index)), [3, 4, 5]);
  assertEquals(served(lab, 2, at(5)), [2, 3, 4, 5]);
  assertEquals(serve(lab, 2, at(5)).packet!.entries.map((entry) => entry), CHAIN.slice(1, 5).map(({ entry }) => entry));
});

Deno.test("§8.1 a chain it does not hold is not served", () => {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN);
  const unknown = forge.endOf(forge.grow(at(2), 2, 1, "unknown"));
  for (const [from, head] of [[3, unknown], [0, at(3)]] as const) {
    assertEquals(serve(lab, from, head), { verdict: { verdict: "ignore", code: "chain-not-held" }, packet: undefined });
  }
});

Deno.test("§8.1 an answer is bounded by the asker's maxBytes, but holds at least one entry", () => {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN);
  const bytes = CHAIN[0]!.entry.body.length;
  assertEquals(served(lab, 1, at(6), 3 * bytes + 10), [1, 2, 3]);
  assertEquals(served(lab, 1, at(6), 0), [1]);
});

Deno.test("§8.1e an asker is served a burst at once and then at a steady pace, each asker by itself", () => {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN);
  const atOnce = () => {
    lab.now -= 1000; // `serve` lets a second pass
    return serve(lab, 1, at(6)).verdict?.verdict;
  };
  lab.now += 1000;
  const burst = Math.floor(LIMITS.repairBurstBytes / (LIMITS.repairAnswerBytes + 1000));
  for (let i = 0; i < burst; i++) assertEquals(atOnce(), "accept");
  for (let i = 0; i < burst; i++) atOnce();
  assertEquals([atOnce(), atOnce()], ["ignore", "ignore"]);
  assertEquals(serve(lab, 1, at(6)).verdict, { verdict: "accept" });
});
