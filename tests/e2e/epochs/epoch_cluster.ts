/** A cluster of processes whose roster changes while it runs. */
import type { Client } from "../../../client/mod.ts";
import { type KeyFile, readKeyFile, writeKeyFile } from "../../../crypto/keys/key_file.ts";
import { PORTS_PER_REPLICA } from "../../../crypto/roster/generate_cluster.ts";
import { type KeyRequest, requestOf } from "../../../crypto/roster/key_request.ts";
import type { SignedRoster } from "../../../crypto/roster/parse_roster.ts";
import { rosterText } from "../../../crypto/roster/roster.ts";
import { editedRoster, type RosterEdit } from "../../../crypto/roster/roster_edits.ts";
import type { ReplicaReport } from "../../../replica/status/status.ts";
import { DenoProcess } from "../../../tasks/support/deno_process.ts";
import { eventually } from "../../../tasks/support/eventually.ts";
import { findFreePorts } from "../../../tasks/support/free_ports.ts";
import type { LocalCluster } from "../../../tasks/support/local_cluster.ts";
import { backend } from "../../support/backends.ts";
import { newMemberKeys } from "../../support/make_roster.ts";
import { signedBy } from "../../support/rosters/sign_rosters.ts";

/** Exit code of a process that is to be started again. */
const RESTART = 75;
const READY_MS = 30_000;

export class EpochCluster implements AsyncDisposable {
  /** The latest roster that was signed. */
  latest: SignedRoster;
  /** Replicas that ended by themselves for no reason that a change gives, each with its last output. */
  readonly faults: string[] = [];
  readonly #cluster: LocalCluster;
  readonly #operator: KeyFile;
  readonly #running = new Map<string, DenoProcess>();
  readonly #files = new Map<string, { readonly roster: string; readonly key: string }>();
  /** Keys made last. */
  readonly #keys = new Map<string, string>();
  /** Flags of replicas that misbehave. */
  readonly #behaviour = new Map<string, readonly string[]>();

  private constructor(cluster: LocalCluster, operator: KeyFile) {
    this.#cluster = cluster;
    this.#operator = operator;
    this.latest = cluster.file;
  }

  /** Starts all replicas of a cluster that is new. */
  static async start(cluster: LocalCluster): Promise<EpochCluster> {
    const epochs = new EpochCluster(cluster, await readKeyFile(`${cluster.dir}/operator.key`));
    const { dir } = cluster;
    for (const id of cluster.ids) {
      epochs.#files.set(id, { roster: `${dir}/cluster.json`, key: `${dir}/${id}.key` });
      epochs.#keys.set(id, `${dir}/${id}.key`);
    }
    await Promise.all(cluster.ids.map((id) => epochs.run(id)));
    return epochs;
  }

  process(id: string): DenoProcess {
    return this.#running.get(id)!;
  }

  /** Returns whether a replica has a process that runs. */
  runs(id: string): boolean {
    return this.#running.get(id)?.running ?? false;
  }

  get ids(): string[] {
    return this.latest.roster.replicas.map(({ id }) => id);
  }

  client(id: string): Promise<Client> {
    return this.#cluster.client(id);
  }

