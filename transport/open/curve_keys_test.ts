import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { ConfigError } from "../../crypto/config_error.ts";
import { makeRoster } from "../../tests/support/make_roster.ts";
import { curveKeysOf } from "./curve_keys.ts";

const { roster, keys } = makeRoster();
const key = keys.get("r1")!;

Deno.test("plaintext is refused unless the operator's roster allows it", () => {
  const { message } = assertThrows(() => curveKeysOf(roster, key, true), ConfigError);
  assertStringIncludes(message, "wanted encrypted connections: the operator's roster has allowPlaintext false");
  assertEquals(curveKeysOf({ ...roster, allowPlaintext: true }, key, true), null);
});

Deno.test("a roster that allows plaintext is no reason for it", () => {
  assertEquals(
    curveKeysOf({ ...roster, allowPlaintext: true }, key, false)?.keys.publicKey.toHex(),
    key.curvePublicKey,
  );
});

Deno.test("peer and publish ports admit the keys of replicas alone, client ports those of clients and the operator alone", () => {
  const { replicas, clients } = curveKeysOf(roster, key, false)!;
  const hexOf = (admitted: ReadonlyMap<string, Uint8Array>) =>
    new Map([...admitted].map(([id, bytes]) => [id, bytes.toHex()]));
  assertEquals(hexOf(replicas), new Map(roster.replicas.map(({ id, curveKey }) => [id as string, curveKey])));
  const admitted: [string, string][] = roster.clients.map(({ id, curveKey }) => [id, curveKey]);
  assertEquals(hexOf(clients), new Map([...admitted, ["operator", roster.operatorCurveKey]]));
});
