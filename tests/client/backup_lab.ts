/** A cluster's history signed with its real keys, without a cluster: the data replicas hold, to make backups from and to tamper with. */
import { RecordWriter } from "../../client/backup/record_writer.ts";
import { sha256Hex, unhex } from "../../crypto/digest.ts";
import { createSigner, type Signer } from "../../crypto/signing/signing.ts";
import type { Certificate, CheckpointProof, CommitCertificate } from "../../protocol/certificate.ts";
import type { ChainedEntry, Head, RegisterSession, Request, SendRequest } from "../../protocol/entry.ts";
import { joinRequests } from "../../protocol/entry_body.ts";
import { chainEntry, genesisHash } from "../../protocol/hash_chain.ts";
import { clientId, type Digest, logIndex, offset, replicaId, round, seq, term } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { AppendEntriesResponse, Checkpoint, Message } from "../../protocol/message.ts";
import type { Signed } from "../../protocol/signed.ts";
import { freezeSessions } from "../../protocol/snapshot/session_chunks.ts";
import { applyRequest, createSessionTable } from "../../protocol/snapshot/session_table.ts";
import { freezeMachine } from "../../protocol/snapshot/snapshot_source.ts";
import { nextChunks, startSnapshot } from "../../protocol/snapshot/snapshot_writer.ts";
import { encodeKvCommand, KvStore } from "../../state_machine/mod.ts";
import { certificateCodec, checkpointProofCodec, encodeMessage, entryCodec } from "../../transport/codec/mod.ts";
import { backend } from "../support/backends.ts";
import { executing } from "../support/executors.ts";
import { makeRoster } from "../support/make_roster.ts";
import { HeldChunks } from "../support/snapshot_values.ts";

/** The entry that opens the session of all commands. */
const SESSION = 2;
const TERM = term(3);

/** A state at one checkpoint. */
export interface LabSnapshot {
  readonly stateDigest: Digest;
  /** Head, lists, session table, state machine. */
  readonly digests: readonly Digest[];
}

export interface LabOptions {
  /** Entries of the history. */
  readonly entries: number;
  /** Entries between checkpoints. */
  readonly every?: number;
  /** Bytes of each value. */
  readonly valueBytes?: number;
  /** Number of keys, written over and over. */
  readonly keys?: number;
  /** Id of the cluster, if not the usual one. */
  readonly cluster?: string;
}

/** Proofs put into a file in place of honest ones. */
export interface LabProofs {
  readonly proof?: CheckpointProof;
  readonly certificate?: Certificate;
}

/** The history of four replicas and two clients. */
export class BackupLab {
  readonly roster;
  /** All keys by id. */
  readonly keys;
  readonly chain: ChainedEntry[] = [];
  readonly snapshots = new Map<number, LabSnapshot>();
  readonly chunks = new HeldChunks();
  readonly machine = new KvStore();
  readonly genesis: Head;
  readonly #signers = new Map<string, Signer>();
  readonly #sessions;

  constructor({ entries, every = 5, valueBytes = 20, keys = 7, cluster }: LabOptions) {
    const made = makeRoster({ constants: { checkpointEvery: every } });
    this.roster = cluster === undefined ? made.roster : { ...made.roster, cluster };
    this.keys = made.keys;
    for (const [id, key] of made.keys) {
      this.#signers.set(id, createSigner(backend, unhex(key.secretKey), this.roster.cluster));
    }
    this.genesis = { index: logIndex(0), hash: genesisHash(sha256Hex, this.roster.cluster) };
    this.#sessions = createSessionTable(this.roster.constants);
    for (let i = 1; i <= entries; i++) {
      this.#append(i % 6 === 1 ? [] : i === SESSION ? [this.#register()] : [this.#put(`k${i % keys}`, i, valueBytes)]);
      if (i % every === 0) this.#checkpoint(i);
    }
  }

