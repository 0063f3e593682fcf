import { assertEquals } from "@std/assert";
import { backend } from "../../tests/support/backends.ts";
import { makeRoster } from "../../tests/support/make_roster.ts";
import { firstRoster } from "./first_roster.ts";
import { requestOf } from "./key_request.ts";

const { keys } = makeRoster({ replicas: 2, clients: 1 });
const operator = keys.get("operator")!;
const ask = (id: string) => {
  const key = keys.get(id)!;
  return requestOf(key, key.kind === "replica" ? { host: id, peerPort: 1, publishPort: 2, clientPort: 3 } : null);
};

Deno.test("the first roster lists replicas and clients in the order of their requests, and what was chosen", () => {
  const choices = { constants: { logTail: 5, fastReads: true }, allowPlaintext: true };
  const { roster, added } = firstRoster(operator, [ask("r2"), ask("c1"), ask("r1")], choices, backend);
  assertEquals(added.map(({ text }) => text), [
    "adds replica r2 at r2:1, 2 and 3",
    "adds client c1",
    "adds replica r1 at r1:1, 2 and 3",
  ]);
  assertEquals([roster.epoch, roster.previous, roster.allowPlaintext], [1, null, true]);
  assertEquals([roster.replicas, roster.clients].map((list) => list.map(({ id }) => String(id))), [["r2", "r1"], [
    "c1",
  ]]);
  assertEquals([roster.constants.logTail, roster.constants.fastReads], [5, true]);
  assertEquals([roster.operatorKey, roster.operatorCurveKey], [operator.publicKey, operator.curvePublicKey]);
});
