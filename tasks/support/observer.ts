/** Queries each replica separately, so that they can be compared. A replica's answer is taken as evidence about itself alone. */
import { type Client, type CommittedEntry, RefusedError } from "../../client/mod.ts";
import type { ReplicaReport } from "../../replica/status/status.ts";
import type { LocalCluster } from "./local_cluster.ts";

/** Concurrent queries to one replica; below the number of queries a replica accepts from a client at once. */
const CHUNK = 200;

/** Logs of several replicas, compared entry by entry. */
export interface Comparison {
  /** Index up to which some replica has dropped entries (§8.2), so that their hashes cannot be asked for; 0 if none has. */
  readonly base: number;
  /** Every index above `base` up to this one was compared; their chain hashes cover those below (§3.1). */
  readonly commitIndex: number;
  /** Hash at `commitIndex`. */
  readonly hash: string;
}

/** Thrown when two replicas hold different entries at one committed index. */
export class DifferenceError extends Error {
  override readonly name = "DifferenceError";
}

export class Observer {
  readonly #clients: ReadonlyMap<string, Client>;

  private constructor(clients: ReadonlyMap<string, Client>) {
    this.#clients = clients;
  }

  /** Creates an observer that uses the client key `id`, which nothing else should use. */
  static async of(cluster: LocalCluster, id: string): Promise<Observer> {
    const clients = cluster.ids.map(async (replica): Promise<[string, Client]> => [
      replica,
      await cluster.client(id, [replica]),
    ]);
    return new Observer(new Map(await Promise.all(clients)));
  }

  /** Returns a replica's status, or null if it does not answer within `timeoutMs`. */
  async status(replica: string, timeoutMs = 1000): Promise<ReplicaReport | null> {
    const [line] = await this.#client(replica).getStatus({ timeoutMs });
    return line?.reachable ? line.status as unknown as ReplicaReport : null;
  }

  /** Returns the status of each of `replicas` that answers. */
  async statuses(replicas: readonly string[]): Promise<ReplicaReport[]> {
    const all = await Promise.all(replicas.map((replica) => this.status(replica)));
    return all.filter((status) => status !== null);
  }

  /** Returns the entry committed at `index`, according to this replica alone. */
  entry(replica: string, index: number): Promise<CommittedEntry> {
    return this.#client(replica).getCommittedCommand(index);
  }

  /**
   * Compares the logs of `replicas` at every index that all of them keep, up to the lowest commit index among them. Throws
   * {@linkcode DifferenceError} at the first index where two differ. A cluster under load may drop entries meanwhile.
   */
  async compare(replicas: readonly string[]): Promise<Comparison> {
    const bounds = await this.#bounds(replicas);
    try {
      return await this.#compareFrom(replicas, bounds);
    } catch (error) {
      // A checkpoint that became stable meanwhile dropped entries: those above are compared then.
      if (!(error instanceof RefusedError) || (await this.#bounds(replicas)).base === bounds.base) throw error;
      return await this.compare(replicas);
    }
  }

  async #bounds(replicas: readonly string[]): Promise<Comparison> {
    const statuses = await this.statuses(replicas);
    if (statuses.length < replicas.length) throw new Error(`compare: only ${statuses.length} of ${replicas} answered`);
    const commitIndex = Math.min(...statuses.map((status) => status.commitIndex));
    const hash = statuses.find((status) => status.commitIndex === commitIndex)!.commitHash;
    return { base: Math.max(...statuses.map((status) => status.logBase)), commitIndex, hash };
  }

  async #compareFrom(replicas: readonly string[], { base, commitIndex, ...bounds }: Comparison): Promise<Comparison> {
    let { hash } = bounds;
    for (let first = base + 1; first <= commitIndex; first += CHUNK) {
      const indexes = Array.from({ length: Math.min(CHUNK, commitIndex - first + 1) }, (_, i) => first + i);
      hash = (await Promise.all(indexes.map((index) => this.#equalHash(replicas, index)))).at(-1) ?? hash;
    }
    return { base, commitIndex, hash };
  }

  async #equalHash(replicas: readonly string[], index: number): Promise<string> {
    const hashes = await Promise.all(replicas.map(async (replica) => {
      const entry = await this.entry(replica, index);
      return entry.committed ? entry.hash : `nothing committed (up to ${entry.commitIndex})`;
    }));
    if (new Set(hashes).size === 1) return hashes[0]!;
    const found = replicas.map((replica, i) => `${replica}: ${hashes[i]}`).join("; ");
    throw new DifferenceError(`the committed entries at index ${index} differ: ${found}`);
  }

  #client(replica: string): Client {
    const client = this.#clients.get(replica);
    if (client === undefined) throw new Error(`${replica} is not one of ${[...this.#clients.keys()]}`);
    return client;
  }
}
