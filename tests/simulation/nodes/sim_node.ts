/** One simulated replica: the real core, the real effects, the real ingress rules, and a memory disk that outlives it. */
import { sha256Hex } from "../../../crypto/digest.ts";
import type { CoreConfig } from "../../../protocol/config.ts";
import { type Digest, type Millis, offset, type ReplicaId } from "../../../protocol/ids.ts";
import type { PeerMessage } from "../../../protocol/message.ts";
import type { Packet } from "../../../protocol/packet.ts";
import type { QueryAnswer } from "../../../replica/answers/replier.ts";
import type { Restored } from "../../../replica/core/catch_up/install_snapshot.ts";
import { createState } from "../../../replica/core/create_state.ts";
import type { InputWithoutTime } from "../../../replica/core/input.ts";
import type { ClientReply, Outgoing } from "../../../replica/core/output.ts";
import type { CoreState } from "../../../replica/core/state.ts";
import { createDurableMark, type DurableMark } from "../../../replica/disk/durable_mark.ts";
import { ForgottenError } from "../../../replica/disk/forgotten_signatures.ts";
import { createEffects, type EffectPorts, type RunInputs } from "../../../replica/effects.ts";
import type { SignatureCheck } from "../../../replica/ingress/signature_check.ts";
import { MemoryDisk } from "../../../replica/storage/memory/memory_disk.ts";
import { openMemoryStorage } from "../../../replica/storage/memory/memory_storage.ts";
import { isRefusal, type Storage } from "../../../replica/storage/port.ts";
import { KvStore } from "../../../state_machine/mod.ts";
import { encodeMessage } from "../../../transport/codec/mod.ts";
import { NO_CHANGES } from "../../support/executors.ts";
import type { LeaderHint } from "../actors/actor.ts";
import type { EpochHost, Setup } from "../epochs/epoch_host.ts";
import { createFakeSigner, FAKE_CHECK } from "../network/fake_crypto.ts";
import type { StateView } from "../observer.ts";
import { ArmedStorage } from "./armed_storage.ts";
import { attempt } from "./attempt.ts";
import { SimulatedCrash, type Trigger } from "./crash_point.ts";
import { lostDisk } from "./faults/lost_disk.ts";
import { NodeAdversaries } from "./node_adversaries.ts";
import type { Arrival, Corruption, NodeWorld, Sign } from "./node_world.ts";
import { forgottenIn, SimIngress } from "./sim_ingress.ts";
import { asIntervention, observed, tellsTime } from "./sim_ports.ts";
import { StateReports } from "./state_reports.ts";
import { stateView } from "./state_view.ts";
import { stopsItself } from "./stopping.ts";
import { takesOf } from "./turned_away.ts";

export class SimNode {
  readonly id: ReplicaId;
  disk: MemoryDisk = new MemoryDisk();
  /** Present while the node runs. */
  state: CoreState | null = null;
  machine = new KvStore();
  /** Faulty behaviours, applied one after the other; none for an honest node. */
  corruptions: readonly Corruption[] = [];
  /** A faulty behaviour without a view of the core, for transcripts; can be set while the node runs. */
  corrupt: ((outgoing: readonly Outgoing[]) => readonly Outgoing[]) | null = null;
  sign: Sign;
  check: SignatureCheck = FAKE_CHECK;
  /** Its epochs, in a run in which rosters change; null in all others. */
  host: EpochHost | null = null;
  #config: CoreConfig;
  readonly #world: NodeWorld;
  #setup: Setup | null = null;
  #storage: Storage | null = null;
  #mark: DurableMark | null = null;
  #adversaries = new NodeAdversaries();
  #run: RunInputs | null = null;
  readonly #armed = new ArmedStorage();
  /** The last error thrown by the core itself; anything else thrown here is the simulation's own mistake. */
  #coreError: unknown = null;
  #ingress: SimIngress;
  readonly #reports: StateReports;

  constructor(config: CoreConfig, world: NodeWorld) {
    this.id = config.self;
    const signer = createFakeSigner("replica", config.self);
    this.sign = (message, body) => signer.sign(body, message);
    this.#config = config;
    this.#world = world;
    this.#reports = new StateReports(this, world);
    this.#ingress = new SimIngress(config.constants.heartbeatMs);
  }

  /** Time on its own clock from which it judges what it put off (§5.4d); Infinity if that is nothing. */
  get pressingAt(): Millis {
    return this.#ingress.pressingAt;
  }

