import { assertEquals } from "@std/assert";
import { makeRoster } from "../../tests/support/make_roster.ts";
import { membersOf, replicasOf } from "./members_of.ts";

const { roster } = makeRoster();
const hexOf = (keys: ReadonlyMap<string, Uint8Array>) => new Map([...keys].map(([id, key]) => [id, key.toHex()]));

Deno.test("a replica's members are all others of the roster, with the operator among the clients", () => {
  const { peers, admittedPeers, admittedClients } = membersOf(roster, "r1");
  const others = roster.replicas.filter(({ id }) => id !== "r1");
  const seen = peers.map(({ curveKey, ...peer }) => ({ ...peer, curveKey: curveKey.toHex() }));
  assertEquals<unknown>(seen, others);
  assertEquals(hexOf(admittedPeers), new Map(others.map(({ id, curveKey }) => [id as string, curveKey])));
  const clients = roster.clients.map(({ id, curveKey }): [string, string] => [id, curveKey]);
  assertEquals(hexOf(admittedClients), new Map([...clients, ["operator", roster.operatorCurveKey]]));
});

Deno.test("a client's replicas are all of the roster, or those it asks for", () => {
  assertEquals(replicasOf(roster).map(({ id }) => id), roster.replicas.map(({ id }) => id));
  const [first] = replicasOf(roster, ["r2"]);
  const line = roster.replicas.find(({ id }) => id === "r2")!;
  assertEquals([first?.clientPort, first?.curveKey.toHex()], [line.clientPort, line.curveKey]);
});
