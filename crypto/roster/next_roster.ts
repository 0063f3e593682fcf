/** The next roster of a cluster: the one before it, and what members asked for. */
import type { ProtocolConstants } from "../../protocol/config.ts";
import { clientId, replicaId } from "../../protocol/ids.ts";
import { ConfigError } from "../config_error.ts";
import { fingerprintOf } from "../keys/fingerprint.ts";
import type { KeyFile } from "../keys/key_file.ts";
import type { SignatureBackend } from "../signing/backend.ts";
import { type Address, ADDRESS_NAMES, addressText } from "./address.ts";
import type { KeyRequest } from "./key_request.ts";
import type { SignedRoster } from "./parse_roster.ts";
import { createRoster, type RosterParts } from "./roster.ts";
import type { Roster, RosterClient, RosterReplica } from "./roster_types.ts";

/** One difference between a roster and the one before it. */
export interface RosterChange {
  readonly change: "add" | "move";
  readonly kind: "replica" | "client";
  readonly id: string;
  readonly fingerprint: string;
  /** The difference in words. */
  readonly text: string;
}

/** The choices for a cluster's first roster; the later ones keep them. */
export interface FirstRoster {
  readonly constants: Partial<ProtocolConstants>;
  readonly allowPlaintext: boolean;
}

/** A roster to be signed, and how it differs from the one before. */
export interface NextRoster {
  readonly roster: Roster;
  readonly changes: readonly RosterChange[];
}

type Parts = Pick<RosterParts, "replicas" | "clients">;

function refuseRequest({ kind, id }: KeyRequest, given: string, wanted: string): never {
  throw new ConfigError(`request of ${kind} ${id}: given ${given}, wanted ${wanted}`);
}

function requireFit(request: KeyRequest, { cluster, publicKey }: KeyFile): void {
  if (request.cluster !== cluster) refuseRequest(request, `one for cluster ${request.cluster}`, `one for ${cluster}`);
  if (request.operatorKey !== publicKey) {
    refuseRequest(request, `one that pins operator ${request.operatorKey}`, `this operator's, ${publicKey}`);
  }
  if (request.kind === "operator") refuseRequest(request, "the operator's own keys", "a replica's or a client's");
}

const sameAddress = (a: Address, b: Address): boolean => ADDRESS_NAMES.every((name) => a[name] === b[name]);

/** Returns the replica at its new address. Its keys have to stay: what it signed with them is in logs and certificates. */
function moved(request: KeyRequest & { readonly kind: "replica" }, line: RosterReplica): RosterReplica {
  const { publicKey, curveKey, address } = request;
  if (line.publicKey !== publicKey || line.curveKey !== curveKey) {
    refuseRequest(request, "other keys than the roster lists", "an id of its own: keys in a roster are never replaced");
  }
  if (sameAddress(line, address)) refuseRequest(request, "what the roster lists already", "something new");
  return { ...line, ...address };
}

function changeOf(request: KeyRequest, change: RosterChange["change"], text: string): RosterChange {
  const kind = request.kind === "replica" ? "replica" : "client";
  return { change, kind, id: request.id, fingerprint: fingerprintOf(request), text };
}

function withReplica(parts: Parts, request: KeyRequest & { readonly kind: "replica" }): [Parts, RosterChange] {
  const { id, publicKey, curveKey, address } = request;
  const at = parts.replicas.findIndex((line) => line.id === id);
  if (at < 0) {
    const line: RosterReplica = { id: replicaId(id), publicKey, curveKey, ...address };
    const text = `adds replica ${id} at ${addressText(address)}`;
    return [{ ...parts, replicas: [...parts.replicas, line] }, changeOf(request, "add", text)];
  }
  const before = parts.replicas[at]!;
  const text = `moves replica ${id} from ${addressText(before)} to ${addressText(address)}`;
  return [{ ...parts, replicas: parts.replicas.with(at, moved(request, before)) }, changeOf(request, "move", text)];
}

function withClient(parts: Parts, request: KeyRequest): [Parts, RosterChange] {
  const { id, publicKey, curveKey } = request;
  if (parts.clients.some((line) => line.id === id)) {
    refuseRequest(
      request,
      "an id that the roster lists already",
      "one of its own: keys in a roster are never replaced",
    );
  }
  const line: RosterClient = { id: clientId(id), publicKey, curveKey };
  return [{ ...parts, clients: [...parts.clients, line] }, changeOf(request, "add", `adds client ${id}`)];
}

function apply(start: Parts, requests: readonly KeyRequest[], operator: KeyFile): Parts & Pick<NextRoster, "changes"> {
  let parts = start;
  const changes: RosterChange[] = [];
  for (const request of requests) {
    requireFit(request, operator);
    if (changes.some(({ id }) => id === request.id)) refuseRequest(request, "two of this id", "one of each");
    const [next, change] = request.kind === "replica" ? withReplica(parts, request) : withClient(parts, request);
    parts = next;
    changes.push(change);
  }
  return { ...parts, changes };
}

const operatorKeys = ({ cluster, publicKey, curvePublicKey }: KeyFile) => ({
  ...{ cluster, operatorKey: publicKey, operatorCurveKey: curvePublicKey },
});

/** Returns the first roster of the operator's cluster. Throws `ConfigError` on requests that do not fit it or each other. */
export function firstRoster(
  operator: KeyFile,
  requests: readonly KeyRequest[],
  first: FirstRoster,
  backend: SignatureBackend,
): NextRoster {
  const { changes, replicas, clients } = apply({ replicas: [], clients: [] }, requests, operator);
  if (replicas.length === 0) throw new ConfigError("requests: given none of a replica, wanted at least one");
  const roster = createRoster({ ...operatorKeys(operator), ...first, replicas, clients }, backend);
  return { roster, changes };
}

/** Operators and constants stay. */
function keptOf({ operatorKey, operatorCurveKey, operators, operatorThreshold, constants, allowPlaintext }: Roster) {
  return {
    ...{ operatorKey, operatorCurveKey, constants, allowPlaintext },
    ...(operators === undefined ? {} : { operators }),
    ...(operatorThreshold === undefined ? {} : { operatorThreshold }),
  };
}

/**
 * Returns the roster after `before`: its constants and members stay, requests add members or give a replica another address. Throws
 * `ConfigError` on requests that do not fit it or each other.
 */
export function nextRoster(
  operator: KeyFile,
  before: SignedRoster,
  requests: readonly KeyRequest[],
  backend: SignatureBackend,
): NextRoster {
  const { cluster, epoch } = before.roster;
  const { changes, replicas, clients } = apply(before.roster, requests, operator);
  const place = { epoch: epoch + 1, previous: before.digest };
  const parts = { cluster, ...keptOf(before.roster), replicas, clients, ...place };
  return { roster: createRoster(parts, backend), changes };
}
