/** What a core wants done. The shell executes it strictly in this order: persist, sign, send, apply, reply. */
import type { Certificate, CommitCertificate } from "./certificate.ts";
import type { Entry, Head } from "./entry.ts";
import type { Evidence } from "./evidence.ts";
import type { ClientId, Digest, LogIndex, ReplicaId, Term } from "./ids.ts";
import type { Answer, Certified } from "./message.ts";
import type { UnsignedPacket } from "./packet.ts";
import type { Verdict } from "./verdict.ts";

/** The vote of the current term (§4.1). */
export interface VoteRecord {
  readonly candidate: ReplicaId;
  readonly base: Certified;
}

/** The small durable record, written whole whenever a field of it changes (§4.1). */
export interface HardState {
  readonly currentTerm: Term;
  readonly vote: VoteRecord | null;
  /** Highest ack of currentTerm. */
  readonly ack: Head | null;
  /** §8.1: catch-up replaced an acked entry, so nothing more is acked in currentTerm. */
  readonly noMoreAcks: boolean;
}

/** An entry with the digest of its body and its chain hash. */
export interface ChainedEntry {
  readonly entry: Entry;
  readonly digest: Digest;
  readonly hash: Digest;
}

/** One change of durable state. Operations are applied in order, in one transaction. */
export type PersistOperation =
  | { readonly op: "hard-state"; readonly state: HardState }
  /** Appends directly behind the last entry. */
  | { readonly op: "append"; readonly entries: readonly ChainedEntry[] }
  /** Removes every entry above `after`. */
  | { readonly op: "truncate"; readonly after: LogIndex }
  /** The highest certificate, and those entries under it that are not on the log (§6.8); replaces both. */
  | { readonly op: "prepared"; readonly certificate: Certificate; readonly branch: readonly ChainedEntry[] }
  | { readonly op: "commit"; readonly index: LogIndex; readonly certificate: CommitCertificate }
  | { readonly op: "evidence"; readonly evidence: Evidence };

/** What a restart finds; the initial value stands for an empty disk. */
export interface Recovered {
  readonly hardState: HardState;
  readonly entries: readonly ChainedEntry[];
  readonly prepared: Certificate | null;
  readonly branch: readonly ChainedEntry[];
  readonly commitIndex: LogIndex;
  readonly commitCertificate: CommitCertificate | null;
  readonly evidence: readonly Evidence[];
}

/** A packet to sign and send: to named replicas, or published to all. */
export interface Outgoing {
  readonly to: readonly ReplicaId[] | "all";
  readonly packet: UnsignedPacket;
}

/** Answers to one client from one batch; the shell signs them as one Reply. */
export interface ClientReply {
  readonly client: ClientId;
  readonly answers: readonly Answer[];
}

/** What an operator may want to read in the log; one line an event. */
export interface CoreEvent {
  readonly event: string;
  readonly level: "debug" | "info" | "warn";
  readonly fields: Readonly<Record<string, string | number | boolean | null>>;
}

export interface Outputs {
  /** What became of the input; fault values only count and inform, they never throw. */
  verdict: Verdict;
  readonly persist: PersistOperation[];
  readonly messages: Outgoing[];
  readonly replies: ClientReply[];
  readonly events: CoreEvent[];
}
