/** One simulated replica: the real core, the real effects, a memory disk that outlives it. */
import { sha256Hex } from "../../crypto/mod.ts";
import type { CoreConfig } from "../../replica/core/config.ts";
import { createState } from "../../replica/core/create_state.ts";
import type { ReplicaId } from "../../replica/core/ids.ts";
import type { Input } from "../../replica/core/input.ts";
import type { Verified } from "../../replica/core/message.ts";
import type { ClientReply, CoreEvent, Outgoing } from "../../replica/core/output.ts";
import type { Packet } from "../../replica/core/packet.ts";
import { listEntrySignatures, listSignatures, screen } from "../../replica/core/signatures.ts";
import type { CoreState } from "../../replica/core/state.ts";
import type { Verdict } from "../../replica/core/verdict.ts";
import { createEffects, type InputWithoutTime, type RunInputs } from "../../replica/effects.ts";
import { KvStore } from "../../replica/state_machine/mod.ts";
import { MemoryDisk, openMemoryStorage } from "../../replica/storage/mod.ts";
import { encodeMessage } from "../../transport/codec/mod.ts";
import { createFakeSigner, type FakeSigner, verifyClaims } from "./fake_crypto.ts";

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

  /** Takes a packet off the network as ingress would: screened, its listed signatures checked. */
  receive(packet: Packet): void {
    if (!this.state) return;
    const screened = screen(this.state, packet);
    if (screened.verdict.verdict !== "accept" || !verifyClaims(listSignatures(screened.packet))) return;
    const verified = screened.packet as Verified<Packet>;
    if (verified.kind === "AppendEntries") {
      const position = verified.entries.findIndex((entry, i) =>
        entry.requests === null || !verifyClaims(listEntrySignatures(verified)[i]!)
      );
      if (position >= 0) return this.run([{ kind: "bad-entry", packet: verified, position }]);
    }
    this.run([{ kind: "packet", packet: verified }]);
  }
}
