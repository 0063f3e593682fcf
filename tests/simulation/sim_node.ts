/** One simulated replica: the real core, the real effects, the real ingress rules, and a memory disk that outlives it. */
import { createHash } from "node:crypto";
import { sha256Hex } from "../../crypto/mod.ts";
import { admitPacket } from "../../replica/admit_packet.ts";
import type { Victim } from "../../replica/byzantine/mod.ts";
import type { CoreConfig } from "../../replica/core/config.ts";
import { createState } from "../../replica/core/create_state.ts";
import { digest, type Millis, type ReplicaId } from "../../replica/core/ids.ts";
import type { Input } from "../../replica/core/input.ts";
import { InvariantError } from "../../replica/core/invariant.ts";
import type { PeerMessage } from "../../replica/core/message.ts";
import type { ClientReply, Outgoing, PersistOperation, Recovered } from "../../replica/core/output.ts";
import type { Packet } from "../../replica/core/packet.ts";
import { sessionBytes } from "../../replica/core/session_table.ts";
import type { CoreState } from "../../replica/core/state.ts";
import type { Verdict } from "../../replica/core/verdict.ts";
import { createEffects, type EffectPorts, type InputWithoutTime, type RunInputs } from "../../replica/effects.ts";
import type { QueryAnswer } from "../../replica/replier.ts";
import type { SignatureCheck } from "../../replica/signature_check.ts";
import { KvStore } from "../../replica/state_machine/mod.ts";
import { replicatedDigest } from "../../replica/status.ts";
import { GuardError, MemoryDisk, openMemoryStorage, type Storage, StorageError } from "../../replica/storage/mod.ts";
import { encodeMessage } from "../../transport/codec/mod.ts";
import type { LeaderHint, SimAdversary } from "./actors/actor.ts";
import { type CrashPoint, SimulatedCrash, Trigger } from "./crash_point.ts";
import { createFakeSigner, FAKE_CHECK } from "./fake_crypto.ts";
import type { Observer } from "./observer.ts";
import { bind, observed } from "./sim_ports.ts";

/** Signs for one replica. */
export type Sign = (message: PeerMessage, body: Uint8Array) => Uint8Array;

/** Everything around a node. */
export interface NodeWorld {
  /** Virtual time. */
  now(): Millis;
  /** Time on the clock of `at`. */
  clock(at: ReplicaId): Millis;
  send(from: ReplicaId, to: readonly ReplicaId[], packet: Packet): void;
  reply(from: ReplicaId, reply: ClientReply): void;
  readonly observer: Observer;
  observe?(at: ReplicaId, input: Input, verdict: Verdict): void;
  /** `at` has handled inputs, or is down now. */
  handled?(at: ReplicaId): void;
  /** An armed crash point was passed, and `at` is down. */
  crashed?(at: ReplicaId): void;
  /** `at` stopped by itself; without this hook the error is thrown on. */
  failed?(at: ReplicaId, error: Error): void;
}

/** What arrives at a node: a peer's packet, or a client's request whose signature was checked. */
export type Arrival =
  | { readonly packet: Packet }
  | { readonly request: Extract<InputWithoutTime, { readonly kind: "request" }> };

/** What makes a node faulty: asked anew at each start. */
export type Corruption = (victim: Victim) => SimAdversary;

export class SimNode {
  readonly id: ReplicaId;
  disk: MemoryDisk = new MemoryDisk();
  /** Present while the node runs. */
  state: CoreState | null = null;
  machine: KvStore = new KvStore();
  /** Faulty behaviours, one after the other; none for an honest node. */
  corruptions: readonly Corruption[] = [];
  /** A faulty behaviour without a view of the core, for transcripts; can be set while the node runs. */
  corrupt: ((outgoing: readonly Outgoing[]) => readonly Outgoing[]) | null = null;
  sign: Sign;
  check: SignatureCheck = FAKE_CHECK;
  readonly #config: CoreConfig;
  readonly #world: NodeWorld;
  #adversaries: readonly SimAdversary[] = [];
  #run: RunInputs | null = null;
  #trigger: Trigger | null = null;
  /** What the core itself threw last; anything else thrown here is the simulation's own mistake. */
  #coreError: unknown = null;
  /** A transaction that is half on the disk, and how the journal takes it back when the disk is opened. */
  #torn: { readonly disk: MemoryDisk; readonly before: Recovered; readonly rollBack: () => void } | null = null;

