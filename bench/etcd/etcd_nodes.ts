/** An etcd cluster on loopback, each node a process with a data directory of its own; fsync is on, as etcd has it. */
import { eventually } from "../../tasks/support/eventually.ts";
import { freePorts } from "../../tasks/support/free_ports.ts";
import { LineLog } from "../../tasks/support/line_log.ts";
import type { Pids } from "../support/proc_sample.ts";

const READY_MS = 30_000;
const END_MS = 5000;
/** Nothing is compacted, as in etcd's own benchmarks; its default of 2 GiB would end a long run. */
const QUOTA_BYTES = 8 * 1024 ** 3;

interface Node {
  readonly name: string;
  readonly clientUrl: string;
  readonly peerUrl: string;
}

interface NodeProcess {
  readonly node: Node;
  readonly child: Deno.ChildProcess;
  readonly stderr: LineLog;
}

export class EtcdNodes implements AsyncDisposable {
  readonly #processes: readonly NodeProcess[];

  private constructor(processes: readonly NodeProcess[]) {
    this.#processes = processes;
  }

  /** Starts `count` nodes with their data in `dir`, and waits until they have a leader. */
  static async start(count: number, dir: string): Promise<EtcdNodes> {
    const ports = freePorts(2 * count);
    const nodes = Array.from({ length: count }, (_, i): Node => ({
      name: `n${i + 1}`,
      clientUrl: `http://127.0.0.1:${ports[2 * i]}`,
      peerUrl: `http://127.0.0.1:${ports[2 * i + 1]}`,
    }));
    const started = new EtcdNodes(nodes.map((node) => startNode(node, nodes, dir)));
    try {
      await started.leaderUrl();
      return started;
    } catch (cause) {
      await started[Symbol.asyncDispose]();
      const lines = started.#processes.flatMap(({ stderr }) => stderr.lines.slice(-2));
      throw new Error(`etcd did not start: ${lines.join(" | ")}`, { cause });
    }
  }

  get pids(): Pids {
    return Object.fromEntries(this.#processes.map(({ node, child }) => [node.name, child.pid]));
  }

  /** Client URLs of all nodes. */
  get urls(): string[] {
    return this.#processes.map(({ node }) => node.clientUrl);
  }

  /** Returns the client URL of the leader, once all nodes know one. */
  async leaderUrl(): Promise<string> {
    return await eventually("etcd has a leader", async () => {
      const found = await Promise.all(this.urls.map(statusOf));
      const leading = found.findIndex((status) => status !== null && status.self === status.leader);
      return found.every((status) => status?.leader === found[leading]?.self) ? this.urls[leading] : undefined;
    }, READY_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map(endNode));
  }
}

function startNode({ name, clientUrl, peerUrl }: Node, all: readonly Node[], dir: string): NodeProcess {
  const args = [
    ...["--name", name, "--data-dir", `${dir}/${name}`],
    ...["--listen-client-urls", clientUrl, "--advertise-client-urls", clientUrl],
    ...["--listen-peer-urls", peerUrl, "--initial-advertise-peer-urls", peerUrl],
    ...["--initial-cluster", all.map((node) => `${node.name}=${node.peerUrl}`).join(",")],
    ...["--initial-cluster-state", "new", "--logger", "zap", "--log-level", "error"],
    ...["--quota-backend-bytes", `${QUOTA_BYTES}`],
  ];
  const child = new Deno.Command("etcd", { args, stdin: "null", stdout: "null", stderr: "piped" }).spawn();
  return { node: all.find((node) => node.name === name)!, child, stderr: new LineLog(child.stderr) };
}

async function endNode({ child, stderr }: NodeProcess): Promise<void> {
  let running = true;
  const exited = child.status.finally(() => running = false);
  const signal = (name: Deno.Signal) => {
    if (running) child.kill(name);
  };
  try {
    signal("SIGTERM");
  } catch (error) {
    // It has ended by itself already.
    if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
  }
  const timer = setTimeout(() => signal("SIGKILL"), END_MS);
  await Promise.all([exited, stderr.ended]);
  clearTimeout(timer);
}

/** Asks a node by its JSON gateway who it is and who leads; null while it does not answer, or knows no leader. */
async function statusOf(url: string): Promise<{ readonly self: string; readonly leader: string } | null> {
  try {
    const response = await fetch(`${url}/v3/maintenance/status`, { method: "POST", body: "{}" });
    const { header, leader } = await response.json();
    return response.ok && leader !== undefined ? { self: header.member_id, leader } : null;
  } catch {
    return null;
  }
}
