/**
 * Checkpoints and everything based on them (§8.2, §8.3): replicas certify the very state that the committed chain leads to, a snapshot is
 * held as a whole before it is published or anything is dropped because of it, and every disk alone is enough to start from.
 */
import type { CheckpointProof } from "../../../../protocol/certificate.ts";
import type { Head } from "../../../../protocol/entry.ts";
import type { ReplicaId } from "../../../../protocol/ids.ts";
import type { Checkpoint } from "../../../../protocol/message.ts";
import type { PersistOperation } from "../../../../replica/core/log/durable_state.ts";
import type { MemoryDisk } from "../../../../replica/storage/memory/memory_disk.ts";
import type { StateView } from "../../observer.ts";
import type { ReferenceState } from "../execution/reference_state.ts";
import { demand, type Judge } from "../judge.ts";
import { headText } from "../points.ts";
import { countOf, type Members, type Roster } from "../roster.ts";
import type { SignedBook } from "../signed/signed_book.ts";
import { lacksOfSnapshot } from "./snapshot_walk.ts";

export interface CheckpointSources {
  readonly roster: Roster;
  readonly judge: Judge;
  readonly book: SignedBook;
  readonly reference: ReferenceState;
}

/** Operations after which a disk may lack something that it needs to start from. */
const CRITICAL: ReadonlySet<PersistOperation["op"]> = new Set(["checkpoint", "compact", "restart-log", "drop-chunks"]);

export class CheckpointChecker {
  readonly #sources: CheckpointSources;
  /** Honest replicas that signed a Checkpoint. */
  readonly #signers = new Map<string, Members>();

  constructor(sources: CheckpointSources) {
    this.#sources = sources;
  }

  started(at: ReplicaId, disk: MemoryDisk): void {
    this.#demandRestorable(at, disk);
  }

  persisted(at: ReplicaId, operations: readonly PersistOperation[], disk: MemoryDisk): void {
    for (const operation of operations) this.#operation(at, operation);
    if (operations.some(({ op }) => CRITICAL.has(op))) this.#demandRestorable(at, disk);
  }

  /** Judges a Checkpoint that honest `from` signs. */
  signed(from: ReplicaId, checkpoint: Checkpoint, disk: MemoryDisk): void {
    const text = () => `the Checkpoint of ${headText(checkpoint)} that ${from} signs`;
    this.#demandTrue(checkpoint, text);
    demand(checkpoint.index <= disk.commitIndex, "I8", () => `${text()} is not committed on its disk`);
    const lacks = lacksOfSnapshot(disk.chunks, checkpoint.stateDigest);
    demand(lacks === null, "I8", () => `${text()} is of a snapshot of which its disk lacks ${lacks}`);
    const key = keyOf(checkpoint);
    this.#signers.set(key, (this.#signers.get(key) ?? 0) | this.#sources.roster.only(from));
  }

  /** Judges `proof`, which honest `at` shows or adopts. */
  proof(at: ReplicaId, { stable, commit }: CheckpointProof): void {
    const { roster, judge, book } = this.#sources;
    const text = () => `the checkpoint ${headText(stable)} of ${at}`;
    this.#demandTrue(stable, text);
    if (stable.hash === book.tree.genesis.hash) return; // nobody signs it (§13.5)
    const signers = countOf(this.#signers.get(keyOf(stable)) ?? 0);
    judge.clause(
      signers >= roster.honestQuorum,
      "§8.2",
      () => `${text()} is one that ${signers} honest replicas signed`,
    );
    const same = commit.index === stable.index && commit.hash === stable.hash;
    judge.clause(same, "§8.3", () => `${text()} comes with a commit certificate of ${headText(commit)}`);
    const node = book.tree.get(commit);
    const committed = node !== undefined && book.commits.isCommitted(commit.term, node);
    judge.clause(committed, "§5.6", () => `${text()} comes with a commit of term ${commit.term} that nobody reported`);
  }

  /** Returns how many honest replicas signed a Checkpoint. */
  signersOf(point: Head & Pick<Checkpoint, "stateDigest">): number {
    return countOf(this.#signers.get(keyOf(point)) ?? 0);
  }

  /** Judges the state of `at` after it was replaced by a snapshot. */
  restored(at: ReplicaId, { appliedIndex, digest, sessions }: StateView): void {
    const wanted = this.#sources.reference.at(appliedIndex);
    demand(
      wanted?.digest === digest && wanted.sessions === sessions,
      "I6",
      () => `${at} starts from a state at ${appliedIndex} that the committed entries do not lead to`,
    );
  }

  #operation(at: ReplicaId, operation: PersistOperation): void {
    switch (operation.op) {
      case "checkpoint":
        return this.proof(at, operation.proof);
      case "transfer":
        return operation.proof === null ? undefined : this.proof(at, operation.proof);
      case "compact":
      case "restart-log":
        return this.#demandCommitted(operation.base, () => `${at} begins its log behind ${headText(operation.base)}`);
      default:
        return;
    }
  }

  /**
   * Demands that the disk is enough: entries dropped from its log lie at or below a true checkpoint, which it holds whole, and the rest is
   * there.
   */
  #demandRestorable(at: ReplicaId, { base, checkpoint, chunks, entries, commitIndex }: MemoryDisk): void {
    const begin = base?.index ?? 0;
    const stable = checkpoint?.stable ?? null;
    demand(
      begin <= (stable?.index ?? 0) && (stable?.index ?? 0) <= commitIndex,
      "I5",
      () => `${at} has a log from ${begin} on, a checkpoint at ${stable?.index ?? 0}, and committed ${commitIndex}`,
    );
    const first = entries[0]?.entry.index ?? begin + 1;
    demand(
      first === begin + 1 && begin + entries.length >= commitIndex,
      "I5",
      () => `${at} holds ${entries.length} entries from ${first} on behind ${begin}, and committed ${commitIndex}`,
    );
    if (stable === null) return;
    this.#demandTrue(stable, () => `the checkpoint on the disk of ${at}`);
    const lacks = lacksOfSnapshot(chunks, stable.stateDigest);
    demand(lacks === null, "I5", () => `${at} lacks ${lacks} of its checkpoint at ${stable.index}`);
  }

  /** I6: the committed chain leads to exactly this state. */
  #demandTrue(point: Head & Pick<Checkpoint, "stateDigest">, text: () => string): void {
    this.#demandCommitted(point, text);
    const wanted = this.#sources.reference.at(point.index);
    this.#sources.judge.clause(wanted !== undefined, "§8.2", () => `${text()}: no checkpoint is taken there`);
    demand(
      wanted === undefined || wanted.stateDigest === point.stateDigest,
      "I6",
      () => `${text()} has state ${point.stateDigest.slice(0, 8)}, entries lead to ${wanted?.stateDigest.slice(0, 8)}`,
    );
  }

  #demandCommitted({ index, hash }: Head, text: () => string): void {
    const committed = this.#sources.book.commits.at(index);
    demand(committed?.hash === hash, "I5", () => `${text()}: ${index} is committed as ${committed?.hash.slice(0, 8)}`);
  }
}

const keyOf = ({ index, hash, stateDigest }: Head & Pick<Checkpoint, "stateDigest">): string =>
  `${index} ${hash} ${stateDigest}`;
