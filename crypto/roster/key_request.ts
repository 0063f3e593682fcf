/**
 * Requests for a place in a roster: the public part of a key file, signed with its own key. So each member makes its keys itself, and the
 * operator sees that whoever asks holds the signing key. That he holds the CURVE key too shows at his first connection.
 */
import { SIGNATURE_BYTES } from "../../protocol/bytes/sizes.ts";
import { withSource } from "../config_error.ts";
import { hex, unhex } from "../digest.ts";
import { readSmallFile } from "../files.ts";
import { CURVE_KEY_BYTES, isCurvePublicKey } from "../keys/curve_key.ts";
import { fingerprintOf } from "../keys/fingerprint.ts";
import type { KeyFile } from "../keys/key_file.ts";
import { type KeyKind, OPERATOR_ID } from "../keys/key_kind.ts";
import { PUBLIC_KEY_BYTES, type SignatureBackend } from "../signing/backend.ts";
import { createSigner, createVerifier } from "../signing/signing.ts";
import {
  type Field,
  parseJson,
  readHex,
  readId,
  readObject,
  readString,
  refuse,
  requireVersion,
} from "../strict_json.ts";
import { type Address, ADDRESS_NAMES, readAddress } from "./address.ts";
import { rosterBody } from "./roster.ts";

const MAX_REQUEST_BYTES = 4096;
const REQUEST_VERSION = 1;

interface Requested {
  /** Cluster id. */
  readonly cluster: string;
  readonly id: string;
  readonly publicKey: string;
  readonly curveKey: string;
  /** The operator whom the requester trusts; no other may use the request. */
  readonly operatorKey: string;
}

/** The public part of a member's keys. The operator hands out his in the same form. */
export type KeyRequest =
  | Requested & { readonly kind: "replica"; readonly address: Address }
  | Requested & { readonly kind: "client" | "operator"; readonly address: null };

const NAMES = ["version", "cluster", "kind", "id", "publicKey", "curveKey", "operatorKey"] as const;
type Fields = Readonly<Record<(typeof NAMES)[number], Field>>;

/** Returns the request of a key's owner; a replica's has its address. */
export function requestOf(key: KeyFile, address: Address | null): KeyRequest {
  const { cluster, kind, id, publicKey, curvePublicKey, operatorKey } = key;
  const requested = { cluster, id, publicKey, curveKey: curvePublicKey, operatorKey };
  if (kind !== "replica") return { ...requested, kind, address: null };
  if (address === null) throw new TypeError("request of a replica: wanted its address");
  return { ...requested, kind, address };
}

/** Returns the text of a request file, signed with the requester's own key. Throws `ConfigError` if it would not be read. */
export function signRequest(key: KeyFile, address: Address | null, backend: SignatureBackend): string {
  const { address: own, ...requested } = requestOf(key, address);
  const request = { version: REQUEST_VERSION, ...requested, ...own };
  const signer = createSigner(backend, unhex(key.secretKey), key.cluster);
  const text = `${
    JSON.stringify({ request, signature: hex(signer.sign("KeyRequest", rosterBody(request))) }, null, 2)
  }\n`;
  parseRequest(text, backend);
  return text;
}

function readRequested(fields: Fields, backend: SignatureBackend): Requested {
  const point = (field: Field): string => {
    const key = readHex(field, PUBLIC_KEY_BYTES);
    return backend.isPublicKey(unhex(key)) ? key : refuse(field, "a compressed point of secp256k1");
  };
  const curveKey = readHex(fields.curveKey, CURVE_KEY_BYTES);
  if (!isCurvePublicKey(unhex(curveKey))) refuse(fields.curveKey, "a CURVE public key");
  const [publicKey, operatorKey] = [point(fields.publicKey), point(fields.operatorKey)];
  return { cluster: readId(fields.cluster), id: readId(fields.id), publicKey, curveKey, operatorKey };
}

/** Throws unless the id and the pinned key fit the kind. */
function requireKind(fields: Fields, kind: KeyKind, { id, publicKey, operatorKey }: Requested): void {
  const operators = kind === "operator";
  if (operators !== (id === OPERATOR_ID)) {
    refuse(fields.id, operators ? `"${OPERATOR_ID}" for the operator` : `the id of a ${kind}`);
  }
  if (operators !== (publicKey === operatorKey)) {
    refuse(fields.operatorKey, operators ? "its own publicKey" : "another key than its own publicKey");
  }
}

function readRequestFields(field: Field, backend: SignatureBackend): KeyRequest {
  requireVersion(field, REQUEST_VERSION, "a request made by keygen of this version");
  const kindOf = (field.value as { readonly kind?: unknown }).kind;
  const fields = readObject(field, kindOf === "replica" ? [...NAMES, ...ADDRESS_NAMES] : NAMES);
  const kind = readString(fields.kind, /^(?:operator|replica|client)$/, '"operator", "replica" or "client"') as KeyKind;
  const requested = readRequested(fields, backend);
  requireKind(fields, kind, requested);
  if (kind !== "replica") return { ...requested, kind, address: null };
  return { ...requested, kind, address: readAddress(fields as Parameters<typeof readAddress>[0]) };
}

/** Parses a request, and verifies that its owner signed it. Throws `ConfigError`. */
export function parseRequest(text: string, backend: SignatureBackend): KeyRequest {
  const fields = readObject(parseJson(text, MAX_REQUEST_BYTES), ["request", "signature"]);
  const signature = unhex(readHex(fields.signature, SIGNATURE_BYTES));
  const request = readRequestFields(fields.request, backend);
  const verifier = createVerifier(backend, request.cluster);
  if (!verifier.verify("KeyRequest", rosterBody(fields.request.value), signature, unhex(request.publicKey))) {
    refuse(fields.signature, "the requester's own signature over this request", "one that does not verify");
  }
  return request;
}

/** Reads a request file of at most 4096 bytes. Throws `ConfigError` naming it. */
export async function readRequest(path: string, backend: SignatureBackend): Promise<KeyRequest> {
  const { text } = await readSmallFile(path, MAX_REQUEST_BYTES);
  return withSource(path, () => parseRequest(text, backend));
}

/** Returns the fingerprint of a request's keys, the same as of the key file and of the roster. */
export const requestFingerprint = (request: KeyRequest): string => fingerprintOf(request);
