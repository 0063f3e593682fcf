import { assertEquals } from "@std/assert";
import { hex } from "../../crypto/digest.ts";
import { EpochChain, newKeyFor } from "../../tests/support/epochs/epoch_lab.ts";
import { formerNames, membersOf, newcomersIn } from "./members.ts";

/** r3 has new keys, r4 is replaced by r5, r2 has moved; c1 has new keys, c2 is revoked. */
const chain = new EpochChain();
const { roster: before } = chain.of(1);
const [r3, r5, c1] = (["r3", "r5", "c1"] as const).map((id) =>
  newKeyFor(before, id === "c1" ? "client" : "replica", id)
) as [ReturnType<typeof newKeyFor>, ReturnType<typeof newKeyFor>, ReturnType<typeof newKeyFor>];
const keysOf = ({ publicKey, curvePublicKey }: typeof r3) => ({ publicKey, curveKey: curvePublicKey });
const { roster } = chain.advance((roster) => ({
  ...roster,
  replicas: [
    roster.replicas[0]!,
    { ...roster.replicas[1]!, host: "elsewhere" },
    { ...roster.replicas[2]!, ...keysOf(r3) },
    { ...roster.replicas[3]!, id: "r5" as never, host: "r5", ...keysOf(r5) },
  ],
  clients: [{ ...roster.clients[0]!, ...keysOf(c1) }],
}));
const own = chain.keys.get("r1")!.curvePublicKey;
const curve = (id: string) => chain.keys.get(id)!.curvePublicKey;

Deno.test("a replica talks to the members of its epoch, and under other names to those of the one before that have other keys now", () => {
  const { peers, admittedPeers } = membersOf(roster, before, own);
  assertEquals(peers.map(({ id, host, curveKey }) => [id, host, hex(curveKey)]), [
    ["r2", "elsewhere", curve("r2")],
    ["r3", "r3", r3.curvePublicKey],
    ["r5", "r5", r5.curvePublicKey],
    ["r3@1", "r3", curve("r3")],
    ["r4@1", "r4", curve("r4")],
  ]);
  assertEquals([...admittedPeers.keys()], ["r2", "r3", "r5", "r3@1", "r4@1"]);
  assertEquals(formerNames(roster, before).map(String), ["r3@1", "r4@1"]);
});

Deno.test("clients of the epoch before are let in under other names, one that stays under its own", () => {
  const { admittedClients } = membersOf(roster, before, own);
  const names = [...admittedClients].map(([name, key]) => [name, hex(key)] as const);
  assertEquals(
    new Map(names),
    new Map([
      ["c1@1", curve("c1")],
      ["c2@1", curve("c2")],
      ["c1", c1.curvePublicKey],
      ["operator", before.operatorCurveKey],
    ]),
  );
});

Deno.test("in the first epoch there is nobody else, and nobody of two epochs ago", () => {
  const first = membersOf(before, null, own);
  assertEquals([...first.admittedPeers.keys()], ["r2", "r3", "r4"]);
  assertEquals([...first.admittedClients.keys()].sort(), ["c1", "c2", "operator"]);
  const { roster: third } = chain.advance();
  const later = membersOf(third, roster, own);
  assertEquals([...later.admittedPeers.keys()], ["r2", "r3", "r5"]);
  assertEquals([...later.admittedClients.keys()].sort(), ["c1", "operator"]);
});

Deno.test("new is whose signing key was not listed, whatever its id", () => {
  assertEquals(newcomersIn(roster, before, "r1"), ["r3", "r5"]);
  assertEquals(newcomersIn(roster, before, "r5"), ["r3"]);
  assertEquals(newcomersIn(roster, null, "r1"), []);
});

Deno.test("a replica that is late talks to the members of the file it was started with, too, under names of their own", () => {
  const late = membersOf(before, null, curve("r2"), roster);
  assertEquals(late.peers.map(({ id, host, curveKey }) => [id, host, hex(curveKey)]), [
    ["r1", "r1", curve("r1")],
    ["r3", "r3", curve("r3")],
    ["r4", "r4", curve("r4")],
    ["r3@2", "r3", r3.curvePublicKey],
    ["r5@2", "r5", r5.curvePublicKey],
  ]);
  assertEquals([...late.admittedPeers.keys()], late.peers.map(({ id }) => id));
  assertEquals([...late.admittedClients.keys()].sort(), ["c1", "c2", "operator"]);
  assertEquals(membersOf(roster, before, own, before), membersOf(roster, before, own), "an older file says nothing");
});
