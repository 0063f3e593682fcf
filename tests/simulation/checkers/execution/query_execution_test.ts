/** §7.4: ordered queries are judged, each call of a state machine and each answer. */
import { assertEquals } from "@std/assert";
import { sha256Hex } from "../../../../crypto/digest.ts";
import { clientId, logIndex, type ReplicaId } from "../../../../protocol/ids.ts";
import type { SendRequest } from "../../../../protocol/message.ts";
import type { Signed } from "../../../../protocol/signed.ts";
import { encodeKvResult } from "../../../../state_machine/mod.ts";
import { copyOf, endOf, entryAfter, GENESIS, query, request } from "../../../clauses/support/forge.ts";
import { CheckerLab, fires, THREE } from "../checker_lab.ts";

const A = request(1, "a");
const FIRST = entryAfter(GENESIS, 1, [A]);

/** A query between two writes; the second has the query's bytes, and is a command. */
const Q = query(2);
const ASKED = [
  FIRST,
  entryAfter(endOf([FIRST]), 1, [Q, request(3, "c"), copyOf(request(4).message, Q.message.command)]),
];

/** Returns a checkerLab on which three replicas have committed and executed A, and committed the query. */
function asked(): CheckerLab {
  const lab = new CheckerLab();
  for (const each of [A, ...ASKED[1]!.entry.requests!]) lab.checkers.requested(each, 0);
  lab.settle(1, "r1", ASKED);
  for (const at of THREE) execute(lab, at, 1, A);
  return lab;
}

const execute = ({ checkers }: CheckerLab, at: string, index: number, { message }: Signed<SendRequest>) =>
  checkers.executed(at as ReplicaId, logIndex(index), message.client, message.command, 0);
const answered = (lab: CheckerLab, at: string, index: number, { message }: Signed<SendRequest>) =>
  lab.checkers.queried(at as ReplicaId, logIndex(index), message.command, 0);
const found = (value: string, revision: number, storeRevision: number): Uint8Array =>
  encodeKvResult({
    status: "value",
    value: new TextEncoder().encode(value),
    revision,
    createRevision: revision,
    storeRevision,
  });

const answer = (result: Uint8Array) =>
  ({ request: sha256Hex(Q.body), outcome: "applied", index: logIndex(2), result, session: Q.message.session }) as const;
const reply = (lab: CheckerLab, at: string, result: Uint8Array) =>
  lab.checkers.replied(at as ReplicaId, { client: clientId("c1"), answers: [answer(result)] }, 0);

Deno.test("§7.4: a query is answered at its place, from the state there, and violates nothing", () => {
  const lab = asked();
  for (const at of THREE) {
    answered(lab, at, 2, Q);
    reply(lab, at, found("a", 1, 1));
  }
  lab.checkers.accepted("c1", answer(found("a", 1, 1)), 0);
  lab.checkers.finish();
  assertEquals([lab.checkers.counts.executions, lab.checkers.counts.accepted], [6, 1]);
});

Deno.test("§7.4: a query that reaches apply, a command that does not, and a query answered where it is not", () => {
  fires("§7.4", () => execute(asked(), "r1", 2, Q));
  const lab = asked();
  answered(lab, "r1", 2, Q);
  execute(lab, "r1", 2, request(3, "c"));
  fires("§7.4", () => answered(lab, "r1", 2, Q)); // its bytes are here the command's
  fires("I7", () => answered(asked(), "r1", 1, Q));
  fires("I7", () => answered(asked(), "r1", 2, query(2, "c1", Uint8Array.of(1))));
});

Deno.test("§7.4: a query answered from a state before or behind its place", () => {
  for (const wrong of [found("c", 2, 2), encodeKvResult({ status: "absent", storeRevision: 0 })]) {
    const lab = asked();
    for (const at of THREE) answered(lab, at, 2, Q);
    fires("§7.4", () => reply(lab, "r1", wrong));
  }
});
