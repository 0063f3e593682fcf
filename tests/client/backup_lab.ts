/** A cluster's history signed with its real keys, without a cluster: the data replicas hold, to make backups from and to tamper with. */
import { RecordWriter } from "../../client/backup/record_writer.ts";
import type { RosterFiles } from "../../client/client_types.ts";
import { sha256Hex, unhex } from "../../crypto/digest.ts";
import type { KeyFile } from "../../crypto/keys/key_file.ts";
import { changeOf, createChangeJudge } from "../../crypto/roster/change_judge.ts";
import { epochNameOf, type SignedRoster } from "../../crypto/roster/parse_roster.ts";
import { editedRoster, type RosterEdit } from "../../crypto/roster/roster_edits.ts";
import type { Roster } from "../../crypto/roster/roster_types.ts";
import { createSigner, type Signer } from "../../crypto/signing/signing.ts";
import type { Certificate, CheckpointProof, CommitCertificate } from "../../protocol/certificate.ts";
import type { Genesis } from "../../protocol/config.ts";
import type { ChainedEntry, Head, RegisterSession, Request, SendRequest } from "../../protocol/entry.ts";
import { joinRequests } from "../../protocol/entry_body.ts";
import { type EpochEnd, genesisBehind } from "../../protocol/epochs/epoch_end.ts";
import { genesisProof } from "../../protocol/epochs/genesis_proof.ts";
import { chainEntry, firstGenesis } from "../../protocol/hash_chain.ts";
import {
  clientId,
  type Digest,
  type LogIndex,
  logIndex,
  offset,
  replicaId,
  round,
  seq,
  term,
} from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { AppendEntriesResponse, Checkpoint, Message } from "../../protocol/message.ts";
import type { Executor } from "../../protocol/operations/execute.ts";
import type { Signed } from "../../protocol/signed.ts";
import { freezeSessions } from "../../protocol/snapshot/session_chunks.ts";
import { readSessions } from "../../protocol/snapshot/session_chunks_read.ts";
import {
  applyRequest,
  createSessionTable,
  dropUnlisted,
  type SessionTable,
} from "../../protocol/snapshot/session_table.ts";
import type { SessionBounds } from "../../protocol/snapshot/session_types.ts";
import { restoreSnapshot } from "../../protocol/snapshot/snapshot_restore.ts";
import { freezeMachine } from "../../protocol/snapshot/snapshot_source.ts";
import { nextChunks, startSnapshot } from "../../protocol/snapshot/snapshot_writer.ts";
import { encodeKvCommand, KvStore } from "../../state_machine/mod.ts";
import {
  certificateCodec,
  checkpointProofCodec,
  encodeMessage,
  entryCodec,
  epochEndCodec,
} from "../../transport/codec/mod.ts";
import { backend } from "../support/backends.ts";
import { executing } from "../support/executors.ts";
import { makeRoster } from "../support/make_roster.ts";
import { signedBy } from "../support/rosters/sign_rosters.ts";
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
  /** Requests of entries by index, in place of the usual ones. */
  readonly requests?: Readonly<Record<number, (lab: BackupLab) => readonly Signed<Request>[]>>;
}

/** Parts of a file in place of the honest ones. */
export interface LabProofs {
  readonly proof?: CheckpointProof;
  readonly certificate?: Certificate;
  readonly ends?: readonly EpochEnd[];
  readonly epoch?: number;
  /** Digests of the snapshot's chunks. */
  readonly chunks?: readonly Digest[];
}

/** The beginning of an epoch. */
interface Beginning {
  readonly file: SignedRoster;
  readonly genesis: Genesis;
  readonly machine: KvStore;
  readonly sessions: SessionTable;
  readonly ends: readonly EpochEnd[];
  readonly keys: ReadonlyMap<string, KeyFile>;
  readonly chunks: HeldChunks;
}

function firstEpoch({ every = 5, cluster }: LabOptions): Beginning {
  const { roster: made, keys } = makeRoster({ constants: { checkpointEvery: every } });
  const roster = cluster === undefined ? made : { ...made, cluster };
  return {
    file: signedBy(roster, keys.get("operator")!),
    genesis: firstGenesis(sha256Hex, roster.cluster),
    machine: new KvStore(),
    sessions: createSessionTable(roster.constants),
    ...{ keys, ends: [], chunks: new HeldChunks() },
  };
}

