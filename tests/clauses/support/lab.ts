/**
 * One core under test: the real `step`, the real effects and a memory disk, fed by hand on a virtual clock. Its reaction to an input is
 * returned: its verdict, what it made durable, what it signed and to whom it sent it.
 */
import { sha256Hex } from "../../../crypto/digest.ts";
import type { Certificate } from "../../../protocol/certificate.ts";
import type { Genesis, ProtocolConstants } from "../../../protocol/config.ts";
import type { ChainedEntry } from "../../../protocol/entry.ts";
import { clientId, type ReplicaId, replicaId } from "../../../protocol/ids.ts";
import type { Request } from "../../../protocol/message.ts";
import type { Packet, PacketOf } from "../../../protocol/packet.ts";
import type { RosterChanges, StateMachine } from "../../../protocol/ports.ts";
import type { Signed, Verified } from "../../../protocol/signed.ts";
import { type Context, emptyOutputs } from "../../../replica/core/context.ts";
import { createState } from "../../../replica/core/create_state.ts";
import type { InputWithoutTime } from "../../../replica/core/input.ts";
import type { PersistOperation, Recovery } from "../../../replica/core/log/durable_state.ts";
import type { ClientReply } from "../../../replica/core/output.ts";
import type { CoreState } from "../../../replica/core/state.ts";
import type { Verdict } from "../../../replica/core/verdict.ts";
import { createDurableMark } from "../../../replica/disk/durable_mark.ts";
import { createEffects, type RunInputs } from "../../../replica/effects.ts";
import { MemoryDisk } from "../../../replica/storage/memory/memory_disk.ts";
import { type MemoryStorage, openMemoryStorage } from "../../../replica/storage/memory/memory_storage.ts";
import type { Storage } from "../../../replica/storage/port.ts";
import { KvStore } from "../../../state_machine/mod.ts";
import { encodeMessage } from "../../../transport/codec/mod.ts";
import { createFakeSigner } from "../../simulation/network/fake_crypto.ts";
import { CONSTANTS } from "../../simulation/nodes/sim_cluster.ts";
import { NO_CHANGES } from "../../support/executors.ts";
import { openSessions } from "../../support/numbered_requests.ts";
import { plainChanges, type PlainRoster } from "../../support/rosters/plain_rosters.ts";
import {
  appendEntries,
  type AppendOptions,
  CLUSTER,
  electionProof,
  GENESIS_CERTIFICATE,
  preVote,
  vote,
} from "./forge.ts";

/** A packet this replica sent; to all of its peers when published. */
export interface Sent {
  readonly to: readonly string[] | "all";
  readonly packet: Packet;
}

/** Outcome of a batch of inputs, including own packets that came back. */
export interface Outcome {
  /** Verdicts of the inputs given, in order. */
  readonly verdicts: readonly Verdict[];
  readonly persisted: readonly PersistOperation[];
  readonly sent: readonly Sent[];
  /** Durable writes, signatures and sends in the order they happened. */
  readonly trace: readonly string[];
}

/** Returns the packets of one kind among those sent. */
export const sentOf = <K extends Packet["kind"]>({ sent }: Outcome, kind: K): PacketOf<K>[] =>
  sent.flatMap(({ packet }) => packet.kind === kind ? [packet as PacketOf<K>] : []);

/** Returns packets with good signatures as inputs. */
export const inputsOf = (packets: readonly Packet[]): InputWithoutTime[] =>
  packets.map((packet) => ({ kind: "packet", packet: packet as Verified<Packet> }));

/** Returns a client's request as a replica receives it from its client. */
export const requestInput = (signed: Signed<Request>, intervention = false): InputWithoutTime => ({
  kind: "request",
  request: signed as Verified<Signed<Request>>,
  intervention,
  via: null,
});