  sign<M extends Message>(by: string, message: M): Signed<M> {
    const body = encodeMessage(message);
    return { message, body, signature: this.#signers.get(by)!.sign(message.kind, body) };
  }

  head(index: number): Head {
    return index === 0 ? this.genesis : { index: logIndex(index), hash: this.chain[index - 1]!.hash };
  }

  /** §5.6: `by` reported the entry `above` places after `index` prepared. */
  certificate(index: number, { above = 0, by = ["r1", "r2", "r3"] } = {}): CommitCertificate {
    const reported = this.head(index + above);
    const links = this.chain.slice(index, index + above).map(({ entry, digest }) => ({ term: entry.term, digest }));
    const responses = by.map((id): Signed<AppendEntriesResponse> =>
      this.sign(id, {
        kind: "AppendEntriesResponse",
        term: TERM,
        replica: replicaId(id),
        acks: [reported],
        prepared: { term: TERM, ...reported },
        commitIndex: logIndex(0),
        commitHash: this.genesis.hash,
        round: round(1),
      })
    );
    return { kind: "commit", term: TERM, ...this.head(index), links, responses };
  }

  /** §8.3: the stable checkpoint at `index`. */
  proof(index: number, by: readonly string[] = ["r1", "r2", "r4"]): CheckpointProof {
    const { stateDigest } = this.snapshots.get(index)!;
    const point = { ...this.head(index), stateDigest };
    const checkpoints = by.map((id): Signed<Checkpoint> =>
      this.sign(id, { kind: "Checkpoint", replica: replicaId(id), ...point })
    );
    const above = Math.min(2, this.chain.length - index);
    return { stable: { ...point, checkpoints }, commit: this.certificate(index, { above }) };
  }

  /** Returns a backup that begins with the checkpoint at `from`, or at genesis, and goes up to `to`; proven by `proofs` if given. */
  file(from: number | null, to: number, proofs: LabProofs = {}): Uint8Array {
    const parts: Uint8Array[] = [];
    const sink = { writeSync: (bytes: Uint8Array) => parts.push(bytes.slice()) && bytes.length };
    const writer = new RecordWriter(sink, this.roster.cluster);
    if (from !== null) {
      writer.record("checkpoint", checkpointProofCodec.encode(proofs.proof ?? this.proof(from)));
      for (const digest of this.snapshots.get(from)!.digests) writer.record("chunk", this.chunks.read(digest)!);
    }
    if (to > (from ?? 0)) {
      writer.record("certificate", certificateCodec.encode(proofs.certificate ?? this.certificate(to)));
      for (const { entry } of this.chain.slice(from ?? 0, to)) writer.record("entry", entryCodec.encode(entry));
    }
    writer.end();
    const whole = new Uint8Array(writer.size);
    parts.reduce((at, bytes) => (whole.set(bytes, at), at + bytes.length), 0);
    return whole;
  }

  #put(key: string, number: number, valueBytes: number): Signed<SendRequest> {
    const value = new TextEncoder().encode(`${number} `.padEnd(valueBytes, "."));
    const command = encodeKvCommand({ op: "put", key, value });
    const numbers = { session: logIndex(SESSION), seq: seq(number), floor: seq(Math.max(1, number - 3)) };
    return this.sign("c1", { kind: "SendRequest", client: clientId("c1"), ...numbers, mode: "command", command });
  }

  #register(): Signed<RegisterSession> {
    const nonce = new Uint8Array(LIMITS.nonceBytes);
    return this.sign("c1", { kind: "RegisterSession", client: clientId("c1"), base: logIndex(0), nonce });
  }

  #append(requests: readonly Signed<Request>[]): void {
    const last = this.head(this.chain.length);
    const entry = { index: offset(last.index, 1), term: TERM, body: joinRequests(requests), requests };
    this.chain.push(chainEntry(sha256Hex, last.hash, entry));
    for (const { message, body } of requests) {
      applyRequest(this.#sessions, message, sha256Hex(body), entry.index, executing(this.machine));
    }
  }

  #checkpoint(index: number): void {
    const writer = startSnapshot(freezeSessions(this.#sessions), freezeMachine(this.machine, sha256Hex));
    const { chunks, done } = nextChunks(writer, { hash: sha256Hex, chunks: this.chunks }, Number.MAX_SAFE_INTEGER);
    this.chunks.put(chunks);
    this.snapshots.set(index, done!);
  }
}
