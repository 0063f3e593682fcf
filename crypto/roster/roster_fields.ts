/** Strict reading of a roster's fields: types, ranges, and values that must not occur twice. */
import { peerHostFault } from "../../protocol/host.ts";
import { clientId, replicaId } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { PUBLIC_KEY_BYTES, type SignatureBackend } from "../signing/backend.ts";
import { readConstants } from "./constants.ts";
import { unhex } from "../digest.ts";
import { OPERATOR_ID } from "../keys/key_file.ts";
import { type Field, readHex, readId, readInteger, readList, readObject, refuse } from "../strict_json.ts";
import type { Roster, RosterClient, RosterReplica } from "./roster_types.ts";

const ROSTER_NAMES = ["version", "cluster", "constants", "replicas", "clients", "operatorKey"] as const;
const PORT_NAMES = ["peerPort", "publishPort", "clientPort"] as const;
const REPLICA_NAMES = ["id", "publicKey", "host", ...PORT_NAMES] as const;
const CLIENT_NAMES = ["id", "publicKey"] as const;
const MAX_PORT = 65_535;

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

function readHost(field: Field): string {
  const { value } = field;
  const wanted = typeof value === "string" ? peerHostFault(value) : "a host name or an address";
  return wanted === null ? value as string : refuse(field, wanted);
}

function readReplica(field: Field, context: Context): RosterReplica {
  const fields = readObject(field, REPLICA_NAMES);
  const id = replicaId(readMemberId(fields.id, context));
  const publicKey = readPublicKey(fields.publicKey, context);
  const host = readHost(fields.host);
  const [peerPort, publishPort, clientPort] = PORT_NAMES.map((name) => {
    const port = readInteger(fields[name], 1, MAX_PORT);
    context.claim(fields[name], `the address ${host.toLowerCase()} port ${port}`);
    return port;
  }) as [number, number, number];
  return { id, publicKey, host, peerPort, publishPort, clientPort };
}

function readClient(field: Field, context: Context): RosterClient {
  const fields = readObject(field, CLIENT_NAMES);
  return { id: clientId(readMemberId(fields.id, context)), publicKey: readPublicKey(fields.publicKey, context) };
}

/** Reads an unsigned roster. Throws `ConfigError` naming the path, what was given and what is wanted. */
export function readRosterFields(field: Field, backend: SignatureBackend): Roster {
  const fields = readObject(field, ROSTER_NAMES);
  const context = { backend, claim: createClaims() };
  if (fields.version.value !== 1) refuse(fields.version, "1, the only version there is");
  return {
    version: 1,
    cluster: readId(fields.cluster),
    constants: readConstants(fields.constants),
    operatorKey: readPublicKey(fields.operatorKey, context),
    replicas: readList(fields.replicas, 1, LIMITS.maxReplicas).map((replica) => readReplica(replica, context)),
    clients: readList(fields.clients, 0, LIMITS.maxClients).map((client) => readClient(client, context)),
  };
}
