/** §4.1: how many durable transactions an entry takes, and what rests on a commit index that is not durable yet. */
import { assert, assertEquals } from "@std/assert";
import { forgottenBy } from "../../../replica/disk/forgotten_signatures.ts";
import { CONSTANTS } from "../../simulation/nodes/sim_cluster.ts";
import * as forge from "../support/forge.ts";
import { Lab, type LabOptions, type Outcome, requestInput, sentOf } from "../support/lab.ts";

const CHAIN = [forge.entryAfter(forge.GENESIS, 1, [forge.request(0)])];
CHAIN.push(forge.entryAfter(forge.endOf(CHAIN), 1, [forge.request(1)]));
const at = (index: number) => forge.headIn(CHAIN, index);
const PEERS = ["r1", "r3", "r4"];

const opsOf = ({ persisted }: Outcome) => persisted.map(({ op }) => op);
const append = (lab: Lab, index: number) =>
  lab.receive(forge.appendEntries("r1", 1, CHAIN.slice(index - 1, index), { prev: prevOf(index), round: index + 1 }));
const prevOf = (index: number) => index === 1 ? forge.GENESIS : at(index - 1);
const prepare = (lab: Lab, index: number) => lab.receive(...forge.acksOf(PEERS, 1, at(index)));
const commit = (lab: Lab, index: number) => lab.receive(...forge.reportsOf(PEERS, 1, at(index)));

/** Returns a follower that has committed the first entry, and has not said so. */
function committed(options: LabOptions = {}): Lab {
  const lab = new Lab(options);
  lab.follow("r1", 1);
  append(lab, 1);
  prepare(lab, 1);
  commit(lab, 1);
  assertEquals([lab.state.commitIndex, lab.state.appliedIndex], [1, 1] as never[]);
  return lab;
}

Deno.test("§4.1b a follower makes two durable transactions an entry: it with its ack, and its certificate", () => {
  const lab = new Lab();
  lab.follow("r1", 1);
  assertEquals(opsOf(append(lab, 1)), ["append", "hard-state"]);
  assertEquals(opsOf(prepare(lab, 1)), ["prepared"]);
  assertEquals(opsOf(commit(lab, 1)), []);
  assertEquals(lab.replies.flatMap(({ answers }) => answers.map(({ outcome }) => outcome)), ["applied"]);
  assertEquals(opsOf(append(lab, 2)), ["commit", "append", "hard-state"]);
});

Deno.test("§4.1b so does a leader, which acks its entry in the transaction that appends it (§5.4)", () => {
  const lab = new Lab();
  lab.lead(1);
  const outcome = lab.run([requestInput(forge.request(0))]);
  assertEquals(
    outcome.trace,
    [
      ...["sign AppendEntries", "send AppendEntries"],
      ...["durable append", "durable hard-state"],
      ...["sign AppendEntriesResponse", "send AppendEntriesResponse"],
    ],
  );
  const head = { index: lab.state.log.entries[1]!.entry.index, hash: lab.state.log.entries[1]!.hash };
  assertEquals(sentOf(outcome, "AppendEntriesResponse")[0]!.signed.message.acks.at(-1), head);
  assertEquals(opsOf(lab.receive(...forge.acksOf(PEERS, 1, head))), ["prepared"]);
  assertEquals(opsOf(lab.receive(...forge.reportsOf(PEERS, 1, head))), []);
  assertEquals(Number(lab.state.commitIndex), 2);
});

Deno.test("§4.1c a commit index is durable before a response shows it, which is a heartbeat later at most", () => {
  const lab = committed();
  assertEquals(Number(lab.disk.commitIndex), 0);
  const { trace, sent } = lab.elapse(CONSTANTS.heartbeatMs);
  const shown = sent.flatMap(({ packet }) => packet.kind === "AppendEntriesResponse" ? [packet.signed.message] : []);
  assertEquals(shown.map(({ commitIndex }) => Number(commitIndex)), [1]);
  assertEquals(trace, ["durable commit", "sign AppendEntriesResponse", "send AppendEntriesResponse"]);
  assertEquals(Number(lab.disk.commitIndex), 1);
});

Deno.test("§4.1c a Checkpoint takes it along (§8.2a), the chunks of its snapshot need not", () => {
  const lab = committed({ constants: { checkpointEvery: 1 } });
  const { persisted, sent } = lab.until((last) => sentOf(last, "Checkpoint").length > 0, CONSTANTS.heartbeatMs / 2);
  assertEquals(persisted.map(({ op }) => op), ["commit", "chunks"]);
  assertEquals(sent.map(({ packet }) => packet.kind), ["Checkpoint"]);
  assertEquals(Number(lab.disk.commitIndex), 1);
});

Deno.test("§4.1d a commit that a crash takes is found anew, from the certificate it rests on, and nothing of its own is news", () => {
  const lab = committed();
  lab.restart();
  assertEquals([lab.state.commitIndex, lab.state.prepared.index, lab.state.hard.ack], [0, 1, at(1)] as never[]);
  const own = forge.response("r2", 1, { acks: [at(1)], prepared: forge.rankOf(1, at(1)) });
  assertEquals(forgottenBy(lab.state, own), null);
  lab.replies.splice(0);
  commit(lab, 1);
  assertEquals([lab.state.commitIndex, lab.replies.length], [1, 1] as never[]);
  // It was acked, so nobody can make it replace what it no longer knows to be committed.
  lab.restart();
  lab.follow("r1", 1);
  const other = [forge.entryAfter(forge.GENESIS, 1, [forge.request(7)])];
  const { verdicts } = lab.receive(forge.appendEntries("r1", 1, other, { round: 9 }));
  assertEquals(verdicts.map(({ verdict }) => verdict), ["reject"]);
});

Deno.test("§4.1d what commits beyond its own certificate is durable with the rank it gives (§5.6)", () => {
  const lab = new Lab();
  lab.follow("r1", 1);
  append(lab, 1);
  assertEquals(opsOf(commit(lab, 1)), ["prepared", "commit"]);
  assertEquals([lab.disk.prepared?.index, lab.disk.commitIndex], [1, 1] as never[]);
});

Deno.test("§4.1e with fast reads a commit is durable before anything is answered from it", () => {
  const lab = committed({ constants: { fastReads: true } });
  assertEquals([lab.disk.commitIndex, lab.replies.length], [1, 1] as never[]);
  lab.restart();
  assert(lab.state.appliedIndex < lab.state.replayUntil, "it would read from the state before");
});
