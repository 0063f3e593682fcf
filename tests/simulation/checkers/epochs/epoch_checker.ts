/**
 * Judges the way of honest replicas from epoch to epoch (§13): there is one end of each, which the checkers derive from what was committed, nobody begins before it,
 * and nobody signs behind its own crossing.
 */
import type { Head } from "../../../../protocol/entry.ts";
import type { Digest, ReplicaId } from "../../../../protocol/ids.ts";
import type { Packet } from "../../../../protocol/packet.ts";
import type { BeginEpoch } from "../../../../replica/core/log/durable_state.ts";
import type { MemoryDisk } from "../../../../replica/storage/memory/memory_disk.ts";
import type { SimRoster } from "../../epochs/run_epochs.ts";
import { namedBy } from "../../network/epoch_marks.ts";
import type { RunFacts } from "../../observer.ts";
import { demand, type Judge } from "../judge.ts";
import { headText } from "../points.ts";
import { createEpochParts, type EpochParts, type SharedBooks } from "./epoch_parts.ts";
import { genesisBehind, stopSignIn } from "./stop_signs.ts";

/** The end of an epoch. */
interface End {
  readonly point: Head & { readonly stateDigest: Digest };
  readonly next: SimRoster;
}

export class EpochChecker {
  readonly #facts: RunFacts;
  readonly #judge: Judge;
  readonly #shared: () => SharedBooks;
  /** By their epochs, from 1 on. */
  readonly #parts: EpochParts[] = [];
  /** The epoch that each honest replica is in. */
  readonly #epochs = new Map<ReplicaId, number>();

  constructor(facts: RunFacts, judge: Judge, shared: () => SharedBooks) {
    this.#facts = facts;
    this.#judge = judge;
    this.#shared = shared;
  }

  /** Every epoch so far, at least the first. */
  get all(): readonly EpochParts[] {
    if (this.#parts.length === 0) {
      const byzantine = this.#facts.replicas.filter((id) => this.#facts.byzantine.has(id));
      this.#parts.push(createEpochParts({ ...this.#facts, byzantine: new Set(byzantine) }, this.#shared()));
    }
    return this.#parts;
  }