/** The history of four replicas and two clients in one epoch. */
export class BackupLab {
  readonly file: SignedRoster;
  readonly roster: Roster;
  /** All keys by id. */
  readonly keys: ReadonlyMap<string, KeyFile>;
  /** Ends of the epochs before. */
  readonly ends: readonly EpochEnd[];
  readonly chain: ChainedEntry[] = [];
  readonly snapshots = new Map<number, LabSnapshot>();
  readonly chunks: HeldChunks;
  readonly machine: KvStore;
  readonly genesis: Genesis;
  readonly #options: LabOptions;
  readonly #signers = new Map<string, Signer>();
  readonly #sessions: SessionTable;
  readonly #executor: Executor;

  constructor(options: LabOptions, beginning: Beginning = firstEpoch(options)) {
    const { file, keys, genesis, machine, sessions, ends, chunks } = beginning;
    this.#options = options;
    this.file = file;
    this.roster = file.roster;
    this.keys = keys;
    this.ends = ends;
    this.genesis = genesis;
    this.machine = machine;
    this.chunks = chunks;
    this.#sessions = sessions;
    this.#executor = executing(machine, createChangeJudge(file, backend));
    for (const [id, key] of keys) {
      this.#signers.set(id, createSigner(backend, unhex(key.secretKey), epochNameOf(file)));
    }
    if (genesis.index > 0) this.#checkpoint(genesis.index);
    for (let i = 1; i <= options.entries; i++) this.#appendNext(genesis.index + i);
  }

  /** The files that a client goes by which began with this epoch. */
  get files(): RosterFiles {
    return { origin: this.file, current: this.file };
  }

  get last(): number {
    return this.genesis.index + this.chain.length;
  }