export interface LabOptions {
  /** Id of this replica. Default r2. */
  readonly self?: string;
  /** Replicas in the roster, r1…. Default 4. */
  readonly replicas?: number;
  readonly constants?: Partial<ProtocolConstants>;
  readonly seed?: number;
  /** The judge of changes of the roster; none is valid by default. */
  readonly changes?: RosterChanges;
  /** Makes the state machine of each start; a key-value store by default. */
  readonly machine?: () => StateMachine;
}

export interface FollowOptions extends Omit<AppendOptions, "proof"> {
  /** The base the leader was elected on. Default genesis. */
  readonly base?: Certificate;
}

const isFed = ({ kind }: InputWithoutTime): boolean => kind === "packet" || kind === "bad-entry" || kind === "request";

export class Lab {
  readonly self: ReplicaId;
  ids: readonly ReplicaId[];
  readonly disk: MemoryDisk = new MemoryDisk();
  /** Every answer to a client so far. */
  readonly replies: ClientReply[] = [];
  now = 1000;
  state!: CoreState;
  storage!: MemoryStorage;
  readonly #options: LabOptions;
  #changes: RosterChanges;
  #run!: RunInputs;
  #verdicts: Verdict[] = [];
  #persisted: PersistOperation[] = [];
  #sent: Sent[] = [];
  #trace: string[] = [];

  constructor(options: LabOptions = {}) {
    this.#options = options;
    this.#changes = options.changes ?? NO_CHANGES;
    this.self = replicaId(options.self ?? "r2");
    this.ids = Array.from({ length: options.replicas ?? 4 }, (_, i) => replicaId(`r${i + 1}`));
    this.restart();
  }

  /** Loses everything but the disk, which is verified as a real start does (§4.1), and starts again. */
  restart(): void {
    this.storage = openMemoryStorage({ clusterId: CLUSTER, hash: sha256Hex, disk: this.disk });
    const config = {
      clusterId: CLUSTER,
      self: this.self,
      replicas: this.ids,
      clients: new Set(["c1", "c2"].map(clientId)),
      constants: { ...CONSTANTS, ...this.#options.constants },
      seed: this.#options.seed ?? 1,
    };
    const ports = { hash: sha256Hex, machine: this.#machine(), changes: this.#changes, chunks: this.storage.chunks };
    const signer = createFakeSigner("replica", this.self);
    this.state = createState(config, this.storage.load(), ports, this.now);
    if (this.state.appliedIndex === 0) openSessions(this.state.sessions, config.clients);
    this.#run = createEffects(this.state, ports, {
      storage: this.#spyOn(this.storage),
      mark: createDurableMark(this.state),
      encode: encodeMessage,
      sign: ({ kind }, body) => {
        this.#trace.push(`sign ${kind}`);
        return signer.sign(body);
      },
      send: (to, packet) => this.#record({ to, packet }),
      publish: (packet) => this.#record({ to: "all", packet }),
      reply: (replies) => {
        this.#trace.push("reply");
        this.replies.push(...replies);
      },
      event: () => {},
      observe: (input, verdict) => {
        if (isFed(input)) this.#verdicts.push(verdict);
      },
    });
  }

  /** Begins the epoch of `roster` on its disk, and starts a core in it (§13.7). */
  beginEpoch(roster: PlainRoster, genesis: Genesis, held: boolean, recovery: Recovery | null = null): void {
    this.storage.commit([{ op: "begin-epoch", genesis, held, recovery }], []);
    this.ids = roster.replicas.map(replicaId);
    this.#changes = plainChanges(roster);
    this.restart();
  }

  /** Feeds `inputs` as one batch: handled, flushed, made durable, signed, sent. */
  run(inputs: readonly InputWithoutTime[]): Outcome {
    this.#verdicts = [];
    this.#persisted = [];
    this.#sent = [];
    this.#trace = [];
    this.#run(inputs, this.now);
    const given = inputs.filter(isFed).length;
    return {
      verdicts: this.#verdicts.slice(0, given),
      persisted: this.#persisted,
      sent: this.#sent,
      trace: this.#trace,
    };
  }

