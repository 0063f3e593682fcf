/** Edits of a roster, one after the other: each refuses by name what is impossible. The outcome is to be signed as the next one (§13.1). */
import type { ProtocolConstants } from "../../protocol/config.ts";
import { clientId, replicaId } from "../../protocol/ids.ts";
import type { Grant } from "../../protocol/ports.ts";
import { ConfigError } from "../config_error.ts";
import type { SignatureBackend } from "../signing/backend.ts";
import { type Address, ADDRESS_NAMES } from "./address.ts";
import { DEFAULT_CONSTANTS } from "./constants.ts";
import { keysText } from "./grants.ts";
import type { KeyRequest } from "./key_request.ts";
import { operatorsOf } from "./operators.ts";
import type { RosterFile } from "./parse_roster.ts";
import { faultOfContent, refuseFault } from "./roster_chain.ts";
import { readRosterFields } from "./roster_fields.ts";
import type { Roster, RosterClient, RosterReplica } from "./roster_types.ts";

/** Returns a roster changed in one way. Throws `ConfigError` naming what cannot be. */
export type RosterEdit = (roster: Roster) => Roster;

const refuse = (what: string, given: string, wanted: string): never => {
  throw new ConfigError(`${what}: given ${given}, wanted ${wanted}`);
};
const ownerOf = ({ kind, id }: KeyRequest): string => `request of ${kind} ${id}`;

/** Throws unless a request is for this cluster, by somebody who trusts one of its operators. */
function requireFit(request: KeyRequest, roster: Roster): void {
  const { cluster, kind, operatorKey } = request;
  if (cluster !== roster.cluster) refuse(ownerOf(request), `one for cluster ${cluster}`, `one for ${roster.cluster}`);
  if (kind === "operator" || operatorsOf(roster).keys.includes(operatorKey)) return;
  refuse(ownerOf(request), `one that pins operator ${operatorKey}`, `an operator of the roster, ${roster.operatorKey}`);
}

function requireKind(request: KeyRequest, wanted: KeyRequest["kind"]): void {
  if (request.kind !== wanted) refuse(ownerOf(request), `keys of kind ${request.kind}`, `those of kind ${wanted}`);
}

const idsOf = ({ replicas, clients }: Roster): readonly string[] => [...replicas, ...clients].map(({ id }) => id);

/** Returns the place of a member. Throws `ConfigError` naming those that there are. */
function placeOf(members: readonly { readonly id: string }[], kind: "replica" | "client", id: string): number {
  const at = members.findIndex((member) => member.id === id);
  if (at >= 0) return at;
  const known = members.length === 0 ? "none" : members.map((member) => member.id).join(", ");
  return refuse(`${kind} ${id}`, "an id that the roster does not list", `one of its ${kind}s: ${known}`);
}

function requireNew(request: KeyRequest, roster: Roster): void {
  requireFit(request, roster);
  if (!idsOf(roster).includes(request.id)) return;
  refuse(ownerOf(request), "an id that the roster lists already", "a new one, or rotate for new keys of the same");
}

function replicaLine(request: KeyRequest): RosterReplica {
  if (request.kind !== "replica") return refuse(ownerOf(request), `keys of kind ${request.kind}`, "those of a replica");
  const { id, publicKey, curveKey, address } = request;
  return { id: replicaId(id), publicKey, curveKey, ...address };
}

function clientLine(request: KeyRequest): RosterClient {
  requireKind(request, "client");
  return { id: clientId(request.id), publicKey: request.publicKey, curveKey: request.curveKey };
}

/** Adds a replica behind the others, or a client. */
export const addMember = (request: KeyRequest): RosterEdit => (roster) => {
  requireNew(request, roster);
  return request.kind === "client"
    ? { ...roster, clients: [...roster.clients, clientLine(request)] }
    : { ...roster, replicas: [...roster.replicas, replicaLine(request)] };
};

/** Adds a client. */
export const addClient = (request: KeyRequest): RosterEdit => (roster) => {
  requireKind(request, "client");
  return addMember(request)(roster);
};

/** Removes a replica; the last one stays. */
export const removeReplica = (id: string): RosterEdit => (roster) => {
  const at = placeOf(roster.replicas, "replica", id);
  if (roster.replicas.length === 1) refuse(`replica ${id}`, "the last one", "a roster that has a replica");
  return { ...roster, replicas: roster.replicas.toSpliced(at, 1) };
};

/** Puts a new replica, with an id of its own, in the turn of another one. */
export const replaceReplica = (id: string, request: KeyRequest): RosterEdit => (roster) => {
  const at = placeOf(roster.replicas, "replica", id);
  const line = replicaLine(request);
  requireNew(request, roster);
  return { ...roster, replicas: roster.replicas.with(at, line) };
};

/** Gives a replica another address; what is not given stays. */
export const moveReplica = (id: string, address: Partial<Address>): RosterEdit => (roster) => {
  const at = placeOf(roster.replicas, "replica", id);
  const old = roster.replicas[at]!;
  const line = { ...old, ...address };
  if (ADDRESS_NAMES.every((name) => old[name] === line[name])) {
    refuse(`replica ${id}`, "the address that it has", "another");
  }
  return { ...roster, replicas: roster.replicas.with(at, line) };
};

