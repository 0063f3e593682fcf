/** An etcd cluster on loopback. */
import { eventually } from "../../tasks/support/eventually.ts";
import { freePorts } from "../../tasks/support/free_ports.ts";
import type { Pids } from "../support/proc_sample.ts";
import { EtcdNode, type NodeAddress } from "./etcd_node.ts";

const READY_MS = 30_000;

export class EtcdNodes implements AsyncDisposable {
  readonly #nodes: readonly EtcdNode[];

  private constructor(nodes: readonly EtcdNode[]) {
    this.#nodes = nodes;
  }

  /** Starts `count` nodes with their data in `dir`, and waits until they have a leader. */
  static async start(count: number, dir: string): Promise<EtcdNodes> {
    const ports = freePorts(2 * count);
    const addresses = Array.from({ length: count }, (_, i): NodeAddress => ({
      name: `n${i + 1}`,
      clientUrl: `http://127.0.0.1:${ports[2 * i]}`,
      peerUrl: `http://127.0.0.1:${ports[2 * i + 1]}`,
    }));
    const started = new EtcdNodes(addresses.map((address) => new EtcdNode(address, addresses, dir)));
    try {
      await started.leaderUrl();
      return started;
    } catch (cause) {
      await started[Symbol.asyncDispose]();
      const lines = started.#nodes.flatMap(({ stderr }) => stderr.lines.slice(-2));
      throw new Error(`etcd did not start: ${lines.join(" | ")}`, { cause });
    }
  }

  get pids(): Pids {
    return Object.fromEntries(this.#nodes.map(({ address, pid }) => [address.name, pid]));
  }

  /** Client URLs of all nodes. */
  get urls(): string[] {
    return this.#nodes.map(({ address }) => address.clientUrl);
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
    await Promise.all(this.#nodes.map((node) => node[Symbol.asyncDispose]()));
  }
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
