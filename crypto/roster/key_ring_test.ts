import { assertEquals, assertThrows } from "@std/assert";
import { clientId, replicaId } from "../../protocol/ids.ts";
import { makeRoster } from "../../tests/support/make_roster.ts";
import { ConfigError } from "../config_error.ts";
import { unhex } from "../digest.ts";
import type { KeyIdentity } from "../keys/key_file.ts";
import { createKeyRing, requireMember } from "./key_ring.ts";

const { roster, keys } = makeRoster();
const { operatorKey } = roster;

Deno.test("the key ring keeps replicas and clients apart", () => {
  const ring = createKeyRing(roster);
  for (const { id, publicKey } of roster.replicas) assertEquals(ring.replicaKey(id), unhex(publicKey));
  for (const { id, publicKey } of roster.clients) assertEquals(ring.clientKey(id), unhex(publicKey));
  assertEquals(ring.operatorKey, unhex(operatorKey));
  for (const id of ["c1", "operator", "r5", "__proto__", ""]) assertEquals(ring.replicaKey(replicaId(id)), null);
  for (const id of ["r1", "operator", "c3", "constructor"]) assertEquals(ring.clientKey(clientId(id)), null);
});

const refused = (key: KeyIdentity, message: string, wanted?: Parameters<typeof requireMember>[2]) =>
  assertThrows(() => requireMember(roster, key, wanted), ConfigError, message);

Deno.test("a key file must fit the roster, by both of its keys", () => {
  for (const key of keys.values()) requireMember(roster, key);
  const [r1, r2] = [keys.get("r1")!, keys.get("r2")!];
  const cases: readonly (readonly [Partial<KeyIdentity>, string])[] = [
    [{ cluster: "other" }, "key of replica r2: given one for cluster other, wanted one for test-cluster"],
    [{ operatorKey: r2.publicKey }, "key of replica r2: given one that pins operator"],
    [{ id: "r9" }, "key of replica r9: given one that the roster does not list"],
    [{ id: "r1" }, `key of replica r1: given public key ${r2.publicKey}, wanted ${r1.publicKey}`],
    [{ id: "r1", publicKey: r1.publicKey }, `given CURVE key ${r2.curvePublicKey}, wanted ${r1.curvePublicKey}`],
    [{ kind: "operator", id: "operator" }, "key of operator operator: given public key"],
    [{ kind: "operator", id: "operator", publicKey: operatorKey }, "key of operator operator: given CURVE key"],
  ];
  for (const [change, message] of cases) refused({ ...r2, ...change }, message);
});

Deno.test("kinds cannot stand in for each other, and the error names both", () => {
  const [r1, c1, operator] = [keys.get("r1")!, keys.get("c1")!, keys.get("operator")!];
  refused({ ...r1, kind: "client" }, "key of client r1: given a client's key, wanted a replica's, as which the roster");
  refused({ ...c1, kind: "replica" }, "key of replica c1: given a replica's key, wanted a client's, as which");
  refused(r1, "key of replica r1: given a replica's, wanted a client's or the operator's", ["client", "operator"]);
  refused(c1, "key of client c1: given a client's, wanted a replica's", ["replica"]);
  refused(operator, "key of operator operator: given the operator's, wanted a replica's", ["replica"]);
  // Another's keys under the own kind and id are no better.
  refused({ ...c1, publicKey: r1.publicKey, curvePublicKey: r1.curvePublicKey }, "key of client c1: given public key");
  requireMember(roster, c1, ["client"]);
});
