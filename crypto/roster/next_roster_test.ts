import { assertEquals } from "@std/assert";
import { backend } from "../../tests/support/backends.ts";
import { makeRoster } from "../../tests/support/make_roster.ts";
import { unhex } from "../digest.ts";
import type { KeyFile } from "../keys/key_file.ts";
import { requestOf } from "./key_request.ts";
import { firstRoster, nextRoster } from "./next_roster.ts";
import { parseSignedRoster, type SignedRoster } from "./parse_roster.ts";
import { signRoster } from "./roster.ts";
import { requireSuccessor } from "./roster_chain.ts";
import type { Roster } from "./roster_types.ts";

const { keys } = makeRoster({ replicas: 2, clients: 2 });
const operator = keys.get("operator")!;
const at = (host: string) => ({ host, peerPort: 1, publishPort: 2, clientPort: 3 });
const ask = (id: string, host = id) => requestOf(keys.get(id)!, keys.get(id)!.kind === "replica" ? at(host) : null);
const signed = (roster: Roster, by: KeyFile = operator): SignedRoster =>
  parseSignedRoster(signRoster(roster, unhex(by.secretKey), backend), by.publicKey, backend);

const FIRST = { constants: { logTail: 5, fastReads: true }, allowPlaintext: true };
const first = signed(firstRoster(operator, [ask("r1"), ask("c1")], FIRST, backend).roster);

Deno.test("the next roster keeps constants and members in their order, and adds behind them", () => {
  const { roster, changes } = nextRoster(operator, first, [ask("c2"), ask("r1", "elsewhere"), ask("r2")], backend);
  assertEquals(changes.map(({ change, id }) => `${change} ${id}`), ["add c2", "move r1", "add r2"]);
  assertEquals(changes[1]!.text, "moves replica r1 from r1:1, 2 and 3 to elsewhere:1, 2 and 3");
  assertEquals(roster.replicas.map(({ id, host }) => `${id} ${host}`), ["r1 elsewhere", "r2 r2"]);
  assertEquals(roster.clients.map(({ id }) => String(id)), ["c1", "c2"]);
  const { constants, allowPlaintext, operatorCurveKey } = roster;
  assertEquals([constants, allowPlaintext], [first.roster.constants, true]);
  assertEquals(operatorCurveKey, operator.curvePublicKey);
  requireSuccessor(first, signed(roster));
});
