/** §10: the invariants are asserted where state changes. Each is violated by a direct call, past the rules that keep it. */
import { assertEquals, assertThrows } from "@std/assert";
import { sha256Hex } from "../../../crypto/digest.ts";
import type { Head } from "../../../protocol/entry.ts";
import { logIndex, seq } from "../../../protocol/ids.ts";
import { type Invariant, InvariantError } from "../../../protocol/invariant.ts";
import type { UnsignedPacket } from "../../../protocol/packet.ts";
import { applyRequest } from "../../../protocol/snapshot/session_table.ts";
import { onApply } from "../../../replica/core/clients/on_apply.ts";
import { enterByProof } from "../../../replica/core/election/terms.ts";
import { append, raiseRank, setAck, setCommit, setPrepared, truncate } from "../../../replica/core/log/durable.ts";
import { createDurableMark } from "../../../replica/disk/durable_mark.ts";
import { assertDurable } from "../../../replica/disk/durable_mark.ts";
import { answering } from "../../support/executors.ts";
import { stopAfter, stopLab } from "../13_epochs/stop_lab.ts";
import * as forge from "../support/forge.ts";
import { Lab } from "../support/lab.ts";

const CHAIN = forge.grow(forge.GENESIS, 4, 1);
const FORK = forge.grow(forge.headIn(CHAIN, 1), 2, 1, "fork");
const at = (index: number): Head => index === 0 ? forge.GENESIS : forge.headIn(CHAIN, index);
const PEERS = ["r1", "r3", "r4"];

/** Returns a follower in term 1 that acked entry 4 and committed up to 2, under the certificate (1, 3). */
function follower(): Lab {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN);
  lab.receive(...forge.reportsOf(PEERS, 1, at(2)), ...forge.acksOf(PEERS, 1, at(3)));
  assertEquals([Number(lab.state.commitIndex), Number(lab.state.prepared.index)], [2, 3]);
  return lab;
}

function breaks(invariant: Invariant, action: () => void): void {
  const error = assertThrows(action, InvariantError);
  assertEquals((error as InvariantError).invariant, invariant);
}

Deno.test("§10 I1 a second leader proved for the current term stops the replica", () => {
  const lab = follower();
  breaks("I1", () => enterByProof(lab.context(), forge.electionProof("r3", 1, PEERS)));
  assertEquals(enterByProof(lab.context(), forge.electionProof("r1", 1, PEERS)), false); // the same one tells nothing new
});

Deno.test("§10 I2 an ack of a second chain in a term stops the replica", () => {
  const lab = follower();
  breaks("I2", () => setAck(lab.context(), forge.endOf(FORK)));
});

Deno.test("§10 I3 two certificates of one term on two chains stop the replica", () => {
  const lab = follower();
  breaks("I3", () => setPrepared(lab.context(), forge.prepareCertificate(1, forge.headIn(FORK, 3), PEERS), []));
  lab.state.log.entries.splice(2, 2, ...forge.grow(at(2), 2, 1, "fork")); // the log left the certificate's chain
  const higher = { index: logIndex(4), hash: lab.state.log.entries[3]!.hash };
  breaks("I3", () => raiseRank(lab.context(), forge.prepareCertificate(1, higher, PEERS)));
});

Deno.test("§10 I5 truncating a committed entry stops the replica", () => {
  const lab = follower();
  breaks("I5", () => truncate(lab.context(), at(1).index));
  truncate(lab.context(), at(2).index);
});

Deno.test("§10 I6 applying out of order, or what is no list of requests, stops the replica", () => {
  for (const wrong of [CHAIN[3]!, { ...CHAIN[2]!, entry: { ...CHAIN[2]!.entry, requests: null } }]) {
    const lab = follower();
    lab.state.commitIndex = logIndex(3);
    lab.state.log.entries[2] = wrong;
    breaks("I6", () => onApply(lab.context(), 10));
  }
});

Deno.test("§10 I7 applying a request twice stops the replica", () => {
  const table = new Lab().state.sessions;
  const { message, body } = forge.request(3);
  const digest = sha256Hex(body);
  const reentrant = answering((command) => {
    applyRequest(table, message, digest, logIndex(1), answering(() => command));
    return command;
  });
  breaks("I7", () => applyRequest(table, message, digest, logIndex(1), reentrant));
  const sessions = [...table.clients.values()].flatMap(({ live }) => [...live.values()]);
  assertEquals(sessions.map(({ answers }) => [...answers.keys()]), [[seq(4)], []]);
});

Deno.test("§4.1a §10 I8 signing what is not durable stops the replica", () => {
  const lab = follower();
  const mark = createDurableMark(lab.state);
  const signed = (message: UnsignedPacket) => () => assertDurable(mark, message);
  const response = forge.response("r2", 1, { acks: [at(4)], prepared: forge.rankOf(1, at(3)), commit: at(2) });
  const { message } = response.signed;
  signed({ kind: "AppendEntriesResponse", signed: message })();
  const early = [
    { ...message, acks: [forge.endOf(forge.grow(at(4), 1, 1))] },
    { ...message, prepared: forge.rankOf(1, at(4)) },
    { ...message, commitIndex: at(3).index },
    { ...message, term: forge.rankOf(2, at(0)).term },
  ];
  for (const promise of early) breaks("I8", signed({ kind: "AppendEntriesResponse", signed: promise }));
  const { message: header } = forge.appendEntries("r2", 1, forge.grow(at(4), 1, 1), { prev: at(4) }).signed;
  breaks("I8", signed({ kind: "AppendEntries", signed: header, entries: [], proof: null }));
  const { message: vote } = forge.vote("r2", 1, "r3", forge.rankOf(0, at(0)));
  breaks("I8", signed({ kind: "Vote", signed: vote }));
});

Deno.test("§10 I9 a certificate of lower rank stops the replica", () => {
  const lab = follower();
  breaks("I9", () => setPrepared(lab.context(), forge.prepareCertificate(1, at(2), PEERS), []));
  breaks("I9", () => setPrepared(lab.context(), forge.GENESIS_CERTIFICATE, []));
});

Deno.test("§10 I10 a commit index that does not advance stops the replica", () => {
  const lab = follower();
  for (const index of [1, 2]) {
    breaks("I10", () => setCommit(lab.context(), at(index).index, forge.commitCertificate(1, at(index), PEERS)));
  }
  setCommit(lab.context(), at(3).index, forge.commitCertificate(1, at(3), PEERS));
});

Deno.test("§10 I11 an entry behind a stop-sign stops the replica", () => {
  const lab = stopLab();
  const stop = stopAfter(forge.GENESIS, 1);
  lab.follow("r1", 1, [stop]);
  breaks("I11", () => append(lab.context(), forge.grow(forge.endOf([stop]), 1, 1)));
});

Deno.test("§10 I10 the commit index and the rank survive a restart", () => {
  const lab = follower();
  lab.restart();
  assertEquals([Number(lab.state.commitIndex), Number(lab.state.prepared.index)], [2, 3]);
});
