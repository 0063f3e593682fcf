/** The first roster of a cluster, of what members asked for. What follows it is edited (`roster_edits.ts`). */
import type { ProtocolConstants } from "../../protocol/config.ts";
import { clientId, replicaId } from "../../protocol/ids.ts";
import { ConfigError } from "../config_error.ts";
import { fingerprintOf } from "../keys/fingerprint.ts";
import type { KeyFile } from "../keys/key_file.ts";
import type { SignatureBackend } from "../signing/backend.ts";
import { addressText } from "./address.ts";
import type { KeyRequest } from "./key_request.ts";
import { createRoster } from "./roster.ts";
import type { Roster, RosterClient, RosterReplica } from "./roster_types.ts";

/** A member of it, as the operator is told before he signs. */
export interface AddedMember {
  readonly kind: "replica" | "client";
  readonly id: string;
  readonly fingerprint: string;
  /** The same in words. */
  readonly text: string;
}

/** The choices for a cluster's first roster; the later ones keep them unless they are set. */
export interface FirstChoices {
  readonly constants: Partial<ProtocolConstants>;
  readonly allowPlaintext: boolean;
}

/** A roster to be signed. */
export interface FirstRoster {
  readonly roster: Roster;
  readonly added: readonly AddedMember[];
}

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

function requireDistinct(requests: readonly KeyRequest[]): void {
  const ids = new Set<string>();
  for (const request of requests) {
    if (ids.has(request.id)) refuseRequest(request, "two of this id", "one of each");
    ids.add(request.id);
  }
}

const replicaLines = (requests: readonly KeyRequest[]): RosterReplica[] =>
  requests.flatMap((request) => {
    if (request.kind !== "replica") return [];
    const { id, publicKey, curveKey, address } = request;
    return [{ id: replicaId(id), publicKey, curveKey, ...address }];
  });

const clientLines = (requests: readonly KeyRequest[]): RosterClient[] =>
  requests.filter(({ kind }) => kind === "client")
    .map(({ id, publicKey, curveKey }) => ({ id: clientId(id), publicKey, curveKey }));

function addedBy(request: KeyRequest): AddedMember {
  const { id } = request;
  const fingerprint = fingerprintOf(request);
  return request.kind === "replica"
    ? { kind: "replica", id, fingerprint, text: `adds replica ${id} at ${addressText(request.address)}` }
    : { kind: "client", id, fingerprint, text: `adds client ${id}` };
}

/** Returns the first roster of the operator's cluster. Throws `ConfigError` on requests that do not fit it or each other. */
export function firstRoster(
  operator: KeyFile,
  requests: readonly KeyRequest[],
  choices: FirstChoices,
  backend: SignatureBackend,
): FirstRoster {
  for (const request of requests) requireFit(request, operator);
  requireDistinct(requests);
  const [replicas, clients] = [replicaLines(requests), clientLines(requests)];
  if (replicas.length === 0) throw new ConfigError("requests: given none of a replica, wanted at least one");
  const { cluster, publicKey: operatorKey, curvePublicKey: operatorCurveKey } = operator;
  const roster = createRoster(
    { cluster, operatorKey, operatorCurveKey, ...choices, replicas, clients },
    backend,
  );
  return { roster, added: requests.map(addedBy) };
}
