/** A whole cluster in one process: real replicas and clients over the in-memory network and disks. */
import { type Client, type ClientOptions, createClient } from "../../client/mod.ts";
import { sha256Hex } from "../../crypto/digest.ts";
import type { KeyFile } from "../../crypto/keys/key_file.ts";
import type { SignedRoster } from "../../crypto/roster/parse_roster.ts";
import type { Roster } from "../../crypto/roster/roster_types.ts";
import { SILENT } from "../../replica/diagnostics/logger.ts";
import { awaitBeginning } from "../../replica/epochs/newcomer.ts";
import type { Outcome } from "../../replica/epochs/outcome.ts";
import { createReplica, type Replica, type ReplicaParts } from "../../replica/replica.ts";
import { MemoryDisk } from "../../replica/storage/memory/memory_disk.ts";
import { type MemoryStorage, openMemoryStorage } from "../../replica/storage/memory/memory_storage.ts";
import { KvStore } from "../../state_machine/mod.ts";
import { MemoryNetwork } from "../../transport/mod.ts";
import type { ClientTransport, ReplicaTransport } from "../../transport/port.ts";
import { backend } from "./backends.ts";
import { makeRoster, type RosterOptions } from "./make_roster.ts";
import { signedBy } from "./rosters/sign_rosters.ts";

/** One replica of the cluster. */
export interface MemoryNode {
  readonly replica: Replica;
  readonly transport: ReplicaTransport;
  readonly running: Promise<Outcome>;
}

export class MemoryCluster implements AsyncDisposable {
  /** The roster that replicas and clients are started with; with its signatures in `file`. */
  readonly roster: Roster;
  readonly file: SignedRoster;
  readonly keys: ReadonlyMap<string, KeyFile>;
  readonly network = new MemoryNetwork();
  readonly nodes = new Map<string, MemoryNode>();
  readonly #disks = new Map<string, MemoryDisk>();
  readonly #clients: Client[] = [];

  private constructor(roster: Roster, keys: ReadonlyMap<string, KeyFile>) {
    this.roster = roster;
    this.keys = keys;
    this.file = signedBy(roster, keys.get("operator")!);
  }

  /** Starts all replicas, with `changes` to the parts of those named. Timeouts are short: an election takes about 100 ms. */
  static start(
    options: RosterOptions = {},
    changes: Readonly<Record<string, Partial<ReplicaParts>>> = {},
  ): MemoryCluster {
    const { roster, keys } = makeRoster({ constants: { electionTimeoutMs: 150, patienceMs: 200 }, ...options });
    const cluster = new MemoryCluster(roster, keys);
    for (const { id } of roster.replicas) cluster.start(id, changes[id]);
    return cluster;
  }

  /** Starts a replica on the disk it left behind. */
  start(id: string, changes: Partial<ReplicaParts> = {}): MemoryNode {
    const transport = this.#attach(id, this.file);
    return this.#run(id, transport, this.#open(id), changes);
  }

  /** Starts a new member of a later epoch: it waits until it is shown how that began. */
  async join(id: string, roster: SignedRoster, key: KeyFile): Promise<MemoryNode> {
    const transport = this.#attach(id, roster);
    const storage = this.#open(id);
    await awaitBeginning({ given: roster, self: id, storage, transport, backend, now: () => performance.now() });
    return this.#run(id, transport, storage, { roster, key });
  }

  #attach(id: string, { roster }: SignedRoster): ReplicaTransport {
    return this.network.replica(id, roster.replicas.filter((line) => line.id !== id).map((line) => line.id));
  }

  #open(id: string): MemoryStorage {
    const disk = this.#disks.get(id) ?? new MemoryDisk();
    this.#disks.set(id, disk);
    return openMemoryStorage({ clusterId: this.roster.cluster, hash: sha256Hex, disk });
  }

  #run(id: string, transport: ReplicaTransport, opened: MemoryStorage, changes: Partial<ReplicaParts>): MemoryNode {
    let storage = opened;
    const replica = createReplica({
      roster: this.file,
      key: this.keys.get(id)!,
      backend: { backend, fallbackReason: null, isDegraded: false },
      storage,
      reopen: () => storage = storage.reopen(),
      transport,
      machine: new KvStore(),
      log: SILENT,
      ...changes,
    });
    const node = { replica, transport, running: replica.run() };
    node.running.catch(() => {});
    this.nodes.set(id, node);
    return node;
  }

  /** Stops a replica; its disk stays. */
  async stop(id: string): Promise<void> {
    const node = this.nodes.get(id);
    this.nodes.delete(id);
    node?.replica.stop();
    await node?.running;
    await node?.transport.close();
  }

  /** Returns the disk of a replica that was started. */
  disk(id: string): MemoryDisk {
    return this.#disks.get(id)!;
  }

  /** Creates a client of all replicas, closed with the cluster. */
  client(id: string, options: Partial<ClientOptions> = {}): Client {
    const client = createClient({
      roster: this.roster,
      key: this.keys.get(id)!,
      transport: this.clientTransport(),
      backend,
      ...options,
    });
    this.#clients.push(client);
    return client;
  }

  /** Returns a bare client's end of the network. */
  clientTransport(): ClientTransport {
    return this.network.client(this.roster.replicas.map(({ id }) => id));
  }

  statuses() {
    return [...this.nodes.values()].map(({ replica }) => replica.status());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) await client.close();
    for (const id of [...this.nodes.keys()]) await this.stop(id).catch(() => {});
  }
}