  /** Has a stop-sign behind the last entry end this epoch, and returns the history of the next one, of so many entries. */
  next(edit: RosterEdit, options: LabOptions): BackupLab {
    const file = signedBy(editedRoster(this.file, this.roster, edit, backend), this.keys.get("operator")!);
    const before = this.head(this.last).hash;
    const index = this.last + 1;
    const place = { session: logIndex(SESSION), seq: seq(index), floor: seq(index) };
    const command = changeOf(this.file, file);
    this.append([this.sign("c1", { kind: "SendRequest", client: clientId("c1"), ...place, mode: "roster", command })]);
    dropUnlisted(this.#sessions, file.roster.clients);
    this.#checkpoint(index);
    const end = { epoch: this.roster.epoch, proof: this.proof(index), before, entry: this.chain.at(-1)!.entry };
    const genesis = genesisBehind(sha256Hex, file.digest, end);
    const { machine, sessions } = this.#copyAt(index, file.roster.constants, genesis.index);
    return new BackupLab(options, {
      ...{ file, genesis, machine, sessions, ends: [...this.ends, end], keys: this.keys, chunks: this.chunks },
    });
  }

  sign<M extends Message>(by: string, message: M): Signed<M> {
    const body = encodeMessage(message);
    return { message, body, signature: this.#signers.get(by)!.sign(message.kind, body) };
  }

  head(index: number): Head {
    const { genesis, chain } = this;
    return index === genesis.index ? genesis : { index: logIndex(index), hash: chain[index - genesis.index - 1]!.hash };
  }

  /** §5.6: `by` reported the entry `above` places after `index` prepared. */
  certificate(index: number, { above = 0, by = ["r1", "r2", "r3"] } = {}): CommitCertificate {
    const reported = this.head(index + above);
    const links = this.#entries(index, index + above).map(({ entry, digest }) => ({ term: entry.term, digest }));
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
    if (index === this.genesis.index) return genesisProof(this.genesis);
    const { stateDigest } = this.snapshots.get(index)!;
    const point = { ...this.head(index), stateDigest };
    const checkpoints = by.map((id): Signed<Checkpoint> =>
      this.sign(id, { kind: "Checkpoint", replica: replicaId(id), ...point })
    );
    const above = Math.min(2, this.last - index);
    return { stable: { ...point, checkpoints }, commit: this.certificate(index, { above }) };
  }

  /** Returns a backup that begins with the checkpoint at `from`, or with the first entry, and goes up to `to`; proven by `proofs` if given. */
  backup(from: number | null, to: number, proofs: LabProofs = {}): Uint8Array {
    const parts: Uint8Array[] = [];
    const sink = { writeSync: (bytes: Uint8Array) => parts.push(bytes.slice()) && bytes.length };
    const writer = new RecordWriter(sink, this.roster.cluster, proofs.epoch ?? this.roster.epoch);
    for (const end of proofs.ends ?? this.ends) writer.record("epoch", epochEndCodec.encode(end));
    if (from !== null) {
      writer.record("checkpoint", checkpointProofCodec.encode(proofs.proof ?? this.proof(from)));
      const digests = proofs.chunks ?? this.snapshots.get(from)!.digests;
      for (const digest of digests) writer.record("chunk", this.chunks.read(digest)!);
    }
    if (to > (from ?? 0)) {
      writer.record("certificate", certificateCodec.encode(proofs.certificate ?? this.certificate(to)));
      for (const { entry } of this.#entries(from ?? 0, to)) writer.record("entry", entryCodec.encode(entry));
    }
    writer.end();
    const whole = new Uint8Array(writer.size);
    parts.reduce((at, bytes) => (whole.set(bytes, at), at + bytes.length), 0);
    return whole;
  }

  #entries(from: number, to: number): ChainedEntry[] {
    return this.chain.slice(from - this.genesis.index, to - this.genesis.index);
  }

  #appendNext(index: number): void {
    const { valueBytes = 20, keys = 7, requests = {} } = this.#options;
    const given = requests[index]?.(this);
    if (given !== undefined) this.append(given);
    else if (index % 6 === 1) this.append([]);
    else if (index === SESSION) this.append([this.register("c1", 0)]);
    else this.append([this.#put(`k${index % keys}`, index, valueBytes)]);
    if (index % this.roster.constants.checkpointEvery === 0) this.#checkpoint(index);
  }

  #put(key: string, number: number, valueBytes: number): Signed<SendRequest> {
    const value = new TextEncoder().encode(`${number} `.padEnd(valueBytes, "."));
    const command = encodeKvCommand({ op: "put", key, value });
    const numbers = { session: logIndex(SESSION), seq: seq(number), floor: seq(Math.max(1, number - 3)) };
    return this.sign("c1", { kind: "SendRequest", client: clientId("c1"), ...numbers, mode: "command", command });
  }

  register(client: string, base: number): Signed<RegisterSession> {
    const nonce = new Uint8Array(LIMITS.nonceBytes);
    return this.sign(client, { kind: "RegisterSession", client: clientId(client), base: logIndex(base), nonce });
  }

  append(requests: readonly Signed<Request>[]): void {
    const last = this.head(this.last);
    const entry = { index: offset(last.index, 1), term: TERM, body: joinRequests(requests), requests };
    this.chain.push(chainEntry(sha256Hex, last.hash, entry));
    for (const { message, body } of requests) {
      applyRequest(this.#sessions, message, sha256Hex(body), entry.index, this.#executor);
    }
  }

  #checkpoint(index: number): void {
    const writer = startSnapshot(freezeSessions(this.#sessions), freezeMachine(this.machine, sha256Hex));
    const { chunks, done } = nextChunks(writer, { hash: sha256Hex, chunks: this.chunks }, Number.MAX_SAFE_INTEGER);
    this.chunks.put(chunks);
    this.snapshots.set(index, done!);
  }

  /** Returns the state at a checkpoint, for the next epoch to go on with. */
  #copyAt(index: number, bounds: SessionBounds, genesis: LogIndex): Pick<Beginning, "machine" | "sessions"> {
    const { stateDigest } = this.snapshots.get(index)!;
    const snapshot = restoreSnapshot(stateDigest, (digest) => this.chunks.read(digest), sha256Hex);
    const sessions = readSessions(snapshot.sessions, bounds, genesis);
    const machine = new KvStore();
    machine.restore(snapshot.machine);
    return { machine, sessions };
  }
}