  constructor(config: CoreConfig, world: NodeWorld) {
    this.id = config.self;
    const signer = createFakeSigner("replica", config.self);
    this.sign = (message, body) => signer.sign(body, message);
    this.#config = config;
    this.#world = world;
  }

  /** Starts from what the disk holds, if that is what a replica can have written. */
  start(): void {
    this.#openJournal();
    this.#trigger = null;
    try {
      const { clusterId } = this.#config;
      this.#begin(openMemoryStorage({ clusterId, hash: sha256Hex, disk: this.disk }));
    } catch (error) {
      this.#stopped(error as Error);
    }
  }

  #begin(storage: Storage): void {
    this.machine = new KvStore();
    const machine = observed(this.machine, (...call) => this.#executed(...call));
    const ports = { hash: sha256Hex, machine, chunks: storage.chunks };
    const state = createState(this.#config, storage.load(), ports, this.#world.clock(this.id));
    this.state = state;
    this.#adversaries = this.corruptions.map((corrupt) => corrupt({ config: this.#config, hash: sha256Hex, state }));
    this.#run = createEffects(state, ports, this.#effectPorts(storage));
    this.#world.observer.started?.(this.id, this.disk, this.#world.now());
  }

  /** Takes back a transaction that was torn, and sees that the disk is as it was before. */
  #openJournal(): void {
    if (this.#torn === null) return;
    const { disk, before, rollBack } = this.#torn;
    rollBack();
    this.#torn = null;
    const after = disk.recovered();
    const same = after.entries.length === before.entries.length && after.entries.at(-1) === before.entries.at(-1) &&
      after.hardState === before.hardState && after.prepared === before.prepared &&
      after.commitIndex === before.commitIndex;
    if (!same) throw new Error(`${this.id}: a torn transaction left something on the disk`);
  }

  /** Loses everything but the disk. */
  crash(): void {
    if (this.state === null) return;
    this.state = null;
    this.#run = null;
    this.#world.observer.crashed?.(this.id, this.#world.now());
  }

  /** Makes the node crash at the `passes`-th passing of `point` from now on. */
  arm(point: CrashPoint, passes: number): void {
    this.#trigger = new Trigger(point, passes);
  }

  /** Takes an armed crash back. */
  disarm(): void {
    this.#trigger = null;
  }

  /** What this node answers to a fast read whose honest answer is `honest`. */
  reads(honest: QueryAnswer, query: Uint8Array): QueryAnswer {
    return this.#adversaries.reduce((answer, { reads }) => reads ? reads(answer, query) : answer, honest);
  }

  /** What this node tells clients of its leader and term, outside of what they compare (§7.2). */
  hint(honest: LeaderHint): LeaderHint {
    return this.#adversaries.reduce((told, { hints }) => hints ? hints(told) : told, honest);
  }

  /** Runs inputs if the node is up. */
  run(inputs: readonly InputWithoutTime[]): void {
    const state = this.state;
    if (this.#run === null || state === null) return;
    this.#handle(state, inputs);
    this.#world.handled?.(this.id);
  }

  #handle(state: CoreState, inputs: readonly InputWithoutTime[]): void {
    const applied = state.appliedIndex;
    try {
      this.#run!(inputs.filter((input) => !this.#swallows(input)), this.#world.clock(this.id));
    } catch (error) {
      return this.#stopped(error as Error);
    }
    const { observer } = this.#world;
    if (state.appliedIndex !== applied && observer.applied) observer.applied(this.id, this.view(), this.#world.now());
  }

  /**
   * Takes off the network what has arrived, packets through the real ingress rules, and handles it in one batch, with a tick if
   * `tick` says that one is due: as the event loop does.
   */
  receive(arrivals: readonly Arrival[], tick = false): void {
    const inputs: InputWithoutTime[] = [];
    for (const arrival of arrivals) {
      if (!this.state) return;
      if ("request" in arrival) {
        inputs.push(arrival.request);
        continue;
      }
      const admission = admitPacket(this.state, this.check, "peer", arrival.packet);
      if ("admitted" in admission && admission.admitted) inputs.push(admission.admitted);
    }
    if (tick) inputs.push({ kind: "tick" });
    if (inputs.length > 0) this.run(inputs);
  }

  /** The replicated state as checkers see it. */
  view() {
    const state = this.state!;
    const hash = createHash("sha256");
    for (const bytes of sessionBytes(state.sessions)) hash.update(bytes);
    return {
      appliedIndex: state.appliedIndex,
      digest: digest(replicatedDigest(this.machine.digest(), state)),
      sessions: digest(hash.digest("hex")),
    };
  }

  #effectPorts(storage: Storage): EffectPorts {
    const { id } = this;
    const world = this.#world;
    const peers = this.#config.replicas.filter((replica) => replica !== id);
    return {
      storage: { ...bind(storage), commit: (operations, intents) => this.#commit(storage, operations, intents) },
      encode: (message) => this.#encode(message),
      sign: (message, body) => this.sign(message, body),
      send: (to, packet) => this.#send(to, packet),
      publish: (packet) => this.#send(peers, packet),
      reply: (reply) => this.#reply(reply),
      event: (event) => world.observer.event?.(id, event, world.now()),
      observe: (input, verdict) => world.observe?.(id, input, verdict),
      gaveUp: (_, error) => this.#coreError = error,
      corrupt: (outgoing, now) => this.#corrupted(outgoing, now),
    };
  }

  /** What a core hands out has to be encodable: if it is not, that is the replica's end. */
  #encode(message: PeerMessage): Uint8Array {
    try {
      return encodeMessage(message);
    } catch (error) {
      this.#coreError = error;
      throw error;
    }
  }

  #commit(storage: Storage, ...[operations, intents]: Parameters<Storage["commit"]>): void {
    this.#pass("before-persist");
    if (this.#trigger?.pulls("torn-persist")) this.#tear(operations);
    storage.commit(operations, intents);
    this.#world.observer.persisted?.(this.id, operations, this.disk, this.#world.now());
    this.#pass("after-persist");
  }

  /** Writes a part of a transaction and crashes. */
  #tear(operations: readonly PersistOperation[]): never {
    const { disk } = this;
    this.#torn = { disk, before: disk.recovered(), rollBack: disk.begin() };
    for (const operation of operations.slice(0, Math.ceil(operations.length / 2))) this.disk.write(operation);
    throw new SimulatedCrash("torn-persist");
  }