  /** Signs the roster behind the latest one, and writes it down. */
  async sign(edit: RosterEdit): Promise<SignedRoster> {
    const { dir } = this.#cluster;
    this.latest = signedBy(editedRoster(this.latest, this.latest.roster, edit, backend), this.#operator);
    const { raw, roster, signatures } = this.latest;
    await Deno.writeTextFile(`${dir}/roster-${roster.epoch}.json`, rosterText(raw, roster.operatorKey, signatures));
    return this.latest;
  }

  /** Makes keys for a client that nobody uses, and returns its request. */
  newClient(id: string): KeyRequest {
    const { cluster, operatorKey } = this.latest.roster;
    return requestOf({ ...newMemberKeys(), id, kind: "client", cluster, operatorKey }, null);
  }

  /** Makes keys for a replica, and returns the request for a place in the roster. It uses them once it is launched with a roster. */
  async newKey(id: string): Promise<KeyRequest> {
    const { cluster, operatorKey, replicas } = this.latest.roster;
    const key: KeyFile = { ...newMemberKeys(), id, kind: "replica", cluster, operatorKey };
    const path = `${this.#cluster.dir}/${id}-${key.publicKey.slice(0, 8)}.key`;
    await writeKeyFile(path, key);
    this.#keys.set(id, path);
    const old = replicas.find((line) => line.id === id);
    const port = findFreePorts(PORTS_PER_REPLICA);
    const address = { host: "127.0.0.1", peerPort: port, publishPort: port + 1, clientPort: port + 2 };
    return requestOf(key, old ?? address);
  }

  /** Has a replica run with these flags from its next launch on. */
  behave(id: string, ...flags: string[]): void {
    this.#behaviour.set(id, flags);
  }

  /** Launches a replica with the roster given and its latest key, or with what it had. It is started again whenever it asks for that. */
  async launch(id: string, roster?: SignedRoster, ...flags: string[]): Promise<DenoProcess> {
    if (roster !== undefined) {
      const path = `${this.#cluster.dir}/roster-${roster.roster.epoch}.json`;
      this.#files.set(id, { roster: path, key: this.#keys.get(id)! });
    }
    const files = this.#files.get(id)!;
    const own = ["--cluster", files.roster, "--key", files.key, "--data", this.#cluster.dataDir(id)];
    const process = await DenoProcess.replica([...own, ...this.#behaviour.get(id) ?? [], ...flags]);
    this.#running.set(id, process);
    process.exited.then((status) => this.#ended(id, process, status)).catch((error) => this.faults.push(String(error)));
    return process;
  }

  /** Launches a replica that was killed as it was, on whatever it left; on nothing if it had not come so far. */
  async restart(id: string): Promise<DenoProcess> {
    const hasDisk = await Deno.lstat(`${this.#cluster.dataDir(id)}/replica.db`).then(() => true, () => false);
    return await this.launch(id, undefined, ...(hasDisk ? [] : ["--init"]));
  }

  async #ended(id: string, process: DenoProcess, { code, signal }: Deno.CommandStatus): Promise<void> {
    if (this.#running.get(id) !== process) return;
    if (code === RESTART) await this.launch(id);
    else if (code !== 0) {
      this.faults.push(
        `${id} ended by itself with ${signal ?? code}:\n  ${process.stderr.lines.slice(-12).join("\n  ")}`,
      );
    }
  }

  /** Launches a replica and waits until it is ready. */
  async run(id: string, roster?: SignedRoster, ...flags: string[]): Promise<void> {
    const process = await this.launch(id, roster, ...flags);
    await process.stdout.waitFor(`replica ${id} ready`, (line) => line.includes('"event":"ready"'), READY_MS);
  }

  /** Waits until each replica hears all others: those that had to start again for it have done so. */
  async reachesAll(): Promise<void> {
    const client = await this.client("c2");
    const { epoch } = this.latest.roster;
    await eventually("all hear all", async () => {
      const lines = await client.getStatus({ timeoutMs: 2000 });
      return lines.every((line) => {
        if (!line.reachable) return false;
        const report = line.status as unknown as ReplicaReport;
        return report.epoch === epoch &&
          Object.values(report.peers).every(({ silent, heardMsAgo }) => !silent && heardMsAgo !== null);
      });
    }, 60_000);
  }

  async kill(id: string): Promise<void> {
    const process = this.#running.get(id);
    this.#running.delete(id);
    await process?.kill();
  }

  /** Waits until a replica has ended by itself, however often it starts again before. */
  async ends(id: string): Promise<void> {
    const code = await eventually(`${id} ends`, async () => {
      if (this.runs(id)) return null;
      const { code } = await this.process(id).exited;
      return code === RESTART ? null : { code };
    }, 60_000).then((ended) => ended.code);
    if (code !== 0) throw new Error(`${id} ended with ${code}, wanted 0: ${this.process(id).stderr.lines.at(-1)}`);
  }

  /** Returns the last lines of each process that runs. */
  report(): string {
    return [...this.#running].map(([id, { stderr }]) => `${id}: ${stderr.lines.slice(-40).join("\n  ")}`).join("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const all = [...this.#running.values()];
    this.#running.clear();
    await Promise.allSettled(all.map((process) => process[Symbol.asyncDispose]()));
  }
}