  /** Takes packets with good signatures, in one batch. */
  receive(...packets: readonly Packet[]): Outcome {
    return this.run(inputsOf(packets));
  }

  /** Lets `ms` pass with a tick every 10 ms; returns everything that happened. */
  elapse(ms: number): Outcome {
    const end = this.now + ms;
    const gathered = { persisted: [] as PersistOperation[], sent: [] as Sent[], trace: [] as string[] };
    while (this.now < end) {
      this.now = Math.min(end, this.now + 10);
      const { persisted, sent, trace } = this.run([{ kind: "tick", lateMs: 0 }]);
      gathered.persisted.push(...persisted);
      gathered.sent.push(...sent);
      gathered.trace.push(...trace);
    }
    return { verdicts: [], ...gathered };
  }

  /** Lets time pass until `done`; returns what happened in the last step. */
  until(done: (last: Outcome) => boolean, withinMs = 60_000): Outcome {
    for (const end = this.now + withinMs; this.now < end;) {
      const last = this.elapse(10);
      if (done(last)) return last;
    }
    throw new Error(`not within ${withinMs} ms: ${done}`);
  }

  /** Lets time pass until this replica suspects. */
  suspect(): void {
    if (this.state.election.suspectingSince === null) {
      this.until(() => this.state.election.suspectingSince !== null);
    }
  }

  /** Becomes candidate in `termNumber`. */
  campaign(termNumber: number): void {
    this.suspect();
    this.receive(...this.peers.map((id) => preVote(id, termNumber)));
    this.until(() => this.state.hard.currentTerm === termNumber);
  }

  /** Returns what was made durable, signed and sent during `action`, even if that throws. */
  traceOf(action: () => void): readonly string[] {
    this.#trace = [];
    action();
    return this.#trace;
  }

  /** Follows `leader`, elected for `termNumber` by everyone but this replica, with `chain` as its first entries. */
  follow(
    leader: string,
    termNumber: number,
    chain: readonly ChainedEntry[] = [],
    options: FollowOptions = {},
  ): Outcome {
    const { base = GENESIS_CERTIFICATE, ...rest } = options;
    const proof = electionProof(leader, termNumber, this.peers, base);
    return this.receive(appendEntries(leader, termNumber, chain, { ...rest, proof }));
  }

  /** Becomes leader of `termNumber` with everyone's vote; returns what happened in the last step of it. */
  lead(termNumber: number): Outcome {
    this.campaign(termNumber);
    const { base } = this.state.election.candidacy!;
    const votes = this.peers.map((id) => vote(id, termNumber, this.self, base));
    return this.receive(...votes.map((signed) => ({ kind: "Vote", signed }) as const));
  }

  /** Every replica but this one. */
  get peers(): ReplicaId[] {
    return this.ids.filter((id) => id !== this.self);
  }

  /** Returns a context for calling one guarded function directly, past the rules that lead to it. */
  context(): Context {
    const ports = { hash: sha256Hex, machine: this.#machine(), changes: this.#changes, chunks: this.storage.chunks };
    return { state: this.state, ports, now: this.now, out: emptyOutputs() };
  }

  #machine(): StateMachine {
    return this.#options.machine?.() ?? new KvStore();
  }

  #record(sent: Sent): void {
    this.#trace.push(`send ${sent.packet.kind}`);
    this.#sent.push(sent);
  }

  #spyOn(storage: Storage): Storage {
    return {
      chunks: storage.chunks,
      epochs: storage.epochs,
      load: () => storage.load(),
      commit: (operations, intents, meanwhile) => {
        storage.commit(operations, intents, meanwhile);
        this.#trace.push(...operations.map(({ op }) => `durable ${op}`));
        this.#persisted.push(...operations);
      },
      getMeta: (name) => storage.getMeta(name),
      setMeta: (name, value) => storage.setMeta(name, value),
      markOutdated: (reason) => storage.markOutdated(reason),
      close: () => storage.close(),
    };
  }
}
