/** Other programs are written from `docs/keys.md`: its examples must be what this one reads and writes. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { unhex } from "../../../crypto/digest.ts";
import { fingerprintOf, readable } from "../../../crypto/keys/fingerprint.ts";
import { parseKeyFile } from "../../../crypto/keys/key_file.ts";
import { SCRYPT_COST } from "../../../crypto/keys/sealed_secrets.ts";
import { parseSignedRoster } from "../../../crypto/roster/parse_roster.ts";
import { WIRE_VERSION } from "../../../transport/codec/mod.ts";
import { backend, BACKENDS } from "../../support/backends.ts";
import { EXAMPLES, PASSPHRASE, REPLICA } from "./example_keys.ts";

const doc = Deno.readTextFileSync(new URL("../../../docs/keys.md", import.meta.url));
const [key, sealed, request, roster] = [...doc.matchAll(/^```json\n(.*?)^```$/gms)].map(([, block]) => block!);

Deno.test("docs/keys.md: each example is what the program writes of the same secrets", () => {
  assertEquals(key, EXAMPLES["r1.key"]);
  assertEquals(request, EXAMPLES["c1.request.json"]);
  assertEquals(roster, EXAMPLES["cluster-2.json"]);
});

Deno.test("docs/keys.md: the sealed example opens with the passphrase beside it", () => {
  assertStringIncludes(doc, `the passphrase \`${PASSPHRASE}\``);
  for (const each of BACKENDS) assertEquals(parseKeyFile(sealed!, each, PASSPHRASE), REPLICA);
  assertStringIncludes(doc, `a power of two from ${SCRYPT_COST.least} to ${SCRYPT_COST.most}`);
});

Deno.test("docs/keys.md: fingerprints, and the chain", () => {
  const { curvePublicKey: curveKey, ...names } = REPLICA;
  assertStringIncludes(doc, `of r1 above is \`${fingerprintOf({ ...names, curveKey })}\``);
  const second = parseSignedRoster(roster!, REPLICA.operatorKey, backend);
  assertStringIncludes(doc, `of its digest: \`${readable(unhex(second.digest))}\``);
  const first = parseSignedRoster(EXAMPLES["cluster-1.json"]!, REPLICA.operatorKey, backend);
  assertEquals(second.roster.previous, first.digest);
  assertStringIncludes(doc, `behind the version byte ${WIRE_VERSION}`);
});