  #send(to: readonly ReplicaId[], packet: Packet): void {
    this.#pass("send");
    this.#world.send(this.id, to, packet);
  }

  #reply(reply: ClientReply): void {
    this.#pass("reply");
    const replies = this.#adversaries.reduce<readonly ClientReply[]>(
      (all, { answers }) => answers ? all.flatMap(answers) : all,
      [reply],
    );
    for (const each of replies) this.#world.reply(this.id, each);
  }

  #executed(...[command, { index, client }]: Parameters<KvStore["apply"]>): void {
    this.#pass("apply");
    this.#world.observer.executed?.(this.id, index, client, command, this.#world.now());
  }

  #corrupted(outgoing: readonly Outgoing[], now: Millis): readonly Outgoing[] {
    const first = this.corrupt?.(outgoing) ?? outgoing;
    return this.#adversaries.reduce((all, { corrupt }) => corrupt ? corrupt(all, now) : all, first);
  }

  #swallows(input: InputWithoutTime): boolean {
    let swallowed = false;
    // Each of them is asked, since they also listen this way.
    for (const { swallows } of this.#adversaries) swallowed = (swallows?.(input) ?? false) || swallowed;
    return swallowed;
  }

  #pass(point: CrashPoint): void {
    if (this.#trigger?.pulls(point)) throw new SimulatedCrash(point);
  }

  #stopped(error: Error): void {
    if (!(error instanceof SimulatedCrash) && !this.#isOwn(error)) throw error;
    this.crash();
    if (error instanceof SimulatedCrash) this.#world.crashed?.(this.id);
    else if (this.#world.failed) this.#world.failed(this.id, error);
    else throw error;
  }

  /** Whether the replica stopped by itself; what observers and actors throw is none of its doing. */
  #isOwn(error: Error): boolean {
    const stopping = [InvariantError, GuardError, StorageError].some((kind) => error instanceof kind);
    return stopping || (error === this.#coreError && this.corruptions.length === 0);
  }
}
