/** §5.8: how a leader opens its term, batches, and bounds what is in flight. */
import { assert, assertEquals } from "@std/assert";
import { LIMITS } from "../../../protocol/limits.ts";
import { nextDeadline } from "../../../replica/core/next_deadline.ts";
import * as forge from "../support/forge.ts";
import { Lab, requestInput, sentOf } from "../support/lab.ts";

const requests = (from: number, count: number, client = "c1") =>
  Array.from({ length: count }, (_, i) => requestInput(forge.request(from + i, "v", client)));

const WIDE = { sessionWindow: 4096 };
const sizes = (lab: Lab) => lab.state.log.entries.map(({ entry }) => entry.requests!.length);

/** Commits everything in the log, by the others' reports. */
function commitAll(lab: Lab): void {
  const { entry, hash } = lab.state.log.entries.at(-1)!;
  lab.receive(...forge.reportsOf(lab.peers, lab.state.hard.currentTerm, { index: entry.index, hash }));
  assertEquals(lab.state.commitIndex, entry.index);
}

Deno.test("§5.8a the leader opens its term with a no-op", () => {
  const lab = new Lab();
  const [opening] = sentOf(lab.lead(1), "AppendEntries");
  assertEquals(opening!.entries.map(({ term, requests }) => [Number(term), requests!.length]), [[1, 0]]);
});

Deno.test("§5.8 when idle it proposes at once, all that came together in one entry", () => {
  const lab = new Lab();
  lab.lead(1);
  commitAll(lab);
  const [one] = sentOf(lab.run(requests(0, 1)), "AppendEntries");
  assertEquals(one!.entries.map(({ requests }) => requests!.length), [1]);
  commitAll(lab);
  const [three] = sentOf(lab.run(requests(1, 3)), "AppendEntries");
  assertEquals(three!.entries.map(({ requests }) => requests!.length), [3]);
});

Deno.test("§5.8 under load batches grow: what comes while entries are uncommitted gathers, until they are or for a while", () => {
  const lab = new Lab({ constants: WIDE });
  lab.lead(1);
  commitAll(lab);
  for (let i = 0; i < 20; i++) lab.run(requests(i, 1));
  assertEquals(sizes(lab), [0, 1]);
  lab.now += LIMITS.gatherMs - 1;
  lab.run([]);
  assertEquals(sizes(lab), [0, 1]);
  lab.now += 1;
  lab.run([]);
  assertEquals(sizes(lab), [0, 1, 19]);
  for (let i = 20; i < 30; i++) lab.run(requests(i, 1));
  assertEquals(sizes(lab), [0, 1, 19]);
  commitAll(lab);
  lab.now += LIMITS.returnMs;
  lab.run([]);
  assertEquals(sizes(lab), [0, 1, 19, 10]);
});

Deno.test("§5.8 many that were answered together go into one entry again, and who stays away is not waited for long", () => {
  const lab = new Lab({ constants: WIDE });
  lab.lead(1);
  commitAll(lab);
  const many = LIMITS.returnRequests;
  lab.run(requests(0, 1));
  lab.run(requests(1, many));
  commitAll(lab);
  assertEquals(sizes(lab), [0, 1, many]);
  commitAll(lab);
  const enough = Math.ceil(0.9 * many);
  for (let i = 1; i < enough; i++) lab.run(requests(many + i, 1));
  assertEquals(sizes(lab), [0, 1, many]);
  assertEquals(nextDeadline(lab.state, lab.now), lab.now + LIMITS.returnMs);
  assert(nextDeadline(lab.state, lab.now + LIMITS.returnMs) > lab.now + LIMITS.returnMs, "and then sleeps");
  lab.run(requests(many + enough, 1));
  assertEquals(sizes(lab), [0, 1, many, enough]);
  commitAll(lab);
  lab.run(requests(2 * many + 1, 1));
  lab.now += LIMITS.returnMs;
  lab.run([]);
  assertEquals(sizes(lab), [0, 1, many, enough, 1]);
});

Deno.test("§5.8 few are never waited for", () => {
  const lab = new Lab({ constants: WIDE });
  lab.lead(1);
  commitAll(lab);
  for (const [first, count] of [[0, 1], [1, LIMITS.returnRequests - 1], [LIMITS.returnRequests, 1]] as const) {
    lab.run(requests(first, count));
    commitAll(lab);
  }
  assertEquals(sizes(lab), [0, 1, LIMITS.returnRequests - 1, 1]);
});

Deno.test("§5.8b a full entry does not wait, but the pipeline is bounded", () => {
  const lab = new Lab({ constants: WIDE });
  lab.lead(1);
  for (let i = 0; i < 2 * LIMITS.maxPipeline; i++) {
    lab.run(requests(i * LIMITS.fullEntryRequests, LIMITS.fullEntryRequests));
  }
  assertEquals(lab.state.log.entries.length, LIMITS.maxPipeline);
  commitAll(lab);
  assert(lab.state.log.entries.length > LIMITS.maxPipeline, "the rest follows once there is room");
});

Deno.test("§5.8 no client starves another: an entry takes of each in turn", () => {
  const lab = new Lab({ constants: WIDE });
  lab.lead(1);
  const before = lab.state.log.entries.length;
  lab.run([...requests(100, LIMITS.maxEntryRequests, "c1"), ...requests(0, 2, "c2")]);
  commitAll(lab);
  const clients = lab.state.log.entries[before]!.entry.requests!.map(({ message }) => String(message.client));
  assertEquals(clients.filter((client) => client === "c2").length, 2);
});
