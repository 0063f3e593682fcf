/** One simulated replica: the real core, the real effects, the real ingress rules, and a memory disk that outlives it. */
import { sha256Hex } from "../../../crypto/digest.ts";
import type { CoreConfig } from "../../../protocol/config.ts";
import { type Digest, type Millis, offset, type ReplicaId } from "../../../protocol/ids.ts";
import { InvariantError } from "../../../protocol/invariant.ts";
import type { PeerMessage } from "../../../protocol/message.ts";
import type { Packet } from "../../../protocol/packet.ts";
import type { QueryAnswer } from "../../../replica/answers/replier.ts";
import type { Restored } from "../../../replica/core/catch_up/install_snapshot.ts";
import { createState } from "../../../replica/core/create_state.ts";
import type { InputWithoutTime } from "../../../replica/core/input.ts";
import type { ClientReply, Outgoing } from "../../../replica/core/output.ts";
import type { CoreState } from "../../../replica/core/state.ts";
import { createDurableMark, type DurableMark } from "../../../replica/disk/durable_mark.ts";
import { forgottenBy, ForgottenError } from "../../../replica/disk/forgotten_signatures.ts";
import { createEffects, type EffectPorts, type RunInputs } from "../../../replica/effects.ts";
import type { SignatureCheck } from "../../../replica/ingress/signature_check.ts";
import { MemoryDisk } from "../../../replica/storage/memory/memory_disk.ts";
import { openMemoryStorage } from "../../../replica/storage/memory/memory_storage.ts";
import { GuardError, isRefusal, type Storage, StorageError } from "../../../replica/storage/port.ts";
import { KvStore } from "../../../state_machine/mod.ts";
import { encodeMessage } from "../../../transport/codec/mod.ts";
import { NO_CHANGES } from "../../support/executors.ts";
import type { LeaderHint, SimAdversary } from "../actors/actor.ts";
import type { EpochHost, Setup } from "../epochs/epoch_host.ts";
import { createFakeSigner, FAKE_CHECK } from "../network/fake_crypto.ts";
import type { StateView } from "../observer.ts";
import { type CrashPoint, type Operations, SimulatedCrash, type Trigger } from "./crash_point.ts";
import { Journal } from "./journal.ts";
import { lostDisk } from "./lost_disk.ts";
import type { Arrival, Corruption, NodeWorld, Sign } from "./node_world.ts";
import { SimIngress } from "./sim_ingress.ts";
import { asIntervention, bind, observed, watchedArchive } from "./sim_ports.ts";
import { stateView } from "./state_view.ts";
import { takesOf } from "./turned_away.ts";

export class SimNode {
  readonly id: ReplicaId;
  disk: MemoryDisk = new MemoryDisk();
  /** Present while the node runs. */
  state: CoreState | null = null;
  machine: KvStore = new KvStore();
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
  #adversaries: readonly SimAdversary[] = [];
  #run: RunInputs | null = null;
  #trigger: Trigger | null = null;
  /** The last error thrown by the core itself; anything else thrown here is the simulation's own mistake. */
  #coreError: unknown = null;
  #journal = new Journal();
  #ingress: SimIngress;
  /** Kinds of operations of the last transaction. */
  #operations: Operations = new Set();
  /** Set when a snapshot has replaced the state since that was last reported. */
  #restored = false;
  /** The applied index reported last. */
  #told = 0;

  constructor(config: CoreConfig, world: NodeWorld) {
    this.id = config.self;
    const signer = createFakeSigner("replica", config.self);
    this.sign = (message, body) => signer.sign(body, message);
    this.#config = config;
    this.#world = world;
    this.#ingress = new SimIngress(config.constants.heartbeatMs);
  }

  /** Time on its own clock from which it judges what it put off (§5.4d); Infinity if that is nothing. */
  get pressingAt(): Millis {
    return this.#ingress.pressingAt;
  }