function rotated<T extends RosterClient | RosterReplica>(
  members: readonly T[],
  kind: "replica" | "client",
  { id, publicKey, curveKey }: KeyRequest,
): T[] {
  const at = placeOf(members, kind, id);
  const old = members[at]!;
  if (old.publicKey === publicKey && old.curveKey === curveKey) {
    refuse(`${kind} ${id}`, "the keys that it has", "new ones");
  }
  return members.with(at, { ...old, publicKey, curveKey });
}

/** Gives a member, or the operator, new keys. A replica's address stays, whatever its request says. */
export const rotateKeys = (id: string, request: KeyRequest): RosterEdit => (roster) => {
  requireFit(request, roster);
  if (request.id !== id) refuse(ownerOf(request), `the id ${request.id}`, `${id}`);
  const { kind, publicKey, curveKey } = request;
  if (kind === "replica") return { ...roster, replicas: rotated(roster.replicas, kind, request) };
  if (kind === "client") return { ...roster, clients: rotated(roster.clients, kind, request) };
  if (publicKey === roster.operatorKey) refuse("the operator", "the key that the roster has", "a new one");
  return { ...roster, operatorKey: publicKey, operatorCurveKey: curveKey };
};

/** Takes a client off the roster. */
export const revokeClient = (id: string): RosterEdit => (roster) => ({
  ...roster,
  clients: roster.clients.toSpliced(placeOf(roster.clients, "client", id), 1),
});

const withAccess =
  (id: string, change: (old: RosterClient["access"]) => RosterClient["access"]): RosterEdit => (roster) => {
    const at = placeOf(roster.clients, "client", id);
    const { access: old, ...line } = roster.clients[at]!;
    const access = change(old);
    return { ...roster, clients: roster.clients.with(at, access === undefined ? line : { ...line, access }) };
  };

/** Lets a client do nothing but what it is granted from then on. */
export const restrictClient = (id: string): RosterEdit => withAccess(id, () => []);

/** Lets a client do everything, as one without rules. */
export const unrestrictClient = (id: string): RosterEdit => withAccess(id, () => undefined);

/** Lets a client that has rules do more: what it may do with the same keys already stays. */
export const grantTo = (id: string, grant: Grant): RosterEdit =>
  withAccess(id, (old) => {
    if (old === undefined) {
      return refuse(`client ${id}`, "one that may do everything", "one with rules: client restrict first");
    }
    const known = old.find((each) => keysText(each) === keysText(grant));
    if (known === undefined) return [...old, grant];
    return old.with(old.indexOf(known), known.may === grant.may ? known : { ...grant, may: "both" });
  });

/** Takes a right from a client that a rule on the same keys gives it. */
export const withdrawFrom = (id: string, grant: Grant): RosterEdit =>
  withAccess(id, (old) => {
    const known = (old ?? []).find((each) => keysText(each) === keysText(grant));
    if (old === undefined || known === undefined || (known.may !== "both" && known.may !== grant.may)) {
      const rules = old === undefined ? "none: it may do everything" : old.map(keysText).join(", ") || "none";
      return refuse(`client ${id}`, `no rule to ${grant.may} ${keysText(grant)}`, `one of its own: ${rules}`);
    }
    const at = old.indexOf(known);
    return known.may === "both"
      ? old.with(at, { ...known, may: grant.may === "read" ? "write" : "read" })
      : old.toSpliced(at, 1);
  });

/** Sets constants by name. */
export const setConstants = (values: Readonly<Record<string, unknown>>): RosterEdit => (roster) => {
  const unknown = Object.keys(values).find((name) => !Object.hasOwn(DEFAULT_CONSTANTS, name));
  if (unknown !== undefined) {
    refuse(unknown, "a constant that there is not", `one of ${Object.keys(DEFAULT_CONSTANTS).join(", ")}`);
  }
  return { ...roster, constants: { ...roster.constants, ...values as Partial<ProtocolConstants> } };
};

/** Makes those who asked the operators beside the first one, `threshold` of all of whom have to sign. */
export const setOperators = (requests: readonly KeyRequest[], threshold: number): RosterEdit => (roster) => {
  for (const request of requests) {
    requireFit(request, roster);
    requireKind(request, "operator");
  }
  return { ...roster, operators: requests.map(({ publicKey }) => publicKey), operatorThreshold: threshold };
};

/**
 * Returns the roster behind `before` that `edit` makes of `from`: `before` itself, or what was made of it so far. Throws `ConfigError` on one that
 * is none, or that may not follow.
 */
export function editedRoster(before: RosterFile, from: Roster, edit: RosterEdit, backend: SignatureBackend): Roster {
  const place = { epoch: before.roster.epoch + 1, previous: before.digest };
  const roster = readRosterFields({ path: "$.roster", value: { ...edit(from), ...place } }, backend);
  refuseFault(before, faultOfContent(before, roster));
  return roster;
}
