/** Strict reading of a roster's fields: types, ranges, and values that must not occur twice. */
import type { ProtocolConstants } from "../../protocol/config.ts";
import { clientId, replicaId } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { unhex } from "../digest.ts";
import { CURVE_KEY_BYTES, isCurvePublicKey } from "../keys/curve_key.ts";
import { OPERATOR_ID } from "../keys/key_kind.ts";
import { PUBLIC_KEY_BYTES, type SignatureBackend } from "../signing/backend.ts";
import {
  type Field,
  readBoolean,
  readHex,
  readId,
  readInteger,
  readList,
  readObject,
  refuse,
  requireVersion,
} from "../strict_json.ts";
import { ADDRESS_NAMES, PORT_NAMES, readAddress } from "./address.ts";
import { readConstants } from "./constants.ts";
import { readGrants } from "./grants.ts";
import type { Roster, RosterClient, RosterReplica } from "./roster_types.ts";

const ROSTER_NAMES = [
  ...["version", "cluster", "epoch", "previous", "allowPlaintext", "constants", "replicas", "clients"] as const,
  ...["operatorKey", "operatorCurveKey", "operators", "operatorThreshold"] as const,
];
/** Members that a roster of one operator lacks. */
const ABSENT = { operators: [], operatorThreshold: 1 };
const REPLICA_NAMES = ["id", "publicKey", "curveKey", ...ADDRESS_NAMES] as const;
const CLIENT_NAMES = ["id", "publicKey", "curveKey", "access"] as const;
const ROSTER_VERSION = 2;
const DIGEST_BYTES = 32;

/** Refuses a value that was claimed before, naming the field that has it. */
type Claim = (field: Field, what: string) => void;

function createClaims(): Claim {
  const owners = new Map<string, string>();
  return (field, what) => {
    const owner = owners.get(what);
    if (owner !== undefined) refuse(field, `another one than ${owner}`, `${what} a second time`);
    owners.set(what, field.path);
  };
}

/** State shared while one roster is read. */
interface Context {
  readonly backend: SignatureBackend;
  readonly claim: Claim;
}

function readMemberId(field: Field, { claim }: Context): string {
  const id = readId(field);
  if (id === OPERATOR_ID) refuse(field, `an id other than "${OPERATOR_ID}", which is the operator's`);
  claim(field, `the id ${id}`);
  return id;
}

/** §2.1: operator, replicas and clients are separate sets of keys, so no key may occur twice anywhere. */
function readPublicKey(field: Field, { backend, claim }: Context): string {
  const key = readHex(field, PUBLIC_KEY_BYTES);
  if (!backend.isPublicKey(unhex(key))) refuse(field, "a compressed point of secp256k1");
  claim(field, `the public key ${key}`);
  return key;
}

/** CURVE keys of all kinds are one set too: a key belongs to one member, or nobody could tell who is at the other end. */
function readCurveKey(field: Field, { claim }: Context): string {
  const key = readHex(field, CURVE_KEY_BYTES);
  if (!isCurvePublicKey(unhex(key))) refuse(field, "a CURVE public key");
  claim(field, `the CURVE key ${key}`);
  return key;
}

function readReplica(field: Field, context: Context): RosterReplica {
  const fields = readObject(field, REPLICA_NAMES);
  const id = replicaId(readMemberId(fields.id, context));
  const publicKey = readPublicKey(fields.publicKey, context);
  const curveKey = readCurveKey(fields.curveKey, context);
  const address = readAddress(fields);
  for (const name of PORT_NAMES) {
    context.claim(fields[name], `the address ${address.host.toLowerCase()} port ${address[name]}`);
  }
  return { id, publicKey, curveKey, ...address };
}

function readClient(field: Field, context: Context): RosterClient {
  const fields = readObject(field, CLIENT_NAMES, { access: null });
  const id = clientId(readMemberId(fields.id, context));
  const publicKey = readPublicKey(fields.publicKey, context);
  const access = fields.access.isAbsent === true ? {} : { access: readGrants(fields.access) };
  return { id, publicKey, curveKey: readCurveKey(fields.curveKey, context), ...access };
}

/** Reads the place in the chain of rosters: the first has none before it, every other names the digest of one. */
function readEpoch(epoch: Field, previous: Field): Pick<Roster, "epoch" | "previous"> {
  const number = readInteger(epoch, 1, Number.MAX_SAFE_INTEGER);
  if (number > 1) return { epoch: number, previous: readHex(previous, DIGEST_BYTES) };
  if (previous.value !== null) refuse(previous, "null in epoch 1");
  return { epoch: number, previous: null };
}

/** Reads what a roster says of several operators, if it does: members that are absent stay so, since the digest is of what was signed. */
function readOperators(
  operators: Field,
  threshold: Field,
  context: Context,
): Pick<Roster, "operators" | "operatorThreshold"> {
  const keys = readList(operators, 0, LIMITS.maxOperators - 1).map((key) => readPublicKey(key, context));
  const needed = readInteger(threshold, 1, keys.length + 1);
  return {
    ...(operators.isAbsent === true ? {} : { operators: keys }),
    ...(threshold.isAbsent === true ? {} : { operatorThreshold: needed }),
  };
}

/** §1.4: where nothing is signed, connections alone say who speaks; in clear they say nothing. */
function readPlaintext(field: Field, { profile }: ProtocolConstants): boolean {
  const allowed = readBoolean(field);
  if (allowed && profile === "crash") refuse(field, "false: in the crash profile CURVE is all that tells who speaks");
  return allowed;
}

/** Reads an unsigned roster. Throws `ConfigError` naming the path, what was given and what is wanted. */
export function readRosterFields(field: Field, backend: SignatureBackend): Roster {
  requireVersion(
    field,
    ROSTER_VERSION,
    "a roster with CURVE keys; make a new cluster with keygen",
  );
  const fields = readObject(field, ROSTER_NAMES, ABSENT);
  const context = { backend, claim: createClaims() };
  const constants = readConstants(fields.constants);
  return {
    version: ROSTER_VERSION,
    cluster: readId(fields.cluster),
    ...readEpoch(fields.epoch, fields.previous),
    allowPlaintext: readPlaintext(fields.allowPlaintext, constants),
    constants,
    operatorKey: readPublicKey(fields.operatorKey, context),
    operatorCurveKey: readCurveKey(fields.operatorCurveKey, context),
    ...readOperators(fields.operators, fields.operatorThreshold, context),
    replicas: readList(fields.replicas, 1, LIMITS.maxReplicas).map((replica) => readReplica(replica, context)),
    clients: readList(fields.clients, 0, LIMITS.maxClients).map((client) => readClient(client, context)),
  };
}