  /** Starts from the disk, if its content is something a replica can have written. */
  start(): void {
    this.#journal.open();
    this.#trigger = null;
    try {
      const { clusterId } = this.#config;
      const opened = openMemoryStorage({ clusterId, hash: sha256Hex, disk: this.disk });
      const storage = this.#storage = this.#watched(opened);
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
      executes: (...call) => this.#executed(...call),
      asks: (query) => this.#queried(query),
      restored: () => this.#restored = true,
    });
    const ports = { hash: sha256Hex, machine, changes: setup?.changes ?? NO_CHANGES, chunks: storage.chunks };
    const state = createState(this.#config, storage.load(), ports, this.#world.clock(this.id), carried);
    if (carried !== null) this.#restored = true;
    if (state.appliedIndex === 0) this.#world.prepare?.(state);
    this.state = state;
    this.#ingress = new SimIngress(this.#config.constants.heartbeatMs, setup);
    this.#mark = createDurableMark(state);
    this.#adversaries = this.corruptions.map((corrupt) => corrupt({ config: this.#config, hash: sha256Hex, state }));
    this.#run = createEffects(state, ports, this.#effectPorts(storage, this.#mark), this.#world.snapshotBytes);
    this.#world.observer.started?.(this.id, this.disk, this.#world.now());
    this.#tellRestored();
    this.#crossIfEnded(state);
  }

  /** §13.7: goes on in the next epoch, or without a core. */
  #crossIfEnded(state: CoreState): void {
    if (state.ended === null || this.state !== state) return;
    const [host, storage] = [this.host!, this.#storage!];
    try {
      const handed = host.cross(storage, this.#mark!, state, state.ended);
      if (handed === null) return this.#endCore();
      this.enter(handed.carried);
      if (handed.waiting.length > 0) this.run(handed.waiting.map(asIntervention));
    } catch (error) {
      this.#stopped(error as Error);
    }
  }

  #tellRestored(): void {
    if (!this.#restored) return;
    this.#restored = false;
    this.#world.observer.restored?.(this.id, this.view(), this.#world.now());
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
    this.#restored = false;
    this.#world.observer.crashed?.(this.id, this.#world.now());
  }

  /** Loses its disk too; it comes back as a learner, in a recovery with this nonce (§8.4). */
  wipe(nonce: Digest): void {
    this.crash();
    this.#journal = new Journal();
    this.disk = lostDisk(nonce);
    this.#world.observer.wiped?.(this.id, this.#world.now());
  }

  /** Makes the node crash when `trigger` goes off. */
  arm(trigger: Trigger): void {
    this.#trigger = trigger;
  }

  /** Cancels an armed crash. */
  disarm(): void {
    this.#trigger = null;
  }

  /** Returns this node's answer to a fast read whose honest answer is `honest`. */
  reads(honest: QueryAnswer, query: Uint8Array): QueryAnswer {
    return this.#adversaries.reduce((answer, { reads }) => reads ? reads(answer, query) : answer, honest);
  }

  /** Returns what this node tells clients of its leader and term, outside of what they compare (§7.2). */
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
    this.#told = state.appliedIndex;
    try {
      this.#run!(inputs.filter((input) => !this.#swallows(input)), this.#world.clock(this.id));
    } catch (error) {
      return this.#stopped(error as Error);
    }
    this.#tellApplied(state);
    this.#crossIfEnded(state);
  }