  /** Returns the checkers of the epoch that a replica is in. */
  of(at: ReplicaId): EpochParts {
    return this.in(this.#epochs.get(at) ?? 1, at);
  }

  /** Returns the checkers of an epoch. Everyone who is in a later one than the first has an end of the one before. */
  in(epoch: number, by: string): EpochParts {
    const { all } = this;
    while (all.length < epoch) {
      const end = this.#endOf(all.at(-1)!, by);
      this.#parts.push(createEpochParts(this.#factsOf(end.next), this.#shared(), genesisOf(end)));
    }
    return all[epoch - 1]!;
  }

  /** Returns the committed node at an index, of whichever epoch. */
  committedAt = (index: number) => {
    const { all } = this;
    const parts = all.findLast(({ book }) => book.tree.genesis.index < index) ?? all[0]!;
    return parts.book.commits.at(index);
  };

  started(at: ReplicaId, { epoch }: MemoryDisk): void {
    const before = this.#epochs.get(at) ?? 1;
    demand(epoch >= before, "§13.7", () => `${at} starts in epoch ${epoch}, it was in ${before}`);
    this.in(epoch, at);
    this.#epochs.set(at, epoch);
  }

  wiped(at: ReplicaId): void {
    this.#epochs.delete(at);
  }

  /** Judges that honest `at` begins an epoch on its disk. */
  begins(at: ReplicaId, { genesis, recovery }: BeginEpoch, disk: MemoryDisk): void {
    const before = this.of(at);
    const { epoch } = genesis;
    const parts = this.in(epoch, at);
    const wanted = parts.book.tree.genesis;
    demand(
      genesis.index === wanted.index && genesis.hash === wanted.hash,
      "§13.5",
      () => `${at} begins epoch ${epoch} at ${headText(genesis)}, behind its end is ${headText(wanted)}`,
    );
    this.#judge.clause(
      recovery !== null || !parts.recoveries.hasForgotten(at),
      "§13.9",
      () => `${at} begins epoch ${epoch} as a full member, and has signed in it on a disk that it lost`,
    );
    const { hardState: { currentTerm, vote, ack, preVoted }, prepared, branch, entries } = disk;
    const isFresh = currentTerm === 0 && vote === null && ack === null && preVoted === 0 && prepared === null;
    this.#judge.clause(
      isFresh && branch.length === 0 && entries.length === 0,
      "§13.5",
      () => `${at} begins epoch ${epoch} in term ${currentTerm}, with what it had in the one before`,
    );
    before.recoveries.left(at, recovery);
    this.#epochs.set(at, epoch);
  }

  /** Returns the checkers that judge `packet`, sent by honest `from`; null for one of no epoch. */
  sent(from: ReplicaId, packet: Packet, disk: MemoryDisk): EpochParts | null {
    const named = namedBy(packet);
    if (packet.kind === "EpochEnd") this.#shows(from, packet.end.epoch, packet.end.proof.stable);
    if (named === null) return null;
    const serves = packet.kind === "FetchChunksResponse";
    demand(
      named === disk.epoch || (serves && named === disk.epoch + 1),
      "§13.7",
      () => `${from} sends ${packet.kind} in epoch ${named}, and its disk is in ${disk.epoch}`,
    );
    const parts = this.in(named, from);
    if (parts.roster.isHonest(from)) return parts;
    this.#judge.clause(
      serves,
      "§13.10",
      () => `${from} sends ${packet.kind} in epoch ${named}, which does not list it`,
    );
    return null;
  }

  /** Ends that honest replicas show are those that were. */
  #shows(from: ReplicaId, epoch: number, stable: Head): void {
    const next = this.in(epoch + 1, from).facts.roster!;
    const { point } = this.#endOf(this.all[epoch - 1]!, from);
    demand(
      stable.index === point.index && stable.hash === point.hash,
      "§13.4",
      () =>
        `${from} shows an end of epoch ${epoch} at ${headText(stable)}, it ended at ${
          headText(point)
        } for ${next.epoch}`,
    );
  }

  /** §13.4: an end is a committed stop-sign, and Checkpoints there of a quorum of its own roster. */
  #endOf(parts: EpochParts, by: string): End {
    const { book, roster, checkpoints, epoch, facts } = parts;
    const { index, hash, entry } = book.commits.tip;
    const next = facts.roster === null || entry === null ? null : stopSignIn(facts.roster, entry);
    const text = () => `${by} is beyond epoch ${epoch}`;
    demand(next !== null, "§13.4", () => `${text()}, and no stop-sign is committed there, up to ${index}`);
    const stateDigest = this.#shared().reference.at(index)!.stateDigest;
    const signers = checkpoints.signersOf({ index, hash, stateDigest });
    demand(
      signers >= roster.honestQuorum,
      "§13.4",
      () =>
        `${text()}, of whose end at ${index} ${signers} honest replicas signed the Checkpoint, wanted ${roster.honestQuorum}`,
    );
    return { point: { index, hash, stateDigest }, next };
  }

  #factsOf(roster: SimRoster): RunFacts {
    const { replicas, constants } = roster;
    const byzantine = replicas.filter((id) => this.#facts.byzantine.has(id as ReplicaId)) as ReplicaId[];
    const { profile, fastReads, sessionWindow, sessionsPerClient, registrationHorizon, checkpointEvery } = constants;
    const { electionTimeoutMs, electionTimeoutCapMs } = constants;
    return {
      ...{ ...this.#facts, roster, replicas: replicas as ReplicaId[], byzantine: new Set(byzantine) },
      ...{ profile, fastReads, sessionWindow, sessionsPerClient, registrationHorizon, checkpointEvery },
      ...{ electionTimeoutMs, electionTimeoutCapMs },
    };
  }
}

const genesisOf = ({ point, next }: End): Head => ({
  index: point.index,
  hash: genesisBehind(next, point, point.stateDigest),
});
