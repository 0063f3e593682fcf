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
  lab.now += LIMITS.gatherMs;
  lab.run([]);
  assertEquals(sizes(lab), [0, 1, 19, 10]);
});

/** Leads with one entry of `count` requests, numbered from 1, which took `ms`. */
function served(count: number, ms: number): Lab {
  const lab = new Lab({ constants: WIDE });
  lab.lead(1);
  commitAll(lab);
  lab.run(requests(0, count));
  assertEquals(sizes(lab), [0, count]);
  lab.now += ms;
  return lab;
}

Deno.test("§5.8g those who were answered go into one entry again, with those who waited meanwhile", () => {
  const lab = served(16, 8);
  lab.run(requests(16, 14));
  commitAll(lab);
  assertEquals(sizes(lab), [0, 16]);
  const enough = Math.ceil(0.9 * (16 + 14));
  lab.run(requests(30, enough - 14 - 1));
  assertEquals(sizes(lab), [0, 16]);
  lab.run(requests(100, 1));
  assertEquals(sizes(lab), [0, 16, enough]);
});

Deno.test("§5.8g who stays away is waited for half as long as the entry took, and no longer than requests gather", () => {
  for (const [tookMs, waitMs] of [[8, 4], [1000, LIMITS.gatherMs]] as const) {
    const lab = served(16, tookMs);
    commitAll(lab);
    lab.run(requests(16, 1));
    assertEquals(nextDeadline(lab.state, lab.now), lab.now + waitMs);
    lab.now += waitMs - 1;
    lab.run(requests(17, 1));
    assertEquals(sizes(lab), [0, 16]);
    lab.now += 1;
    lab.run([]);
    assertEquals(sizes(lab), [0, 16, 2]);
  }
});

Deno.test("§5.8g a leader that waited in vain sleeps", () => {
  const lab = served(16, 8);
  commitAll(lab);
  lab.run(requests(16, 1));
  assert(nextDeadline(lab.state, lab.now + 4) > lab.now + 4);
});

Deno.test("§5.8g few are never waited for", () => {
  const lab = served(LIMITS.returnRequests - 1, 8);
  commitAll(lab);
  lab.run(requests(100, 1));
  assertEquals(sizes(lab), [0, LIMITS.returnRequests - 1, 1]);
});

Deno.test("§5.8b a full entry does not wait, but the pipeline is bounded", () => {
  const lab = new Lab({ constants: WIDE });
  lab.lead(1);
  for (let i = 0; i < 2 * LIMITS.minPipeline; i++) {
    lab.run(requests(i * LIMITS.fullEntryRequests, LIMITS.fullEntryRequests));
  }
  assertEquals(lab.state.log.entries.length, LIMITS.minPipeline);
  commitAll(lab);
  assert(lab.state.log.entries.length > LIMITS.minPipeline, "the rest follows once there is room");
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

Deno.test("§5.8d requests of as many bytes as an entry takes do not gather", () => {
  const lab = new Lab({ constants: WIDE });
  lab.lead(1);
  commitAll(lab);
  const long = "v".repeat(LIMITS.maxEntryBytes / 8 - 1000);
  const eighths = (from: number, count: number) =>
    Array.from({ length: count }, (_, i) => requestInput(forge.request(from + i, long)));
  lab.run(eighths(0, 1));
  lab.run(eighths(1, 7));
  assertEquals(sizes(lab), [0, 1]);
  lab.run(eighths(8, 4));
  assertEquals(sizes(lab), [0, 1, 8], "the eleven that wait fill one, and three go on waiting");
});

Deno.test("§5.8d nor do they wait for others to come back", () => {
  const lab = served(16, 8);
  commitAll(lab);
  const long = "v".repeat(LIMITS.maxEntryBytes / 8 - 1000);
  lab.run(Array.from({ length: 9 }, (_, i) => requestInput(forge.request(100 + i, long))));
  assertEquals(sizes(lab), [0, 16, 8]);
});

/** A leader whose pipeline is filled again and again. */
class BusyLeader {
  readonly #lab: Lab;
  #next = 0;

  constructor(registrationHorizon = 1000) {
    this.#lab = new Lab({ constants: { sessionWindow: 16_384, registrationHorizon } });
    this.#lab.lead(1);
    commitAll(this.#lab);
  }

  /** Holds up requests until what is uncommitted is committed after `ms`; returns how many entries that were. */
  fill(ms: number): number {
    const { state } = this.#lab;
    const floor = this.#next;
    const uncommitted = () => state.log.entries.at(-1)!.entry.index - state.commitIndex;
    for (let before = -1; uncommitted() > before;) {
      before = uncommitted();
      this.#fullEntry(floor);
    }
    const taken = uncommitted();
    this.#lab.now += ms;
    commitAll(this.#lab);
    // What was held up is proposed now.
    this.#lab.now += ms;
    commitAll(this.#lab);
    return taken;
  }

  #fullEntry(floor: number): void {
    const count = LIMITS.fullEntryRequests / 2;
    const ofClient = (client: string) =>
      Array.from({ length: count }, (_, i) => requestInput(forge.request(this.#next + i, "", client, floor)));
    this.#lab.run([...ofClient("c1"), ...ofClient("c2")]);
    this.#next += count;
  }
}

Deno.test("§5.8e a pipeline that holds up requests grows while entries take no longer for it", () => {
  const leader = new BusyLeader();
  const { minPipeline: least, maxPipeline: most } = LIMITS;
  const sizes = [300, 700, 500, 500, 500].map((ms) => leader.fill(ms));
  assertEquals(sizes, [least, 2 * least, 2 * least, most, most], "it waits where one took more than twice as long");
  const hurried = new BusyLeader(2 * least + 10);
  assertEquals([300, 300, 300].map((ms) => hurried.fill(ms)), [least, least + 5, least + 5], "half a horizon");
});

Deno.test("§5.8f it shrinks where entries wait for each other", () => {
  const leader = new BusyLeader();
  const { minPipeline: least, maxPipeline: most } = LIMITS;
  const sizes = [300, 300, 1300, 1300, 1300, 1300].map((ms) => leader.fill(ms));
  assertEquals(sizes, [least, 2 * least, most, 2 * least, least, least]);
});