  /** Reports what was applied before the answers that come of it. */
  #tellApplied({ appliedIndex }: CoreState): void {
    const { observer } = this.#world;
    if (appliedIndex === this.#told || !observer.applied) return;
    this.#told = appliedIndex;
    observer.applied(this.id, this.view(), this.#world.now());
  }

  /**
   * Takes arrivals off the network, packets through the real ingress rules, and handles them in one batch, with a tick if one is due, so late on
   * its own clock (§14.9): as the event loop does.
   */
  receive(arrivals: readonly Arrival[], lateMs: Millis | null = null): void {
    const { state } = this;
    if (state === null) return this.#standBy(arrivals);
    const isTaken = takesOf(state, this.#adversaries, this.#world);
    const inputs = this.#ingress.take(state, this.check, arrivals.filter(isTaken), this.#world.clock(this.id));
    for (const input of inputs) {
      const forgotten = this.#forgotten(state, input);
      if (forgotten !== null) return this.#stopped(new ForgottenError(`it has signed ${forgotten}, says another`));
    }
    if (lateMs !== null) inputs.push({ kind: "tick", lateMs });
    if (inputs.length > 0) this.run(inputs);
  }

  #standBy(arrivals: readonly Arrival[]): void {
    try {
      for (const arrival of arrivals) {
        if ("packet" in arrival && this.state === null) this.host?.take(arrival.packet, arrival.from ?? null);
      }
    } catch (error) {
      this.#stopped(error as Error);
    }
  }

  /** Describes something an honest replica is shown to have signed and does not know of (§1.3); null if there is none. */
  #forgotten(state: CoreState, input: InputWithoutTime): string | null {
    const honest = this.corruptions.length === 0 && this.corrupt === null;
    return honest && input.kind === "packet" ? forgottenBy(state, input.packet) : null;
  }

  /** Returns the replicated state as checkers see it. */
  view = (): StateView => stateView(this.state!, this.machine);

  /** Returns the storage as crash points and observers are told of its writes. */
  #watched(storage: Storage): Storage {
    return {
      ...bind(storage),
      commit: (...args) => this.#commit(storage, ...args),
      epochs: watchedArchive(storage.epochs, () => this.#pass("archive")),
    };
  }

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
        this.#tellRestored();
        if (input.kind === "apply" && this.state !== null) this.#tellApplied(this.state);
        this.#setup?.talk.look(world.clock(id));
        world.observe?.(id, input, verdict);
      },
      gaveUp: (_, error) => this.#coreError = error,
      corrupt: (outgoing, now) => this.#corrupted(outgoing, now),
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

  #commit(storage: Storage, ...[operations, intents, meanwhile]: Parameters<Storage["commit"]>): void {
    this.#operations = new Set(operations.map(({ op }) => op));
    this.#pass("before-persist");
    meanwhile?.();
    this.#pass("torn-persist", () => this.#journal.tear(this.disk, operations));
    storage.commit(operations, intents);
    this.#world.observer.persisted?.(this.id, operations, this.disk, this.#world.now());
    this.#pass("after-persist");
  }

  #send(to: readonly ReplicaId[], packet: Packet): void {
    this.#pass("send");
    this.#world.send(this.id, to, packet, this.state?.genesis.epoch ?? 1);
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

  /** Only ordered queries come here: fast reads ask the store itself. */
  #queried(query: Uint8Array): void {
    this.#pass("apply");
    this.#world.observer.queried?.(this.id, offset(this.state!.appliedIndex, 1), query, this.#world.now());
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

  #pass(point: CrashPoint, last: () => void = () => {}): void {
    if (!this.#trigger?.pulls(point, this.#operations)) return;
    last();
    throw new SimulatedCrash(point);
  }

  #stopped(error: Error): void {
    if (!(error instanceof SimulatedCrash) && !this.#isOwn(error)) throw error;
    this.crash();
    if (error instanceof SimulatedCrash) this.#world.crashed?.(this.id);
    else if (isRefusal(error) && this.#world.refused) this.#world.refused(this.id);
    else if (this.#world.failed) this.#world.failed(this.id, error);
    else throw error;
  }

  /** Returns whether the replica stopped by itself; what observers and actors throw is not its own. */
  #isOwn(error: Error): boolean {
    const stopping = [InvariantError, GuardError, StorageError, ForgottenError].some((kind) => error instanceof kind);
    return stopping || (error === this.#coreError && this.corruptions.length === 0);
  }
}
