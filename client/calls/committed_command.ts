/** GetCommittedCommand: f+1 equal answers about a committed entry are accepted; "none" takes a quorum that says it twice. */
import { LIMITS } from "../../protocol/limits.ts";
import { decodeGroup, type Operation } from "../../protocol/operations/group.ts";
import type { QuorumSizes } from "../../protocol/quorum.ts";
import { NoQuorumError, RefusedError } from "../errors.ts";
import type { Decision, QueryJudge } from "../loop/queries.ts";
import { isRecord, type Json, parsePayload, refusalReason } from "./json_payload.ts";

/** A client's command, or query, in a committed entry. */
export interface CommittedCommand extends Operation {
  readonly client: string;
  readonly session: number;
  readonly seq: number;
  /** Place in its group, from 0; absent where it was signed alone (§7.1f). */
  readonly part?: number;
}

/** A client's register in a committed entry; the entry's index is the id of the session, if it opened one (§7.1). */
export interface CommittedRegister {
  readonly client: string;
  readonly base: number;
}

/** A command or a register in a committed entry. */
export type CommittedRequest = CommittedCommand | CommittedRegister;

/** A clock of a replica as it stated it in an entry, in milliseconds of log time (§15.1). */
export interface CommittedStatement {
  readonly replica: string;
  readonly clock: number;
}

/** The entry at an index, or the fact that none is committed there yet. */
export type CommittedEntry =
  | {
    readonly committed: true;
    readonly index: number;
    readonly term: number;
    /** Chain hash after the entry (§3.1). */
    readonly hash: string;
    /** Empty for the no-op that opens a term, and for an entry of statements. */
    readonly commands: readonly CommittedRequest[];
    /** Statements of clocks, at least one; absent in an entry that is not of them. */
    readonly statements?: readonly CommittedStatement[];
  }
  /** `commitIndex`: at least one honest replica has committed that far. */
  | { readonly committed: false; readonly index: number; readonly commitIndex: number };

type Claim =
  | { readonly claim: "entry"; readonly key: string; readonly entry: CommittedEntry }
  | { readonly claim: "none"; readonly commitIndex: number; readonly times: number }
  | { readonly claim: "refusal"; readonly key: string; readonly code: "denied" | "replica-refused" };

/** Times a replica must say "none" before it counts: an entry just committed elsewhere has reached it by then. */
const NONE_TIMES = 2;

/** Returns a judge for the entry at `index` among as many replicas. */
export function committedCommandJudge(index: number, sizes: QuorumSizes): QueryJudge<CommittedEntry> {
  const claims = new Map<string, Claim>();
  return {
    take(replica, ok, payload) {
      const previous = claims.get(replica);
      const claim = readClaim(index, ok, payload, previous);
      claims.set(replica, claim);
      return decide(index, sizes, [...claims.values()]) ?? (claim.claim === "none" ? "again" : "noted");
    },
    expire(waitedMs) {
      const equal = Math.max(0, ...groupSizes([...claims.values()]).values());
      const progress = { replicas: sizes.n, answered: claims.size, equal, needed: sizes.weak, waitedMs };
      return { error: new NoQuorumError(`command at index ${index}`, progress, false) };
    },
  };
}

function decide(
  index: number,
  { weak, quorum }: QuorumSizes,
  claims: readonly Claim[],
): Decision<CommittedEntry> | null {
  const sizes = groupSizes(claims);
  for (const claim of claims) {
    if (claim.claim === "none" || (sizes.get(claim.key) ?? 0) < weak) continue;
    return claim.claim === "entry" ? { value: claim.entry } : { error: new RefusedError(claim.code, claim.key) };
  }
  const nones = claims.filter((claim) => claim.claim === "none" && claim.times >= NONE_TIMES);
  if (nones.length < quorum) return null;
  const heights = nones.map((claim) => claim.claim === "none" ? claim.commitIndex : 0).sort((a, b) => b - a);
  return { value: { committed: false, index, commitIndex: heights[weak - 1]! } };
}

