/** Well-formed durable values for the storage suite. Signatures are filler: storage keeps them, and never checks them. */
import { sha256Hex } from "../../../crypto/digest.ts";
import type { CheckpointProof, CommitCertificate, PrepareCertificate } from "../../../protocol/certificate.ts";
import type { Genesis } from "../../../protocol/config.ts";
import type { ChainedEntry, Head, SendRequest } from "../../../protocol/entry.ts";
import { joinRequests } from "../../../protocol/entry_body.ts";
import type { Evidence } from "../../../protocol/evidence.ts";
import { chainEntry, genesisHash, nextGenesis } from "../../../protocol/hash_chain.ts";
import { clientId, type Digest, digest, logIndex, offset, replicaId, round, seq, term } from "../../../protocol/ids.ts";
import type { AppendEntriesResponse, Certified, Checkpoint, Message, Vote } from "../../../protocol/message.ts";
import type { Chunk } from "../../../protocol/ports.ts";
import type { Signed } from "../../../protocol/signed.ts";
import { makeManifest } from "../../../protocol/snapshot/snapshot_manifest.ts";
import type { BeginEpoch, HardState, PersistOperation, Recovery } from "../../../replica/core/log/durable_state.ts";
import { EMPTY_HARD_STATE } from "../../../replica/storage/empty.ts";
import type { SigningIntent } from "../../../replica/storage/port.ts";
import { encodeMessage, entryOf } from "../../../transport/codec/mod.ts";

export const CLUSTER = "contract-cluster";
export const REPLICA = replicaId("r1");
export const GENESIS: Head = { index: logIndex(0), hash: genesisHash(sha256Hex, CLUSTER) };

/** Returns `message` with its real body and a filler signature. */
export function signed<M extends Message>(message: M): Signed<M> {
  return { message, body: encodeMessage(message), signature: new Uint8Array(64).fill(7) };
}

/** Returns `count` entries of one request each after `from`. Another `salt` makes another branch. */
export function grow(from: Head, count: number, termNumber: number, salt = "a"): ChainedEntry[] {
  const chain: ChainedEntry[] = [];
  let head = from;
  for (let i = 0; i < count; i++) {
    const body = joinRequests([signed(request(head.index + 1, salt))]);
    const next = chainEntry(sha256Hex, head.hash, entryOf(offset(head.index, 1), term(termNumber), body));
    chain.push(next);
    head = headOf(next);
  }
  return chain;
}

function request(number: number, salt: string): SendRequest {
  const command = new TextEncoder().encode(`${salt}-${number}`);
  return {
    kind: "SendRequest",
    client: clientId("c1"),
    session: logIndex(1),
    seq: seq(number),
    floor: seq(1),
    mode: "command",
    command,
  };
}

/** Returns a no-op after `from`, as a leader opens its term with (§5.8). */
export function noOp(from: Head, termNumber: number): ChainedEntry {
  return chainEntry(sha256Hex, from.hash, entryOf(offset(from.index, 1), term(termNumber), joinRequests([])));
}

/** Returns the head after `entry`. */
export const headOf = ({ entry, hash }: ChainedEntry): Head => ({ index: entry.index, hash });

/** Returns the head after the last of `chain`, which is not empty. */
export function endOf(chain: readonly ChainedEntry[]): Head {
  const last = chain.at(-1);
  if (last === undefined) throw new RangeError("endOf wants at least one entry: the chain is empty");
  return headOf(last);
}

export const append = (entries: readonly ChainedEntry[]): PersistOperation => ({ op: "append", entries });
export const truncate = (after: number): PersistOperation => ({ op: "truncate", after: logIndex(after) });

/** Returns the hard state of a term in which nothing was voted or acked, except for `rest`. */
export function hardState(termNumber: number, rest: Partial<HardState> = {}): PersistOperation {
  return { op: "hard-state", state: { ...EMPTY_HARD_STATE, currentTerm: term(termNumber), ...rest } };
}

const point = (termNumber: number, head: Head): Certified => ({ term: term(termNumber), ...head });

function response(replica: string, termNumber: number, head: Head): Signed<AppendEntriesResponse> {
  return signed({
    kind: "AppendEntriesResponse",
    term: term(termNumber),
    replica: replicaId(replica),
    acks: [head],
    prepared: point(termNumber, head),
    commitIndex: logIndex(0),
    commitHash: GENESIS.hash,
    round: round(1),
  });
}