  /** Starts from the disk, if its content is something a replica can have written. */
  start(): void {
    this.#armed.open();
    try {
      const { clusterId } = this.#config;
      const opened = openMemoryStorage({ clusterId, hash: sha256Hex, disk: this.disk });
      const storage = this.#storage = this.#armed.watch(opened, this.disk, (operations) => {
        this.#world.observer.persisted?.(this.id, operations, this.disk, this.#world.now());
      });
      if (this.host === null) return this.#begin(storage, null);
      const setup = this.host.start(storage);
      if (setup !== null) this.#begin(storage, setup);
    } catch (error) {
      this.#stopped(error as Error);
    }
  }

  /** True while it runs, with a core or without (§13.8, §13.10). */
  get up(): boolean {
    return this.state !== null || this.host?.stands === true;
  }

  /** Has a core begin in the epoch that the disk is in now; with `carried` the machine has the state already. */
  enter(carried: Restored | null = null): void {
    this.#begin(this.#storage!, this.host!.enter(this.#storage!), carried);
    this.#world.entered?.(this.id);
  }

  #begin(storage: Storage, setup: Setup | null, carried: Restored | null = null): void {
    this.#setup = setup;
    if (setup !== null) {
      ({ config: this.#config, sign: this.sign, check: this.check, corruptions: this.corruptions } = setup);
    }
    const machine = observed(this.machine = carried === null ? new KvStore() : this.machine, {
      executes: (command, { index, client }) => {
        this.#armed.pass("apply");
        this.#world.observer.executed?.(this.id, index, client, command, this.#world.now());
      },
      asks: (query) => {
        this.#armed.pass("apply");
        this.#world.observer.queried?.(this.id, offset(this.state!.appliedIndex, 1), query, this.#world.now());
      },
      ...tellsTime(this.id, this.#world),
      restored: () => this.#reports.restored = true,
    }, this.#world.waits);
    const ports = { hash: sha256Hex, machine, changes: setup?.changes ?? NO_CHANGES, chunks: storage.chunks };
    const state = createState(this.#config, storage.load(), ports, this.#world.clock(this.id), carried);
    if (carried !== null) this.#reports.restored = true;
    if (state.appliedIndex === 0) this.#world.prepare?.(state);
    this.state = state;
    this.#ingress = new SimIngress(this.#config.constants.heartbeatMs, setup);
    this.#mark = createDurableMark(state);
    const victim = { config: this.#config, hash: sha256Hex, state };
    this.#adversaries = new NodeAdversaries(this.corruptions.map((corrupt) => corrupt(victim)));
    this.#run = createEffects(state, ports, this.#effectPorts(storage, this.#mark), this.#world.snapshotBytes);
    this.#world.observer.started?.(this.id, this.disk, this.#world.now());
    this.#reports.tellRestored();
    this.#crossIfEnded(state);
  }

  /** §13.7: goes on in the next epoch, or without a core. */
  #crossIfEnded(state: CoreState): void {
    if (state.ended === null || this.state !== state) return;
    try {
      const handed = this.host!.cross(this.#storage!, this.#mark!, state, state.ended);
      if (handed === null) return this.#endCore();
      this.enter(handed.carried);
      if (handed.waiting.length > 0) this.run(handed.waiting.map(asIntervention));
    } catch (error) {
      this.#stopped(error as Error);
    }
  }

  /** Loses everything but the disk. */
  crash(): void {
    this.host?.stop();
    this.#endCore();
  }

  #endCore(): void {
    if (this.state === null) return;
    this.state = null;
    this.#run = null;
    this.#reports.restored = false;
    this.#world.observer.crashed?.(this.id, this.#world.now());
  }

  /** Loses its disk too; it comes back as a learner, in a recovery with this nonce (§8.4). */
  wipe(nonce: Digest): void {
    this.crash();
    this.#armed.lose();
    this.disk = lostDisk(nonce);
    this.#world.observer.wiped?.(this.id, this.#world.now());
  }

  /** Makes the node crash when `trigger` goes off. */
  arm(trigger: Trigger): void {
    this.#armed.arm(trigger);
  }

  /** Cancels an armed crash. */
  disarm(): void {
    this.#armed.arm(null);
  }

  /** Returns this node's answer to a fast read whose honest answer is `honest`. */
  reads(honest: QueryAnswer, query: Uint8Array): QueryAnswer {
    return this.#adversaries.reads(honest, query);
  }

  /** Returns what this node tells clients of its leader and term, outside of what they compare (§7.2). */
  hint(honest: LeaderHint): LeaderHint {
    return this.#adversaries.hint(honest);
  }

  /** Runs inputs if the node is up. */
  run(inputs: readonly InputWithoutTime[]): void {
    const state = this.state;
    if (this.#run === null || state === null) return;
    this.#handle(state, inputs);
    this.#world.handled?.(this.id);
  }

  #handle(state: CoreState, inputs: readonly InputWithoutTime[]): void {
    this.#reports.told = state.appliedIndex;
    const heeded = inputs.filter((input) => !this.#adversaries.swallows(input));
    if (attempt(this.#stopped, () => this.#run!(heeded, this.#world.clock(this.id)) ?? true) === null) return;
    this.#reports.tellApplied();
    this.#crossIfEnded(state);
  }

  /**
   * Takes arrivals off the network, packets through the real ingress rules, and handles them in one batch, with a tick if one is due, so late on
   * its own clock (§14.9): as the event loop does.
   */
  receive(arrivals: readonly Arrival[], lateMs: Millis | null = null): void {
    const { state } = this;
    if (state === null) return this.#standBy(arrivals);
    const isTaken = takesOf(state, this.#adversaries.all, this.#world);
    const now = this.#world.clock(this.id);
    const inputs = attempt(this.#stopped, () => this.#ingress.take(state, this.check, arrivals.filter(isTaken), now));
    if (inputs === null) return;
    const honest = this.corruptions.length === 0 && this.corrupt === null;
    const forgotten = honest ? forgottenIn(state, inputs) : null;
    if (forgotten !== null) return this.#stopped(new ForgottenError(`it has signed ${forgotten}, says another`));
    if (lateMs !== null) inputs.push({ kind: "tick", lateMs });
    if (inputs.length > 0) this.run(inputs);
  }

  #standBy(arrivals: readonly Arrival[]): void {
    attempt(this.#stopped, () => {
      for (const arrival of arrivals) {
        if ("packet" in arrival && this.state === null) this.host?.take(arrival.packet, arrival.from ?? null);
      }
    });
  }

  /** Returns the replicated state as checkers see it. */
  view = (): StateView => stateView(this.state!, this.machine);

  #effectPorts(storage: Storage, mark: DurableMark): EffectPorts {
    const [{ id }, world] = [this, this.#world];
    const peers = this.host?.everyone() ?? this.#config.replicas.filter((replica) => replica !== id);
    return {
      ...{ storage, mark },
      encode: (message) => this.#encode(message),
      sign: (message, body) => this.sign(message, body),
      send: (to, packet) => this.#send(to, packet),
      publish: (packet) => this.#send(peers, packet),
      reply: (replies) => replies.forEach((reply) => this.#reply(reply)),
      event: (event) => world.observer.event?.(id, event, world.now()),
      observe: (input, verdict) => {
        this.#reports.tellRestored();
        if (input.kind === "apply") this.#reports.tellApplied();
        this.#setup?.talk.look(world.clock(id));
        world.observe?.(id, input, verdict);
      },
      gaveUp: (_, error) => this.#coreError = error,
      corrupt: (outgoing, now) => this.#adversaries.corrupted(this.corrupt?.(outgoing) ?? outgoing, now),
    };
  }

  /** Encodes what a core outputs; if it cannot be encoded, the replica stops. */
  #encode(message: PeerMessage): Uint8Array {
    try {
      return encodeMessage(message);
    } catch (error) {
      this.#coreError = error;
      throw error;
    }
  }

  #send(to: readonly ReplicaId[], packet: Packet): void {
    this.#armed.pass("send");
    this.#world.send(this.id, to, packet, this.state?.genesis.epoch ?? 1);
  }

  #reply(reply: ClientReply): void {
    this.#armed.pass("reply");
    for (const each of this.#adversaries.answers(reply)) this.#world.reply(this.id, each);
  }

  #stopped = (error: Error): void => {
    if (!(error instanceof SimulatedCrash) && !this.#isOwn(error)) throw error;
    this.crash();
    if (error instanceof SimulatedCrash) this.#world.crashed?.(this.id);
    else if (isRefusal(error) && this.#world.refused) this.#world.refused(this.id);
    else if (this.#world.failed) this.#world.failed(this.id, error);
    else throw error;
  };

  /** Returns whether the replica stopped by itself; what observers and actors throw is not its own. */
  #isOwn(error: Error): boolean {
    return stopsItself(error) ||
      (error === this.#coreError && this.corruptions.length === 0);
  }
}
