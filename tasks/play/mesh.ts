/** A forwarder between each replica and each of its peers, so that one can be cut off from the others without touching them. */
import { type Address, busyAddress } from "../support/free_ports.ts";
import { Forwarder, type Line, WHOLE } from "./forwarder.ts";

/** The part of a replica's line in the roster that the mesh needs. */
export interface MeshReplica {
  readonly id: string;
  readonly peerPort: number;
  readonly publishPort: number;
  readonly clientPort: number;
}

interface Link {
  readonly from: string;
  readonly to: string;
  readonly forwarder: Forwarder;
}

/** Returns what replica number `position` adds to its peers' ports: above all ports of the roster, and of the replicas before. */
export function dialOffset(replicas: readonly MeshReplica[], position: number): number {
  const ports = replicas.flatMap(({ peerPort, publishPort, clientPort }) => [peerPort, publishPort, clientPort]);
  return (position + 1) * (Math.max(...ports) - Math.min(...ports) + 1);
}

/** Returns the ports that a mesh between `replicas` listens at. */
export const meshPorts = (replicas: readonly MeshReplica[]): number[] => linksOf(replicas).map(({ port }) => port);

function linksOf(replicas: readonly MeshReplica[]) {
  return replicas.flatMap((from, position) =>
    replicas.filter((to) => to !== from).flatMap((to) =>
      [to.peerPort, to.publishPort].map((target) => ({
        ...{ from: from.id, to: to.id, target, port: target + dialOffset(replicas, position) },
      }))
    )
  );
}

/** Returns the first address that a mesh could not listen at, and why; null if it can at all. */
export const busyMeshAddress = (replicas: readonly MeshReplica[]): (Address & { readonly reason: string }) | null =>
  busyAddress(meshPorts(replicas).map((port) => ({ hostname: "127.0.0.1", port })));

/** The links of all replicas of one cluster on loopback. Each replica has to be started with its {@linkcode dialOffset}. */
export class Mesh implements AsyncDisposable {
  readonly #links: readonly Link[];
  readonly #lines = new Map<string, Line>();

  constructor(replicas: readonly MeshReplica[]) {
    const links: Link[] = [];
    try {
      for (const { from, to, port, target } of linksOf(replicas)) {
        links.push({ from, to, forwarder: new Forwarder(port, target) });
      }
    } catch (error) {
      for (const { forwarder } of links) void forwarder[Symbol.asyncDispose]();
      throw error;
    }
    this.#links = links;
  }

  /** Returns the line of `replica`. */
  lineOf(replica: string): Line {
    return this.#lines.get(replica) ?? WHOLE;
  }

  /** Puts `replica` at a line of its own: between two replicas nothing passes that one of their lines holds back, and both delays count. */
  set(replica: string, line: Line): void {
    this.#lines.set(replica, line);
    for (const { from, to, forwarder } of this.#links) {
      if (from !== replica && to !== replica) continue;
      const [a, b] = [this.lineOf(from), this.lineOf(to)];
      forwarder.line = { passes: a.passes && b.passes, delayMs: a.delayMs + b.delayMs };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#links.map(({ forwarder }) => forwarder[Symbol.asyncDispose]()));
  }
}
