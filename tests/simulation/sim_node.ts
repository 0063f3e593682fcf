/** One simulated replica: the real core, the real effects, a memory disk that outlives it. */
import { admitPacket } from "../../replica/admit_packet.ts";
import { sha256Hex } from "../../crypto/mod.ts";
import type { CoreConfig } from "../../replica/core/config.ts";
import { createState } from "../../replica/core/create_state.ts";
import type { ReplicaId } from "../../replica/core/ids.ts";
import type { Input } from "../../replica/core/input.ts";
import type { ClientReply, CoreEvent, Outgoing } from "../../replica/core/output.ts";
import type { Packet } from "../../replica/core/packet.ts";
import type { CoreState } from "../../replica/core/state.ts";
import type { Verdict } from "../../replica/core/verdict.ts";
import { createEffects, type InputWithoutTime, type RunInputs } from "../../replica/effects.ts";
import { KvStore } from "../../replica/state_machine/mod.ts";
import { MemoryDisk, openMemoryStorage } from "../../replica/storage/mod.ts";
import { encodeMessage } from "../../transport/codec/mod.ts";
import { createFakeSigner, FAKE_CHECK, type FakeSigner } from "./fake_crypto.ts";

/** Where a node's packets and replies go. */
export interface NodeWorld {
  now(): number;
  send(from: ReplicaId, to: readonly ReplicaId[], packet: Packet): void;
  reply(from: ReplicaId, reply: ClientReply): void;
  event?(from: ReplicaId, event: CoreEvent): void;
  observe?(at: ReplicaId, input: Input, verdict: Verdict): void;
}

export class SimNode {
  readonly id: ReplicaId;
  readonly signer: FakeSigner;
  readonly disk: MemoryDisk = new MemoryDisk();
  /** Present while the node runs. */
  state: CoreState | null = null;
  machine: KvStore = new KvStore();
  /** A Byzantine node's own idea of what to send. */
  corrupt: ((outgoing: readonly Outgoing[]) => readonly Outgoing[]) | null = null;
  readonly #config: CoreConfig;
  readonly #world: NodeWorld;
  #run: RunInputs | null = null;

  constructor(config: CoreConfig, world: NodeWorld) {
    this.id = config.self;
    this.signer = createFakeSigner("replica", config.self);
    this.#config = config;
    this.#world = world;
  }

  /** Starts from what the disk holds. */
  start(): void {
    const storage = openMemoryStorage({
      clusterId: this.#config.clusterId,
      hash: sha256Hex,
      disk: this.disk,
      verify: false,
    });
    this.machine = new KvStore();
    const ports = { hash: sha256Hex, machine: this.machine };
    const { id } = this;
    const world = this.#world;
    this.state = createState(this.#config, storage.load(), ports, world.now());
    this.#run = createEffects(this.state, ports, {
      storage,
      encode: encodeMessage,
      sign: (_, body) => this.signer.sign(body),
      send: (to, packet) => world.send(id, to, packet),
      publish: (packet) => world.send(id, this.#config.replicas.filter((replica) => replica !== id), packet),
      reply: (reply) => world.reply(id, reply),
      event: (event) => world.event?.(id, event),
      observe: (input, verdict) => world.observe?.(id, input, verdict),
      corrupt: (outgoing) => this.corrupt?.(outgoing) ?? outgoing,
    });
  }

  /** Loses everything but the disk. */
  crash(): void {
    this.state = null;
    this.#run = null;
  }

  /** Runs inputs if the node is up. */
  run(inputs: readonly InputWithoutTime[]): void {
    this.#run?.(inputs, this.#world.now());
  }

  /** Takes a packet off the network, through the real ingress rules. */
  receive(packet: Packet): void {
    if (!this.state) return;
    const admission = admitPacket(this.state, FAKE_CHECK, "peer", packet);
    if ("admitted" in admission && admission.admitted) this.run([admission.admitted]);
  }
}
