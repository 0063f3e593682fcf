/** The examples of `docs/keys.md`, made anew from fixed secrets. */
import { hex, unhex } from "../../../crypto/digest.ts";
import { curvePublicKey } from "../../../crypto/keys/curve_key.ts";
import { type KeyFile, keyFileText, type KeyKind } from "../../../crypto/keys/key_file.ts";
import { firstRoster } from "../../../crypto/roster/first_roster.ts";
import { parseRequest, signRequest } from "../../../crypto/roster/key_request.ts";
import { parseSignedRoster } from "../../../crypto/roster/parse_roster.ts";
import { signRoster } from "../../../crypto/roster/roster.ts";
import { addClient, editedRoster } from "../../../crypto/roster/roster_edits.ts";
import { nobleBackend } from "../../../crypto/signing/noble_backend.ts";

const CLUSTER = "example";
/** Passphrase of the sealed example. */
export const PASSPHRASE = "correct horse battery staple";

/** Returns a key whose secrets repeat one byte each. Never use such keys. */
function exampleKey(kind: KeyKind, id: string, digit: number, operatorKey: string | null): KeyFile {
  const secretKey = `${digit}1`.repeat(32);
  const curveSecretKey = `${digit}2`.repeat(32);
  const publicKey = hex(nobleBackend.publicKey(unhex(secretKey)));
  const curve = hex(curvePublicKey(unhex(curveSecretKey)));
  const keys = { secretKey, publicKey, curveSecretKey, curvePublicKey: curve };
  return { kind, id, cluster: CLUSTER, ...keys, operatorKey: operatorKey ?? publicKey };
}

const operator = exampleKey("operator", "operator", 1, null);
/** Key of the example's only replica. */
export const REPLICA = exampleKey("replica", "r1", 2, operator.publicKey);
const client = exampleKey("client", "c1", 3, operator.publicKey);
const address = { host: "r1.example", peerPort: 17_000, publishPort: 17_001, clientPort: 17_002 };

function examples() {
  const [r1, c1] = [signRequest(REPLICA, address, nobleBackend), signRequest(client, null, nobleBackend)];
  const asked = [r1, c1].map((text) => parseRequest(text, nobleBackend));
  const sign = (roster: Parameters<typeof signRoster>[0]) =>
    signRoster(roster, unhex(operator.secretKey), nobleBackend);
  const first = sign(
    firstRoster(operator, asked.slice(0, 1), { constants: {}, allowPlaintext: false }, nobleBackend).roster,
  );
  const before = parseSignedRoster(first, operator.publicKey, nobleBackend);
  const second = sign(editedRoster(before, before.roster, addClient(asked[1]!), nobleBackend));
  return {
    "r1.key": keyFileText(REPLICA, nobleBackend),
    "c1.request.json": c1,
    "r1.request.json": r1,
    "cluster-1.json": first,
    "cluster-2.json": second,
  };
}

/** Texts of the examples by name. The first request and the first roster are not in the document. */
export const EXAMPLES: Readonly<Record<string, string>> = examples();
