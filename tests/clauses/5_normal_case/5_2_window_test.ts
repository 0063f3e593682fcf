/** §5.2: how far above its commit index a follower appends and acks what it is shown. */
import { assert, assertEquals } from "@std/assert";
import type { ChainedEntry, Head } from "../../../protocol/entry.ts";
import { requestSize } from "../../../protocol/entry_body.ts";
import { type LogIndex, logIndex, term } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import * as forge from "../support/forge.ts";
import { Lab, sentOf } from "../support/lab.ts";

const WINDOW = LIMITS.maxUncommittedEntries;
const PEERS = ["r1", "r3", "r4"];
const STEP = LIMITS.maxAppendEntries;

/** `count` no-ops of one term behind `after`. */
function noOps(count: number, termNumber = 1, after: Head = forge.GENESIS): ChainedEntry[] {
  const chain: ChainedEntry[] = [];
  for (let i = 0; i < count; i++) {
    chain.push(forge.entryAfter(i === 0 ? after : forge.endOf(chain.slice(-1)), termNumber, []));
  }
  return chain;
}

const headAt = (chain: readonly ChainedEntry[], index: number): Head =>
  index === 0 ? forge.GENESIS : { index: logIndex(index), hash: chain[index - 1]!.hash };

/** The leader of a term streams what of `chain` lies above `from`. */
function stream(lab: Lab, chain: readonly ChainedEntry[], from = 0, termNumber = 1): void {
  for (let at = from; at < chain.length; at += STEP) {
    const options = { prev: headAt(chain, at), round: chain.length + at };
    lab.receive(forge.appendEntries("r1", termNumber, chain.slice(at, at + STEP), options));
  }
}

const lastOf = ({ state: { log } }: Lab): number => log.base.index + log.entries.length;
const ackOf = (lab: Lab): number | null => lab.state.hard.ack?.index ?? null;

Deno.test("§5.2e a follower appends and acks a bounded number of entries above its commit index, whoever leads", () => {
  const lab = new Lab();
  lab.follow("r1", 1);
  const chain = noOps(3 * WINDOW);
  stream(lab, chain);
  const { verdicts } = lab.receive(
    forge.appendEntries("r1", 1, chain.slice(WINDOW, WINDOW + STEP), {
      prev: headAt(chain, WINDOW),
      round: 9 * WINDOW,
    }),
  );
  assertEquals(verdicts, [{ verdict: "ignore", code: "beyond-window" }]);
  assertEquals([lastOf(lab), lab.disk.entryAt(logIndex(WINDOW + 1)), ackOf(lab)], [WINDOW, undefined, WINDOW]);
  lab.elapse(20);
  assertEquals([lab.state.election.suspectingSince, lab.state.evidence], [null, []], "it may lead who is only ahead");
  lab.receive(...forge.reportsOf(PEERS, 1, headAt(chain, 100)));
  stream(lab, chain, WINDOW);
  assertEquals([lastOf(lab), ackOf(lab)], [WINDOW + 100, WINDOW + 100]);
});

Deno.test("§5.2e and a bounded number of bytes", () => {
  const lab = new Lab();
  lab.follow("r1", 1);
  const value = "x".repeat(65_000);
  const requests = Array.from({ length: 7 }, (_, i) => forge.request(i, value));
  const size = requests.reduce((sum, request) => sum + requestSize(request), 2);
  const fitting = Math.floor(LIMITS.maxUncommittedBytes / size);
  const chain: ChainedEntry[] = [];
  for (let i = 0; i < fitting + 3; i++) {
    chain.push(forge.entryAfter(i === 0 ? forge.GENESIS : forge.endOf(chain.slice(-1)), 1, requests));
  }
  for (const [i, entry] of chain.entries()) {
    lab.receive(forge.appendEntries("r1", 1, [entry], { prev: headAt(chain, i), round: i + 2 }));
  }
  assertEquals([lastOf(lab), ackOf(lab)], [fitting, fitting]);
  assert(fitting < WINDOW);
});

/** A replica whose log holds `chain` with nothing of it committed, as before there was a window. */
function withOldDisk(chain: readonly ChainedEntry[]): Lab {
  const lab = new Lab();
  const state = { ...lab.disk.hardState, currentTerm: term(1) };
  lab.storage.commit([{ op: "hard-state", state }, { op: "append", entries: chain }], []);
  lab.restart();
  return lab;
}

Deno.test("§5.2e of a log that is longer already nothing further is acked, until commits have come near", () => {
  const chain = noOps(3 * WINDOW);
  const lab = withOldDisk(chain);
  lab.follow("r1", 1, [], { prev: forge.endOf(chain.slice(-1)) });
  assertEquals(ackOf(lab), WINDOW);
  lab.receive(...forge.reportsOf(PEERS, 1, headAt(chain, WINDOW)));
  lab.receive(forge.appendEntries("r1", 1, [], { prev: forge.endOf(chain.slice(-1)), round: 2 }));
  assertEquals(ackOf(lab), 2 * WINDOW);
});

/** `chain` with a certificate of its end as the base of term 2. */
const certifiedEnd = (chain: readonly ChainedEntry[]) =>
  forge.prepareCertificate(1, forge.endOf(chain.slice(-1)), PEERS);

Deno.test("§5.2f the base is within the window however far above, and its acks are counted: it was certified before", () => {
  const chain = noOps(2 * LIMITS.maxAckWindow);
  const lab = new Lab();
  lab.follow("r1", 2, [], { base: certifiedEnd(chain), prev: forge.endOf(chain.slice(-1)) });
  stream(lab, [...chain, ...noOps(1, 2, forge.endOf(chain.slice(-1)))], 0, 2);
  assertEquals([lastOf(lab), ackOf(lab)], [chain.length, chain.length]);
  lab.receive(...forge.acksOf(PEERS, 2, forge.endOf(chain.slice(-1))));
  lab.receive(...forge.reportsOf(PEERS, 2, forge.endOf(chain.slice(-1))));
  assertEquals([lab.state.prepared.term, lab.state.commitIndex], [2, chain.length] as never[]);
});

Deno.test("§5.2f but not where f + 1 replicas have committed more: who leads might show anything below it", () => {
  const chain = noOps(2 * WINDOW);
  const lab = new Lab();
  lab.follow("r1", 2, [], { base: certifiedEnd(chain), prev: forge.endOf(chain.slice(-1)) });
  const committed = { acks: [], commit: headAt(chain, WINDOW) };
  lab.receive(forge.response("r3", 2, committed), forge.response("r4", 2, committed));
  stream(lab, chain, 0, 2);
  assertEquals([lastOf(lab), ackOf(lab)], [WINDOW, null]);
  const asked = lab.until((last) => sentOf(last, "FetchEntries").length > 0, 1000);
  assertEquals(sentOf(asked, "FetchEntries").length, 1); // §8.1 brings it there
});

Deno.test("§5.6e one report far above the others holds up no commit", () => {
  const chain = noOps(LIMITS.maxLinks + 600);
  const lab = withOldDisk(chain);
  lab.follow("r1", 1, [], { prev: headAt(chain, 500) });
  lab.receive(...forge.acksOf(PEERS, 1, headAt(chain, 500)));
  lab.receive(...forge.reportsOf(["r4"], 1, forge.endOf(chain.slice(-1)))); // a lie: nobody else can have that
  lab.receive(...forge.reportsOf(["r1"], 1, headAt(chain, 500)));
  assertEquals(lab.state.commitIndex as number, 0);
  lab.receive(...forge.reportsOf(["r3"], 1, headAt(chain, 400)));
  assertEquals(lab.state.commitIndex as LogIndex as number, 400);
});
