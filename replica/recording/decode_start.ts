/** Strict reading of a recording's start. Everything here throws `ConfigError` on anything that no recorder writes. */
import { sha256Hex } from "../../crypto/digest.ts";
import { readConstants } from "../../crypto/roster/constants.ts";
import {
  type Field,
  readBoolean,
  readHex,
  readId,
  readInteger,
  readList,
  readObject,
  refuse,
} from "../../crypto/strict_json.ts";
import { DIGEST_BYTES } from "../../protocol/bytes/sizes.ts";
import type { Certificate, CheckpointProof, CommitCertificate } from "../../protocol/certificate.ts";
import type { CoreConfig, Genesis } from "../../protocol/config.ts";
import type { ChainedEntry, Head } from "../../protocol/entry.ts";
import type { Evidence } from "../../protocol/evidence.ts";
import { clientId, digest, logIndex, replicaId, term } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { Chunk } from "../../protocol/ports.ts";
import { certificateCodec, checkpointProofCodec, entryCodec, evidenceCodec } from "../../transport/codec/mod.ts";
import type { HardState, Recovery, VoteRecord } from "../core/log/durable_state.ts";
import { readBase64, readDecoded, readMillis, readNullable, readText } from "./fields.ts";
import { RECORDING_VERSION, type RecordingStart } from "./format.ts";

const NAMES = [
  ...[
    "recording",
    "wire",
    "program",
    "clusterId",
    "self",
    "replicas",
    "clients",
    "constants",
    "seed",
    "roster",
    "startedAt",
  ],
  ...[
    "byzantine",
    "genesis",
    "hardState",
    "base",
    "commitIndex",
    "prepared",
    "commitCertificate",
    "checkpoint",
    "transfer",
  ],
  ...["entries", "branch", "evidence", "chunks"],
] as const;
const HARD_STATE_NAMES = ["currentTerm", "vote", "ack", "noMoreAcks", "preVoted", "recovery"] as const;
const MAX_SEED = 2 ** 32;

/** The first line: the start without its lists, and the lengths of these. */
export interface RecordingHeader {
  readonly start: Omit<RecordingStart, "chunks">;
  readonly entries: number;
  readonly branch: number;
  readonly evidence: number;
  readonly chunks: number;
}

export function decodeHeader(field: Field): RecordingHeader {
  refuseOtherVersions(field);
  const fields: Readonly<Record<string, Field>> = readObject(field, NAMES);
  const at = (name: string): Field => fields[name]!;
  const count = (name: string): number => readInteger(at(name), 0, LIMITS.maxInteger);
  return {
    start: {
      config: readConfig(at),
      roster: readText(at("roster")),
      startedAt: readMillis(at("startedAt")),
      byzantine: readNullable(at("byzantine"), readId),
      recovered: {
        genesis: readNullable(at("genesis"), readGenesis),
        hardState: readHardState(at("hardState")),
        base: readNullable(at("base"), readHead),
        prepared: readNullable(at("prepared"), readCertificate),
        commitIndex: logIndex(count("commitIndex")),
        commitCertificate: readNullable(at("commitCertificate"), readCommitCertificate),
        checkpoint: readNullable(at("checkpoint"), readCheckpointProof),
        transfer: readNullable(at("transfer"), readCheckpointProof),
        ...{ entries: [], branch: [], evidence: [] },
      },
    },
    ...{ entries: count("entries"), branch: count("branch"), evidence: count("evidence"), chunks: count("chunks") },
  };
}

/** Checked before anything else: a file of another version would only seem damaged. */
function refuseOtherVersions(field: Field): void {
  const version = (field.value as Readonly<Record<string, unknown>> | null)?.["recording"];
  if (version === RECORDING_VERSION) return;
  refuse({ path: "$.recording", value: version }, `${RECORDING_VERSION}, the version this program replays`);
}

function readConfig(at: (name: string) => Field): CoreConfig {
  const replicas = readList(at("replicas"), 1, LIMITS.maxReplicas).map((each) => replicaId(readId(each)));
  const self = replicaId(readId(at("self")));
  if (!replicas.includes(self)) refuse(at("self"), `one of the replicas ${replicas.join(" ")}`);
  return {
    clusterId: readId(at("clusterId")),
    self,
    replicas,
    clients: new Set(readList(at("clients"), 0, LIMITS.maxClients).map((each) => clientId(readId(each)))),
    constants: readConstants(at("constants")),
    seed: readInteger(at("seed"), -MAX_SEED, MAX_SEED),
  };
}

const readIndex = (field: Field) => logIndex(readInteger(field, 0, LIMITS.maxInteger));
const readTerm = (field: Field) => term(readInteger(field, 0, LIMITS.maxInteger));
const readDigest = (field: Field) => digest(readHex(field, DIGEST_BYTES));

function readGenesis(field: Field): Genesis {
  const { epoch, index, hash, stateDigest } = readObject(field, ["epoch", "index", "hash", "stateDigest"]);
  return {
    ...{ epoch: readInteger(epoch, 2, LIMITS.maxInteger), index: readIndex(index) },
    ...{ hash: readDigest(hash), stateDigest: readDigest(stateDigest) },
  };
}

function readHardState(field: Field): HardState {
  const fields = readObject(field, HARD_STATE_NAMES);
  return {
    currentTerm: readTerm(fields.currentTerm),
    vote: readNullable(fields.vote, readVote),
    ack: readNullable(fields.ack, readHead),
    noMoreAcks: readBoolean(fields.noMoreAcks),
    preVoted: readTerm(fields.preVoted),
    recovery: readNullable(fields.recovery, readRecovery),
  };
}

function readRecovery(field: Field): Recovery {
  const { nonce, bar } = readObject(field, ["nonce", "bar"]);
  return { nonce: readDigest(nonce), bar: readNullable(bar, readTerm) };
}

function readVote(field: Field): VoteRecord {
  const { candidate, base } = readObject(field, ["candidate", "base"]);
  const { term, index, hash } = readObject(base, ["term", "index", "hash"]);
  return {
    candidate: replicaId(readId(candidate)),
    base: { term: readTerm(term), index: readIndex(index), hash: readDigest(hash) },
  };
}

function readHead(field: Field): Head {
  const { index, hash } = readObject(field, ["index", "hash"]);
  return { index: readIndex(index), hash: readDigest(hash) };
}

const readCertificate = (field: Field): Certificate => readDecoded(field, certificateCodec.decode);

function readCommitCertificate(field: Field): CommitCertificate {
  const certificate = readCertificate(field);
  return certificate.kind === "commit"
    ? certificate
    : refuse(field, "a commit certificate", `a ${certificate.kind} one`);
}

const readCheckpointProof = (field: Field): CheckpointProof => readDecoded(field, checkpointProofCodec.decode);

/** Decodes a line that holds one entry of the log or of the branch. */
export function decodeChained(field: Field, list: "entry" | "branch"): ChainedEntry {
  const fields = readObject(field, [list, "hash"]);
  const entry = readDecoded(fields[list], entryCodec.decode);
  return { entry, digest: sha256Hex(entry.body), hash: readDigest(fields.hash) };
}

/** Decodes a line that holds one piece of evidence. */
export const decodeEvidence = (field: Field): Evidence =>
  readDecoded(readObject(field, ["evidence"]).evidence, evidenceCodec.decode);

/** Decodes a line that holds one chunk of a snapshot. */
export function decodeChunk(field: Field): Chunk {
  const bytes = readBase64(readObject(field, ["chunk"]).chunk);
  return { digest: sha256Hex(bytes), bytes };
}
