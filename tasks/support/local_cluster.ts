/** A cluster on this machine: keys in a directory, each replica a separate process. */
import { type Client, createClient } from "../../client/mod.ts";
import { pathExists } from "../../crypto/files.ts";
import { readKeyFile } from "../../crypto/keys/key_file.ts";
import { generateCluster } from "../../crypto/roster/generate_cluster.ts";
import { readSignedRoster, type SignedRoster } from "../../crypto/roster/parse_roster.ts";
import type { Roster } from "../../crypto/roster/roster_types.ts";
import { loadBackend, type LoadedBackend } from "../../crypto/signing/load_backend.ts";
import type { ProtocolConstants } from "../../protocol/config.ts";
import { type EngineOptions, openClientTransport, type TransportEngine } from "../../transport/mod.ts";
import { DenoProcess } from "./deno_process.ts";

/** Time a replica may take until it is ready, in milliseconds. */
const READY_MS = 20_000;

export interface ClusterPlan {
  /** Directory of keys and data, created if missing. */
  readonly dir: string;
  readonly replicas: number;
  readonly clients: number;
  /** Host of all replicas; 127.0.0.1 by default. */
  readonly host?: string;
  readonly basePort: number;
  readonly constants?: Partial<ProtocolConstants>;
  /** Engine of replicas and clients; the default one if left out. */
  readonly engine?: TransportEngine;
  /** Ids of nodes that talk through libzmq, whatever the engine of the others. */
  readonly libzmq?: readonly string[];
  /** True if nothing is encrypted; for a cluster that is new. */
  readonly insecurePlaintext?: boolean;
}

/** Returns the choices of the node with this id. */
type NetworkOf = (id: string) => Required<EngineOptions>;

export class LocalCluster implements AsyncDisposable {
  readonly dir: string;
  readonly roster: Roster;
  /** The same with its signatures. */
  readonly file: SignedRoster;
  /** True if keys and roster were created by this `open`. */
  readonly isNew: boolean;
  readonly #loaded: LoadedBackend;
  readonly #network: NetworkOf;
  readonly #replicas = new Map<string, DenoProcess>();
  readonly #gateways: DenoProcess[] = [];
  readonly #clients: Client[] = [];

  private constructor(dir: string, file: SignedRoster, isNew: boolean, loaded: LoadedBackend, network: NetworkOf) {
    this.dir = dir;
    this.file = file;
    this.roster = file.roster;
    this.isNew = isNew;
    this.#loaded = loaded;
    this.#network = network;
  }

  /** Opens the cluster in `plan.dir`, or creates its keys and roster. Starts nothing. Throws `ConfigError`. */
  static async open(plan: ClusterPlan): Promise<LocalCluster> {
    const loaded = await loadBackend("auto");
    const { backend } = loaded;
    const path = `${plan.dir}/cluster.json`;
    const isNew = !pathExists(path);
    const { engine = "zmtp", libzmq = [], insecurePlaintext = false } = plan;
    const network: NetworkOf = (id) => ({ engine: libzmq.includes(id) ? "libzmq" : engine, insecurePlaintext });
    if (isNew) {
      const { dir: out, replicas, clients, host = "127.0.0.1", basePort, constants = {} } = plan;
      const allowPlaintext = insecurePlaintext;
      await generateCluster({ out, host, replicas, clients, basePort, constants, allowPlaintext, backend });
    }
    const operator = await readKeyFile(`${plan.dir}/operator.key`, backend);
    return new LocalCluster(
      plan.dir,
      await readSignedRoster(path, operator.operatorKey, backend),
      isNew,
      loaded,
      network,
    );
  }

  /** Ids of all replicas, in roster order. */
  get ids(): string[] {
    return this.roster.replicas.map(({ id }) => id);
  }

  /** Ids of the replicas now running. */
  get running(): string[] {
    return this.ids.filter((id) => this.#replicas.get(id)?.running);
  }

  /** Returns a replica's latest process. Throws if it was never started. */
  process(id: string): DenoProcess {
    const process = this.#replicas.get(id);
    if (process === undefined) throw new Error(`replica ${id} was never started`);
    return process;
  }

  /** Returns `--cluster`, `--key` and what else a process needs that acts as `id`. */
  credentials(id: string): string[] {
    const { engine, insecurePlaintext } = this.#network(id);
    const network = ["--transport", engine, ...(insecurePlaintext ? ["--insecure-plaintext"] : [])];
    return ["--cluster", `${this.dir}/cluster.json`, "--key", `${this.dir}/${id}.key`, ...network];
  }

  /** Returns the directory of a replica's database. */
  dataDir(id: string): string {
    return `${this.dir}/data/${id}`;
  }

  /** Starts a replica, with further flags, and waits until it is ready. Throws, quoting its output, if it does not come up. */
  async start(id: string, ...flags: string[]): Promise<DenoProcess> {
    return await this.ready(id, await this.launch(id, ...flags));
  }

  /** Starts a replica, with further flags, and returns its process at once. */
  async launch(id: string, ...flags: string[]): Promise<DenoProcess> {
    const args = [...this.credentials(id), "--data", this.dataDir(id), ...flags];
    const process = await DenoProcess.replica(args);
    this.#replicas.set(id, process);
    return process;
  }

  /** Waits until a replica just launched is ready. Throws, quoting its output, if it does not come up. */
  async ready(id: string, process: DenoProcess): Promise<DenoProcess> {
    try {
      await process.stdout.waitFor(`replica ${id} ready`, (line) => line.includes('"event":"ready"'), READY_MS);
      return process;
    } catch (cause) {
      await process.kill();
      throw new Error(`replica ${id} did not start: ${process.stderr.lines.slice(-5).join(" | ")}`, { cause });
    }
  }

  /** Starts a gateway that acts as client `id`, with further flags. It is ended with the cluster. */
  gateway(id: string, http: string, ...flags: string[]): DenoProcess {
    const args = [...this.credentials(id), "serve", "--http", http, ...flags];
    const process = new DenoProcess("client", "client/main.ts", args);
    this.#gateways.push(process);
    return process;
  }

  /** Starts all replicas at once. */
  async startAll(...flags: string[]): Promise<void> {
    await Promise.all(this.ids.map((id) => this.start(id, ...flags)));
  }

  /** Creates a client in this process that acts as `id`, restricted to the replicas of `only` if given. Closed with the cluster. */
  async client(id: string, only?: readonly string[]): Promise<Client> {
    const { backend } = this.#loaded;
    const replicas = this.roster.replicas.filter((line) => only?.includes(line.id) ?? true);
    const key = await readKeyFile(`${this.dir}/${id}.key`, backend);
    const ends = only ? { only } : {};
    const transport = await openClientTransport({ roster: this.roster, key, ...this.#network(id), ...ends });
    const roster = only === undefined ? this.file : { ...this.roster, replicas };
    const client = createClient({ roster, key, transport, backend });
    this.#clients.push(client);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#clients.map((client) => client.close()));
    const processes = [...this.#gateways, ...this.#replicas.values()];
    await Promise.allSettled(processes.map((process) => process[Symbol.asyncDispose]()));
  }
}