function groupSizes(claims: readonly Claim[]): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const claim of claims) {
    const key = claim.claim === "none" ? "" : claim.key;
    sizes.set(key, (sizes.get(key) ?? 0) + 1);
  }
  return sizes;
}

function readClaim(index: number, ok: boolean, payload: Uint8Array, previous: Claim | undefined): Claim {
  const value = parsePayload(payload);
  if (!ok) return refusalIn(value, refusalReason(payload));
  const malformed: Claim = {
    ...{ claim: "refusal", code: "replica-refused" },
    key: "the replicas answered with something that is no committed entry",
  };
  if (!isRecord(value) || value["index"] !== index) return malformed;
  if (value["none"] === true) {
    const times = previous?.claim === "none" ? previous.times + 1 : 1;
    return isCount(value["commitIndex"]) ? { claim: "none", commitIndex: value["commitIndex"], times } : malformed;
  }
  const entry = readEntry(index, value);
  return entry === null ? malformed : { claim: "entry", ...entry };
}

const refusalIn = (value: Json | undefined, reason: string): Claim =>
  isRecord(value) && value["denied"] === 1
    ? { claim: "refusal", code: "denied", key: `command: ${reason}` }
    : { claim: "refusal", code: "replica-refused", key: `the replicas refused: ${reason}` };

function readEntry(index: number, value: { readonly [name: string]: Json }) {
  const { term, hash, commands } = value;
  if (!isCount(term) || typeof hash !== "string" || !/^[0-9a-f]{64}$/.test(hash)) return null;
  if (!Array.isArray(commands) || commands.length > LIMITS.maxEntryRequests) return null;
  const read = commands.map(readRequest);
  if (read.some((requests) => requests.length === 0)) return null;
  const known = read.flat();
  const statements = value["statements"] === undefined ? [] : readStatements(value["statements"]);
  if (statements === null) return null;
  const stated = statements.length === 0 ? {} : { statements };
  const entry: CommittedEntry = { committed: true, index, term, hash, commands: known, ...stated };
  const key = JSON.stringify([term, hash, known.map(keyOf), statements.map(({ replica, clock }) => [replica, clock])]);
  return { entry, key };
}

/** Returns the statements of an entry; null if `value` is no list of some. */
function readStatements(value: Json): CommittedStatement[] | null {
  if (!Array.isArray(value) || value.length === 0 || value.length > LIMITS.maxReplicas) return null;
  const statements = value.flatMap((each) => {
    if (!isRecord(each)) return [];
    const { replica, clock } = each;
    return typeof replica === "string" && isCount(clock) ? [{ replica, clock }] : [];
  });
  return statements.length === value.length ? statements : null;
}

const keyOf = (request: CommittedRequest): Json =>
  "base" in request
    ? [request.client, request.base]
    : [request.client, request.session, request.seq, request.mode, request.command.toBase64()];

/** Returns a register, a command, or all of a group; nothing if `value` is none of them. */
function readRequest(value: Json): CommittedRequest[] {
  if (!isRecord(value)) return [];
  const { client, session, seq, base, mode, command } = value;
  if (typeof client !== "string") return [];
  if (isCount(base)) return [{ client, base }];
  if (!isCount(session) || !isCount(seq) || typeof command !== "string") return [];
  const bytes = bytesOf(command);
  if (bytes === null) return [];
  if (mode === "command" || mode === "query") return [{ client, session, seq, mode, command: bytes }];
  if (mode !== "group") return [];
  return (decodeGroup(bytes) ?? []).map((operation, part) => ({ client, session, seq, part, ...operation }));
}

function bytesOf(base64: string): Uint8Array | null {
  try {
    return Uint8Array.fromBase64(base64);
  } catch {
    return null;
  }
}

const isCount = (value: Json | undefined): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
