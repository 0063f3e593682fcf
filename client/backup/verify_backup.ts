/** Verifies a backup with nothing but a roster: no key, no network, and no trust in whoever made or stored it. */
import { createChangeJudge } from "../../crypto/roster/change_judge.ts";
import { asFile, type RosterFile } from "../../crypto/roster/parse_roster.ts";
import type { Roster } from "../../crypto/roster/roster_types.ts";
import type { SignatureBackend } from "../../crypto/signing/backend.ts";
import type { CheckpointProof, CommitCertificate } from "../../protocol/certificate.ts";
import { trustsReplicas } from "../../protocol/config.ts";
import type { Digest } from "../../protocol/ids.ts";
import type { StateMachine } from "../../protocol/ports.ts";
import { clockQuorum, quorumOf } from "../../protocol/quorum.ts";
import { certificateCodec, checkpointProofCodec, DecodeError, entryCodec } from "../../transport/codec/mod.ts";
import { InvalidBackupError } from "../errors.ts";
import { onlyBeginning, readBasis } from "./epochs/basis.ts";
import type { Basis } from "./epochs/chain.ts";
import type { ByteSource } from "./hashed_source.ts";
import { Rebuilt } from "./rebuild.ts";
import { readRecords, type RecordReader } from "./record_reader.ts";
import { Trust } from "./trust.ts";

/** Options of {@linkcode verifyBackup}. */
export interface VerifyOptions {
  /**
   * Roster of the cluster that the backup is of, of the backup's epoch or an earlier one (§13.13). Give it as it was signed, as `readSignedRoster` does: one without its
   * signatures has to have all of its members.
   */
  readonly roster: Roster | RosterFile;
  readonly backend: SignatureBackend;
  /** A fresh state machine of the kind the cluster runs. It holds the backup's state afterwards; if the backup is rejected, discard it. */
  readonly machine: StateMachine;
  /** Hash of the genesis of the backup's epoch, if it is known otherwise. An earlier roster proves it. */
  readonly genesis?: Digest;
  /** Called now and then with the number of bytes read. */
  readonly onProgress?: (bytes: number) => void;
}

/** The contents of a verified backup. All of it is proven, in the `byzantine` profile; in `crash` it is whole, and no more than somebody's word. */
export interface VerifiedBackup {
  readonly cluster: string;
  readonly epoch: number;
  /** Index of the last entry applied to the state. */
  readonly index: number;
  /** Chain hash there, equal on all honest replicas (§3.1). */
  readonly hash: string;
  /** Digest of the state with its sessions, as a checkpoint at this index would name it (§8.2). */
  readonly stateDigest: string;
  /** The checkpoint it starts from, which may be the state that its epoch began with; null if it holds all entries from the first. */
  readonly checkpoint: { readonly index: number; readonly stateDigest: string } | null;
  /** Replicas whose signatures prove that the last entry is committed; none in the `crash` profile, where nothing is signed (§1.4). */
  readonly signers: readonly string[];
  readonly chunks: number;
  readonly entries: number;
  /** Size of the file in bytes. */
  readonly bytes: number;
}

const PROGRESS_BYTES = 4 * 1024 * 1024;

/**
 * Verifies every byte of a backup and rebuilds its state in `machine`. Throws {@linkcode InvalidBackupError} if anything in it is damaged
 * or not proven by `roster`.
 */
export function verifyBackup(file: ByteSource, options: VerifyOptions): VerifiedBackup {
  return readRecords(file, (reader) => {
    try {
      return new Verification(reader, options).run();
    } catch (error) {
      if (!(error instanceof RangeError) && !(error instanceof DecodeError)) throw error;
      const where = `what stands before byte ${reader.at} is not what it must be: ${error.message}`;
      throw new InvalidBackupError("unproven", where, { cause: error });
    }
  });
}

class Verification {
  readonly #reader: RecordReader;
  readonly #basis: Basis;
  readonly #trust: Trust;
  readonly #state: Rebuilt;
  readonly #onProgress: (bytes: number) => void;
  #told = 0;
  #chunks = 0;

  constructor(reader: RecordReader, { roster, backend, machine, genesis, onProgress }: VerifyOptions) {
    const given = asFile(roster);
    requireCluster(reader, given.roster);
    this.#reader = reader;
    this.#basis = knownBy(readBasis(reader, given, backend), genesis);
    const { file } = this.#basis;
    this.#trust = new Trust(file, this.#basis.genesis, backend);
    const { replicas, constants } = file.roster;
    const clockStatements = clockQuorum(quorumOf(replicas.length, constants.profile));
    this.#state = new Rebuilt(machine, createChangeJudge(file, backend), this.#basis, constants, clockStatements);
    this.#onProgress = onProgress ?? (() => {});
  }

