/** One etcd node: a process, ended by its own pid. */
import { LineLog } from "../../tasks/support/line_log.ts";

const END_MS = 5000;
/** Nothing is compacted, as in etcd's own benchmarks; its default of 2 GiB would end a long run. */
const QUOTA_BYTES = 8 * 1024 ** 3;

export interface NodeAddress {
  readonly name: string;
  readonly clientUrl: string;
  readonly peerUrl: string;
}

export class EtcdNode implements AsyncDisposable {
  readonly address: NodeAddress;
  readonly pid: number;
  readonly stderr: LineLog;
  readonly #child: Deno.ChildProcess;
  readonly #exited: Promise<unknown>;
  #running = true;

  /** Starts the node at `address` of a cluster of `all` of them, with its data in `dir`. Its defaults stand, fsync among them. */
  constructor(address: NodeAddress, all: readonly NodeAddress[], dir: string) {
    const { name, clientUrl, peerUrl } = address;
    const args = [
      ...["--name", name, "--data-dir", `${dir}/${name}`],
      ...["--listen-client-urls", clientUrl, "--advertise-client-urls", clientUrl],
      ...["--listen-peer-urls", peerUrl, "--initial-advertise-peer-urls", peerUrl],
      ...["--initial-cluster", all.map((each) => `${each.name}=${each.peerUrl}`).join(",")],
      ...["--initial-cluster-state", "new", "--logger", "zap", "--log-level", "error"],
      ...["--quota-backend-bytes", `${QUOTA_BYTES}`],
    ];
    this.#child = new Deno.Command("etcd", { args, stdin: "null", stdout: "null", stderr: "piped" }).spawn();
    this.address = address;
    this.pid = this.#child.pid;
    this.stderr = new LineLog(this.#child.stderr);
    this.#exited = this.#child.status.finally(() => this.#running = false);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#signal("SIGTERM");
    const timer = setTimeout(() => this.#signal("SIGKILL"), END_MS);
    await Promise.all([this.#exited, this.stderr.ended]);
    clearTimeout(timer);
  }

  #signal(signal: Deno.Signal): void {
    if (this.#running) this.#child.kill(signal);
  }
}
