/** The difference between two rosters in words, for whoever signs it. */
import type { ProtocolConstants } from "../../protocol/config.ts";
import { quorumOf, type QuorumSizes } from "../../protocol/quorum.ts";
import { fingerprintOf } from "../keys/fingerprint.ts";
import { type KeyKind, OPERATOR_ID } from "../keys/key_kind.ts";
import { ADDRESS_NAMES, addressText } from "./address.ts";
import { grantLines } from "./grants.ts";
import { operatorsOf } from "./operators.ts";
import type { Roster, RosterClient, RosterReplica } from "./roster_types.ts";

/** Lines on what differs, and on what to mind. */
export interface DifferenceInWords {
  readonly lines: readonly string[];
  readonly warnings: readonly string[];
}

interface Keys {
  readonly id: string;
  readonly publicKey: string;
  readonly curveKey: string;
}

const sameKeys = (a: Keys, b: Keys): boolean => a.publicKey === b.publicKey && a.curveKey === b.curveKey;
const byId = <T extends { readonly id: string }>(members: readonly T[], id: string): T | undefined =>
  members.find((member) => member.id === id);

/** Fingerprints of one cluster's members. */
type Print = (kind: KeyKind, keys: Keys) => string;
const printsOf = (cluster: string): Print => (kind, { id, publicKey, curveKey }) =>
  fingerprintOf({ cluster, kind, id, publicKey, curveKey });

function keyLines(kind: KeyKind, old: Keys, now: Keys, print: Print): string[] {
  if (sameKeys(old, now)) return [];
  const owner = kind === "operator" ? "the operator" : `${kind} ${now.id}`;
  return [`rotates the keys of ${owner}: fingerprint ${print(kind, old)} becomes ${print(kind, now)}`];
}

/** A new replica that has the turn of one that is gone, if the list says so. */
function replacedBy(now: RosterReplica, before: Roster, after: Roster): RosterReplica | null {
  const old = before.replicas[after.replicas.indexOf(now)];
  return old === undefined || byId(after.replicas, old.id) !== undefined ? null : old;
}

function stayingLines(old: RosterReplica, now: RosterReplica, print: Print): string[] {
  const moved = ADDRESS_NAMES.some((name) => old[name] !== now[name]);
  const text = `moves replica ${now.id} from ${addressText(old)} to ${addressText(now)}`;
  return [...(moved ? [text] : []), ...keyLines("replica", old, now, print)];
}

function replicaLines(before: Roster, after: Roster, print: Print): string[] {
  const replaced = new Set<RosterReplica>();
  const lines = after.replicas.flatMap((now) => {
    const old = byId(before.replicas, now.id);
    if (old !== undefined) return stayingLines(old, now, print);
    const gone = replacedBy(now, before, after);
    const rest = `replica ${now.id} at ${addressText(now)}, fingerprint ${print("replica", now)}`;
    if (gone === null) return [`adds ${rest}`];
    replaced.add(gone);
    return [`replaces replica ${gone.id}, fingerprint ${print("replica", gone)}, by ${rest}`];
  });
  const removed = before.replicas.filter((old) => byId(after.replicas, old.id) === undefined && !replaced.has(old));
  const turns = (a: Roster, b: Roster) =>
    a.replicas.map(({ id }) => id).filter((id) => byId(b.replicas, id)).join(", ");
  const [was, is] = [turns(before, after), turns(after, before)];
  return [
    ...lines,
    ...removed.map((old) => `removes replica ${old.id}, fingerprint ${print("replica", old)}`),
    ...(was === is ? [] : [`changes the order of turns from ${was} to ${is}`]),
  ];
}

function clientLines(before: Roster, after: Roster, print: Print): string[] {
  const old = new Map<string, RosterClient>(before.clients.map((client) => [client.id, client]));
  const now = new Set<string>(after.clients.map(({ id }) => id));
  const lines = after.clients.flatMap((client) => {
    const known = old.get(client.id);
    if (known !== undefined) return [...keyLines("client", known, client, print), ...grantLines(known, client)];
    return [
      `adds client ${client.id}, fingerprint ${print("client", client)}`,
      ...grantLines({ id: client.id }, client),
    ];
  });
  const gone = before.clients.filter(({ id }) => !now.has(id));
  return [...lines, ...gone.map((each) => `revokes client ${each.id}, fingerprint ${print("client", each)}`)];
}