  run(): VerifiedBackup {
    const checkpoint = this.#reader.kind === "checkpoint" ? this.#snapshot() : null;
    if (checkpoint === null && this.#basis.last !== null) throw unproven("lacks the state that its epoch began with");
    const base = this.#state.head.index;
    const certificate = this.#reader.kind === "certificate" ? this.#entries() : this.#commitOf(checkpoint);
    if (certificate === null) throw unproven("holds neither a checkpoint nor a commit certificate");
    this.#reader.end();
    const { index, hash } = this.#state.head;
    return {
      ...{ cluster: this.#reader.cluster, epoch: this.#reader.epoch, index, hash },
      stateDigest: this.#state.stateDigest(),
      checkpoint: checkpoint && { index: checkpoint.stable.index, stateDigest: checkpoint.stable.stateDigest },
      signers: this.#signersOf(certificate),
      chunks: this.#chunks,
      entries: index - base,
      bytes: this.#reader.at,
    };
  }

  #signersOf({ responses }: CommitCertificate): string[] {
    const signed = !trustsReplicas(this.#basis.file.roster.constants);
    return signed ? responses.map(({ message }) => message.replica) : [];
  }

  /** Returns the certificate of a state without entries behind it: that of a genesis is in the end before it. */
  #commitOf(checkpoint: CheckpointProof | null): CommitCertificate | null {
    const { genesis, isProven, last } = this.#basis;
    if (checkpoint === null || last === null || checkpoint.stable.index > genesis.index) {
      return checkpoint?.commit ?? null;
    }
    if (!isProven) throw onlyBeginning(this.#basis);
    return last.proof.commit;
  }

  /** Reads a checkpoint proof and the chunks of its snapshot. */
  #snapshot(): CheckpointProof {
    const proof = checkpointProofCodec.decode(this.#reader.take("checkpoint"));
    if (!this.#trust.provesCheckpoint(proof)) {
      throw unproven(`holds a checkpoint at index ${proof.stable.index} that no quorum of the roster proves`);
    }
    this.#chunks = this.#state.restore(proof, () => {
      const chunk = this.#reader.take("chunk");
      this.#tell();
      return chunk;
    });
    const found = this.#state.stateDigest();
    if (found === proof.stable.stateDigest) return proof;
    throw unproven(`holds a snapshot that becomes a state of digest ${found}, ${proof.stable.stateDigest} is proven`);
  }

  /** Reads a commit certificate and the entries up to it. */
  #entries(): CommitCertificate {
    const certificate = certificateCodec.decode(this.#reader.take("certificate"));
    const { index, hash } = certificate;
    if (certificate.kind !== "commit" || !this.#trust.provesCommit(certificate)) {
      throw unproven(`holds a certificate of index ${index} that no quorum of the roster proves`);
    }
    if (index <= this.#state.head.index) {
      throw unproven(`holds a certificate of index ${index} behind a state of index ${this.#state.head.index}`);
    }
    while (this.#state.head.index < index) {
      this.#state.apply(entryCodec.decode(this.#reader.take("entry")));
      this.#tell();
    }
    if (this.#state.head.hash === hash) return certificate;
    throw unproven(`holds entries that lead to hash ${this.#state.head.hash} at index ${index}, ${hash} is proven`);
  }

  #tell(): void {
    if (this.#reader.at < this.#told + PROGRESS_BYTES) return;
    this.#told = this.#reader.at;
    this.#onProgress(this.#told);
  }
}

function requireCluster({ cluster }: RecordReader, roster: Roster): void {
  if (cluster === roster.cluster) return;
  throw new InvalidBackupError(
    "another-cluster",
    `given one of cluster ${
      JSON.stringify(cluster)
    }, and the roster of ${roster.cluster}; wanted the roster of its cluster`,
  );
}

/** Takes the word of the caller for the genesis, who has heard it from enough replicas. */
function knownBy(basis: Basis, known: Digest | undefined): Basis {
  if (known === undefined) return basis;
  if (basis.genesis.hash === known) return { ...basis, isProven: true };
  throw unproven(`holds ends that lead to the genesis ${basis.genesis.hash}, ${known} is known`);
}

const unproven = (what: string): InvalidBackupError => new InvalidBackupError("unproven", what);
