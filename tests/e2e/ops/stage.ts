/** The cluster that faults are done to: four replicas with lines of their own to each other, a gateway, and a real Prometheus that scrapes all of them. */
import type { Client } from "../../../client/mod.ts";
import { readKeyFile } from "../../../crypto/keys/key_file.ts";
import { PORTS_PER_REPLICA } from "../../../crypto/roster/generate_cluster.ts";
import { loadBackend } from "../../../crypto/signing/load_backend.ts";
import { dialOffset, Mesh } from "../../../tasks/play/mesh.ts";
import type { DenoProcess } from "../../../tasks/support/deno_process.ts";
import { findFreePorts } from "../../../tasks/support/free_ports.ts";
import { LocalCluster } from "../../../tasks/support/local_cluster.ts";
import { Observer } from "../../../tasks/support/observer.ts";
import { openClientTransport } from "../../../transport/mod.ts";
import { startLoad } from "./load.ts";
import { Prometheus } from "./prometheus.ts";

const REPLICAS = 4;
/** Entries between checkpoints, and those kept below one: few, so that a replica that lost its disk has a state to fetch. */
const CONSTANTS = { electionTimeoutMs: 500, patienceMs: 1000, checkpointEvery: 200, logTail: 50 };
const READY_MS = 30_000;
const TOKEN = "a-token-of-the-tests-of-alerts";
/** Bytes that a file may grow to where a disk is full: less than a replica's log holds. */
const BOUND_BYTES = 10_000;

/** Keys of clients, by what each is for. */
export const KEYS = { writer: "c1", observer: "c2", sender: "c3", gateway: "c4", nextGateway: "c5", spare: "c6" };

export class Stage implements AsyncDisposable {
  readonly cluster: LocalCluster;
  readonly observer: Observer;
  readonly operator: Client;
  readonly writer: Client;
  readonly prometheus: Prometheus;
  readonly mesh: Mesh;
  /** The token that the gateway wants. */
  readonly token: string = TOKEN;
  readonly #ports: { readonly probes: number; readonly gateway: number };
  readonly #stopLoad: () => Promise<void>;
  #gateway: DenoProcess;

  private constructor(parts: {
    readonly cluster: LocalCluster;
    readonly observer: Observer;
    readonly operator: Client;
    readonly prometheus: Prometheus;
    readonly mesh: Mesh;
    readonly ports: { readonly probes: number; readonly gateway: number };
    readonly gateway: DenoProcess;
    readonly writer: Client;
  }) {
    this.cluster = parts.cluster;
    this.observer = parts.observer;
    this.operator = parts.operator;
    this.writer = parts.writer;
    this.prometheus = parts.prometheus;
    this.mesh = parts.mesh;
    this.#ports = parts.ports;
    this.#gateway = parts.gateway;
    this.#stopLoad = startLoad(parts.writer, (key) => this.writeOverHttp(key));
  }

  /** Runs `body` on a stage of its own, and takes it down whatever happens. */
  static async with(body: (stage: Stage) => Promise<void>): Promise<void> {
    const dir = await Deno.makeTempDir();
    try {
      const span = REPLICAS * PORTS_PER_REPLICA;
      const basePort = findFreePorts((REPLICAS + 1) * span + REPLICAS + 2);
      const ports = { probes: basePort + (REPLICAS + 1) * span, gateway: basePort + (REPLICAS + 1) * span + REPLICAS };
      const clients = Object.keys(KEYS).length;
      await using cluster = await LocalCluster.open({
        dir,
        replicas: REPLICAS,
        clients,
        basePort,
        constants: CONSTANTS,
      });
      await using mesh = new Mesh(cluster.roster.replicas);
      await Deno.writeTextFile(`${dir}/token`, TOKEN, { mode: 0o600 });
      await Promise.all(cluster.ids.map((id) => cluster.start(id, ...flagsOf(cluster, ports.probes, id))));
      const gateway = await startGateway(cluster, KEYS.gateway, ports.gateway);
      await using prometheus = await Prometheus.start(`${dir}/prometheus`, ports.gateway + 1, {
        ...{ replicas: cluster.ids.map((_, i) => ports.probes + i), gateway: ports.gateway, token: `${dir}/token` },
      });
      const [observer, operator, writer] = await Promise.all([
        Observer.of(cluster, KEYS.observer),
        cluster.client("operator"),
        cluster.client(KEYS.writer),
      ]);
      await using stage = new Stage({ cluster, observer, operator, prometheus, mesh, ports, gateway, writer });
      await body(stage);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  }

  /** Returns the flags with which a replica is started here. */
  flagsOf(id: string): string[] {
    return flagsOf(this.cluster, this.#ports.probes, id);
  }

  /** Starts a replica with its probes, and further flags, and waits until it is ready. */
  start(id: string, ...flags: string[]): Promise<DenoProcess> {
    return this.cluster.start(id, ...this.flagsOf(id), ...flags);
  }

  /** Returns what a replica says at `path` of its probes. */
  async probe(id: string, path: string): Promise<string> {
    return await (await fetch(`http://127.0.0.1:${this.#ports.probes + this.cluster.ids.indexOf(id)}${path}`)).text();
  }

  get gateway(): DenoProcess {
    return this.#gateway;
  }

  /** Ends the gateway's process, and starts one with the key of `id`. */
  async restartGateway(id: string): Promise<void> {
    await this.#gateway.end();
    this.#gateway = await startGateway(this.cluster, id, this.#ports.gateway);
  }

  /** Writes a key over HTTP, whatever becomes of it. */
  async writeOverHttp(key: string, token = TOKEN): Promise<void> {
    const url = `http://127.0.0.1:${this.#ports.gateway}/v1/kv/${key}?timeoutMs=1000`;
    const headers = { authorization: `Bearer ${token}` };
    await (await fetch(url, { method: "PUT", body: "value", headers })).body?.cancel();
  }

  /** Opens a transport with a client's key, for who sends what no client would. */
  async transport(id: string) {
    const { backend } = await loadBackend("auto");
    const key = await readKeyFile(`${this.cluster.dir}/${id}.key`, backend);
    return { key, backend, transport: await openClientTransport({ roster: this.cluster.roster, key }) };
  }

  /** Has the files of a replica's process grow to little more than nothing, or to any length again. */
  async boundFiles(id: string, isBounded: boolean): Promise<void> {
    const args = ["--pid", `${this.cluster.process(id).pid}`, `--fsize=${isBounded ? BOUND_BYTES : "unlimited"}:`];
    const { success } = await new Deno.Command("prlimit", { args }).output();
    if (!success) throw new Error(`the files of ${id} could not be bounded`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stopLoad();
  }
}

const flagsOf = ({ ids, roster }: LocalCluster, probes: number, id: string): string[] => {
  const position = ids.indexOf(id);
  return ["--http", `${probes + position}`, "--dial-offset", `${dialOffset(roster.replicas, position)}`];
};

async function startGateway(cluster: LocalCluster, id: string, port: number): Promise<DenoProcess> {
  const gateway = cluster.gateway(id, `127.0.0.1:${port}`, "--tokens", `${cluster.dir}/token`);
  await gateway.stdout.waitFor("the gateway", (line) => line.startsWith("gateway of"), READY_MS);
  return gateway;
}