function operatorLines(before: Roster, after: Roster, print: Print): string[] {
  const operator = ({ operatorKey, operatorCurveKey }: Roster): Keys => ({
    ...{ id: OPERATOR_ID, publicKey: operatorKey, curveKey: operatorCurveKey },
  });
  const [old, now] = [operatorsOf(before), operatorsOf(after)];
  const [wasMore, isMore] = [before.operators ?? [], after.operators ?? []];
  const rule = `${now.threshold} of ${now.keys.length}`;
  const sameRule = old.threshold === now.threshold && old.keys.length === now.keys.length;
  return [
    ...keyLines("operator", operator(before), operator(after), print),
    ...isMore.filter((key) => !wasMore.includes(key)).map((key) => `adds the operator with key ${key}`),
    ...wasMore.filter((key) => !isMore.includes(key)).map((key) => `removes the operator with key ${key}`),
    ...(sameRule ? [] : [`operators that have to sign: ${old.threshold} of ${old.keys.length} becomes ${rule}`]),
  ];
}

function constantLines({ constants: old, allowPlaintext: was }: Roster, after: Roster): string[] {
  const names = Object.keys(after.constants) as (keyof ProtocolConstants)[];
  const { constants: now, allowPlaintext: is } = after;
  const changed = names.filter((name) => old[name] !== now[name]);
  return [
    ...changed.map((name) => `sets ${name} from ${old[name]} to ${now[name]}`),
    ...(was === is ? [] : [`sets allowPlaintext from ${was} to ${is}`]),
  ];
}

const sizesOf = ({ replicas, constants: { profile } }: Roster): QuorumSizes => quorumOf(replicas.length, profile);

/** Returns n, f and Q of both rosters in words. */
function sizeLine(old: QuorumSizes, now: QuorumSizes): string {
  const change = (name: string, was: number, is: number) =>
    was === is ? `${name} stays ${is}` : `${name} ${was} becomes ${is}`;
  return [change("n", old.n, now.n), change("f", old.f, now.f), change("Q", old.quorum, now.quorum)].join(", ");
}

function sizeWarnings(before: Roster, after: Roster): string[] {
  const [old, now] = [sizesOf(before), sizesOf(after)];
  const { profile } = after.constants;
  if (old.n === now.n) return [];
  const enough = profile === "crash" ? now.n : 3 * now.f + 1;
  const lost = now.n - now.quorum;
  return [
    ...(now.f < old.f ? [`fewer faulty replicas are tolerated: f falls from ${old.f} to ${now.f}`] : []),
    ...(profile === "byzantine" && now.f === 0
      ? [`no faulty replica is tolerated with n = ${now.n}; 4 tolerate one`]
      : []),
    ...(now.f > 0 && now.n > enough
      ? [
        `this roster has n = ${now.n}: f ${
          now.f === old.f ? "stays" : "is"
        } ${now.f}, as with ${enough}, and ${now.quorum} have to be up`,
      ]
      : []),
    ...(lost < old.n - old.quorum ? [`only ${lost} of ${now.n} replicas may be down at a time`] : []),
  ];
}

function memberWarnings(before: Roster, after: Roster): string[] {
  const { quorum, n } = sizesOf(after);
  const staying = after.replicas.filter((now) => {
    const old = byId(before.replicas, now.id);
    return old !== undefined && sameKeys(old, now);
  }).length;
  const { keys, threshold } = operatorsOf(after);
  return [
    ...(staying < quorum ? [`only ${staying} of ${n} replicas stay with their keys, fewer than Q = ${quorum}`] : []),
    ...(after.clients.length === 0 ? ["no client is left"] : []),
    ...(threshold < operatorsOf(before).threshold
      ? [`fewer operators have to sign: ${threshold} of ${keys.length}`]
      : []),
    ...(threshold > 1 && threshold === keys.length
      ? [`whoever loses one of the ${threshold} operators' keys can change this cluster no more`]
      : []),
  ];
}

/** Returns what differs between two rosters of one cluster, with the fingerprint of every key that comes or goes. */
export function differenceInWords(before: Roster, after: Roster): DifferenceInWords {
  const print = printsOf(after.cluster);
  const [old, now] = [sizesOf(before), sizesOf(after)];
  const lines = [
    ...replicaLines(before, after, print),
    ...clientLines(before, after, print),
    ...operatorLines(before, after, print),
    ...constantLines(before, after),
  ];
  return {
    lines: [...(lines.length === 0 ? ["changes nothing but the epoch"] : lines), sizeLine(old, now)],
    warnings: [...sizeWarnings(before, after), ...memberWarnings(before, after)],
  };
}
