/** The simulated cluster that a transcript's commands act on, and the lines printed about it. */
import { ConfigError } from "../../crypto/config_error.ts";
import type { ProtocolConstants } from "../../protocol/config.ts";
import type { ReplicaId } from "../../protocol/ids.ts";
import type { Packet } from "../../protocol/packet.ts";
import type { CoreEvent } from "../../replica/core/output.ts";
import { SimCluster } from "../simulation/nodes/sim_cluster.ts";
import type { SimNode } from "../simulation/nodes/sim_node.ts";
import { describeState } from "./describe.ts";
import type { LineKind } from "./kinds.ts";
import { Transcript } from "./transcript.ts";

/** Returns whether the network loses a packet. */
export type Rule = (from: string, to: string, packet: Packet) => boolean;
/** Returns whether a line is printed, by its kind, its subject, and its receivers. */
export type Filter = (kind: LineKind, from: string, to: readonly string[]) => boolean;

export class TranscriptLab {
  rules: Rule[] = [];
  /** Replicas that ignore a client, each with that client. */
  readonly deaf = new Map<string, string>();
  /** Replicas whose disk is lost, until they are restarted. */
  readonly wiped = new Set<ReplicaId>();
  isPrinted: Filter = () => true;
  /** The number of the next request of each client that has sent any. */
  readonly nextSeq = new Map<string, number>();
  #cluster: SimCluster | null = null;
  #lines: string[] = [];
  /** Set while a change of state is recorded without being printed. */
  #muted = false;
  readonly #transcript = new Transcript((line) => this.#muted || this.#lines.push(line));

  /** Returns the lines printed since the last call. */
  takeLines(): readonly string[] {
    return this.#lines.splice(0);
  }

  get cluster(): SimCluster {
    if (!this.#cluster) throw new ConfigError("given no cluster, wanted the command cluster first");
    return this.#cluster;
  }

  create(replicas: number, seed: number, constants: Partial<ProtocolConstants>): void {
    if (this.#cluster) throw new ConfigError("given a second cluster, wanted one in a transcript");
    this.#cluster = new SimCluster({
      replicas,
      seed,
      constants,
      delay: (from, to, packet) => this.#isLost(from, to, packet) ? null : 1,
      hooks: {
        sent: (from, to, packet) => this.#sent(from, to, packet),
        handled: (at) => this.#changed(at),
        event: (at, event) => this.#noted(at, event),
        failed: (at, error) => this.#failed(at, error),
      },
    });
  }

  /** Returns the replica named `id`. */
  node(id: string): SimNode {
    const found = this.cluster.ids.find((each) => each === id);
    if (found === undefined) throw new ConfigError(`given "${id}", wanted one of ${this.cluster.ids.join(" ")}`);
    return this.cluster.node(found);
  }

  crash(id: string): void {
    this.node(id).crash();
    this.#transcript.forget(id);
  }

  show(): void {
    for (const [id, { state }] of this.cluster.nodes) {
      this.#transcript.line(this.cluster.now, id, `is ${state ? describeState(state) : "down"}`);
    }
  }

  #isLost(from: string, to: string, packet: Packet): boolean {
    if (packet.kind === "ForwardedRequest" && this.deaf.get(to) === packet.signed.message.client) return true;
    return this.rules.some((loses) => loses(from, to, packet));
  }

  #sent(from: ReplicaId, to: readonly ReplicaId[], packet: Packet): void {
    const { state } = this.cluster.node(from);
    const isLost = (id: ReplicaId) => this.#isLost(from, id, packet);
    if (!this.isPrinted(packet.kind, from, to)) return; // printed when it is repeated, should it be by then
    this.#transcript.sent(this.cluster.now, { from, state }, to, packet, isLost);
  }

  #changed(at: ReplicaId): void {
    for (const { from, reply } of this.cluster.replies.splice(0)) {
      if (this.isPrinted("reply", from, [])) this.#transcript.replied(this.cluster.now, from, reply);
    }
    this.#muted = !this.isPrinted("state", at, []);
    this.#transcript.handled(this.cluster.now, at, this.cluster.node(at).state);
    this.#muted = false;
  }

  #noted(at: ReplicaId, event: CoreEvent): void {
    if (this.isPrinted("event", at, [])) this.#transcript.noted(this.cluster.now, at, event);
  }

  #failed(at: ReplicaId, { message }: Error): void {
    if (this.isPrinted("event", at, [])) this.#transcript.line(this.cluster.now, at, `stops: ${message}`);
  }
}