export function prepareCertificate(termNumber: number, head: Head): PrepareCertificate {
  const responses = ["r1", "r2", "r3"].map((replica) => response(replica, termNumber, head));
  return { kind: "prepare", ...point(termNumber, head), responses };
}

export function commitCertificate(termNumber: number, head: Head): CommitCertificate {
  const links = [{ term: term(termNumber), digest: digest("5a".repeat(32)) }];
  const responses = ["r1", "r2", "r3"].map((replica) => response(replica, termNumber, head));
  return { kind: "commit", ...point(termNumber, head), links, responses };
}

export const prepared = (termNumber: number, head: Head, branch: readonly ChainedEntry[] = []): PersistOperation => ({
  op: "prepared",
  certificate: prepareCertificate(termNumber, head),
  branch,
});
export const commit = (termNumber: number, head: Head): PersistOperation => ({
  op: "commit",
  index: head.index,
  certificate: commitCertificate(termNumber, head),
});

export function vote(termNumber: number, candidate: string, base = point(0, GENESIS)): Vote {
  return { kind: "Vote", term: term(termNumber), candidate: replicaId(candidate), voter: REPLICA, granted: true, base };
}

export const evidence = (culprit: string): Evidence => ({
  kind: "double-vote",
  culprit: replicaId(culprit),
  first: signed(vote(3, "r2")),
  second: signed(vote(3, "r3")),
});

export const acks = (termNumber: number, ...heads: Head[]): SigningIntent => ({
  epoch: 1,
  kind: "acks",
  term: term(termNumber),
  heads,
});
export function voting(given: Vote): SigningIntent {
  return { epoch: 1, kind: "vote", vote: given, body: encodeMessage(given) };
}

/** Returns a chunk of `bytes` bytes that depends on `text` alone. */
export function chunk(text: string, bytes = 100): Chunk {
  const content = new TextEncoder().encode(text.repeat(Math.ceil(bytes / text.length))).subarray(0, bytes);
  return { digest: sha256Hex(content), bytes: content };
}

/** A snapshot of those chunks: its state digest, and all that has to be held, the manifest last. */
export interface FixtureSnapshot {
  readonly stateDigest: Digest;
  readonly chunks: readonly Chunk[];
}

export function snapshot(...parts: readonly Chunk[]): FixtureSnapshot {
  const digests = parts.map(({ digest }) => digest);
  const { head, lists } = makeManifest(sha256Hex, { sessionChunks: Math.min(1, parts.length), digests });
  return { stateDigest: head.digest, chunks: [...parts, ...lists, head] };
}

export function checkpointProof(termNumber: number, head: Head, stateDigest: Digest): CheckpointProof {
  const checkpoints = ["r1", "r2", "r3"].map((replica) => signed(checkpointMessage(head, stateDigest, replica)));
  return { stable: { ...head, stateDigest, checkpoints }, commit: commitCertificate(termNumber, head) };
}

const checkpointMessage = (head: Head, stateDigest: Digest, replica: string): Checkpoint => ({
  kind: "Checkpoint",
  replica: replicaId(replica),
  ...head,
  stateDigest,
});

export const chunks = (given: readonly Chunk[]): PersistOperation => ({ op: "chunks", chunks: given });
export const dropChunks = (digests: readonly Digest[]): PersistOperation => ({ op: "drop-chunks", digests });
export const checkpoint = (proof: CheckpointProof): PersistOperation => ({ op: "checkpoint", proof });
export const compact = (base: Head): PersistOperation => ({ op: "compact", base });
export const restart = (base: Head): PersistOperation => ({ op: "restart-log", base });
export const transfer = (proof: CheckpointProof | null): PersistOperation => ({ op: "transfer", proof });

export const checkpointing = (head: Head, stateDigest: Digest): SigningIntent => ({
  epoch: 1,
  kind: "checkpoint",
  checkpoint: checkpointMessage(head, stateDigest, REPLICA),
});

/** Returns the genesis of an epoch that begins on this state behind `end`. */
export const genesisAfter = (end: Head, stateDigest: Digest, epoch = 2): Genesis =>
  nextGenesis(sha256Hex, epoch, digest("e5".repeat(32)), end, stateDigest);

export const beginEpoch = (genesis: Genesis, held: boolean, recovery: Recovery | null = null): BeginEpoch => ({
  op: "begin-epoch",
  genesis,
  held,
  recovery,
});

/** Returns the intent of a core of another epoch. */
export const ofEpoch = (epoch: number, intent: SigningIntent): SigningIntent => ({ ...intent, epoch });
