/** One life of a core, from loading its disk to the end of the replica or to the disk's refusal: core, effects, ingress, event loop. */
import { sha256Hex } from "../crypto/digest.ts";
import { rosterText } from "../crypto/roster/roster.ts";
import type { Roster } from "../crypto/roster/roster_types.ts";
import type { EpochEndPacket, FetchEpochPacket, Packet, PacketOf } from "../protocol/packet.ts";
import type { Ports } from "../protocol/ports.ts";
import type { Verified } from "../protocol/signed.ts";
import { encodeMessage, encodePacket, epochEndCodec } from "../transport/codec/mod.ts";
import { Activation } from "./answers/activation.ts";
import { createQueryHandler } from "./answers/query_handler.ts";
import { Replier } from "./answers/replier.ts";
import { TurnAway } from "./answers/turn_away.ts";
import { type Adversary, createAdversary } from "./byzantine/mod.ts";
import type { Restored } from "./core/catch_up/install_snapshot.ts";
import { createState } from "./core/create_state.ts";
import type { Recovered } from "./core/log/durable_state.ts";
import type { CoreState } from "./core/state.ts";
import { createDurableMark, type DurableMark } from "./disk/durable_mark.ts";
import { watchStorage } from "./disk/watched_storage.ts";
import { createEffects, type EffectPorts, type RunInputs } from "./effects.ts";
import { EpochTalk } from "./epochs/epoch_talk.ts";
import { endJudge, EpochHistory } from "./epochs/history.ts";
import { formerNames, newcomersIn } from "./epochs/members.ts";
import { readArchived } from "./epochs/rosters.ts";
import { EventLoop } from "./event_loop.ts";
import { formerOf } from "./ingress/former.ts";
import { Ingress } from "./ingress/ingress.ts";
import { INGRESS_LIMITS } from "./limits/ingress_limits.ts";
import { coreConfigOf } from "./replica_config.ts";
import type { ReplicaParts } from "./replica_parts.ts";
import type { ReplicaScope } from "./replica_scope.ts";
import { EventLog } from "./status/event_log.ts";
import { SignsOfLife } from "./status/signs_of_life.ts";
import { StatusReporter } from "./status/status.ts";
import { TransferProgress } from "./status/transfer_progress.ts";
import type { EpochArchive, Storage } from "./storage/port.ts";

/** The start of a core. */
export interface CoreBeginning {
  readonly storage: Storage;
  /** Loaded from the storage. */
  readonly recovered: Recovered;
  /** The replicated state, where the machine has it already; null if it is restored from the disk. */
  readonly carried: Restored | null;
}

export interface CoreInstance {
  readonly state: CoreState;
  /** Its `run` rejects with InvariantError, GuardError or StorageError if this core cannot go on; nothing more is signed then. */
  readonly loop: EventLoop;
  readonly status: StatusReporter;
  /** The state it knows to be durable. */
  readonly mark: Readonly<DurableMark>;
}

/**
 * Returns a core. `whileInactive` is called in every turn in which the core takes no part.
 */
export function createCoreInstance(
  parts: ReplicaParts,
  scope: ReplicaScope,
  beginning: CoreBeginning,
  whileInactive: (now: number) => void,
): CoreInstance {
  const settings = settingsOf(parts, scope, beginning);
  const { state, takesPart, mark, activation } = settings;
  const { refused, check, transport, work, now, backend, peers, peerMemory } = scope;
  const handlers = handlersOf(parts, scope, settings, beginning.storage);
  const loop = new EventLoop({
    ...{ state, transport, work, refused, now, whileInactive },
    ingress: new Ingress({
      ...{ state, check, queries: handlers.queries, refused, talk: settings.talk, former: settings.former },
      heard(peer, packet, at) {
        settings.talk.joined(peer);
        peers.heard(peer, at);
        peerMemory.heard(peer, packet, at);
      },
      refusedFrom: (owner) => scope.meters?.refuse(owner),
      muted(source, fault, forMs, owner) {
        scope.paced.log("warn", "source-muted", { source, fault, forMs });
        scope.meters?.mute(owner);
      },
      holdOff: (received, forMs) => transport.holdOff(received, forMs),
      expel: (received, offence) => transport.expel(received, offence),
      faulty: Boolean(parts.byzantine),
    }),
    run: runInputs(parts, scope, settings, handlers),
    readWork: () => handlers.replier.readWork,
    turnEnds() {
      handlers.queries.turnEnds(now());
      handlers.replier.flush();
    },
    signaturesPerTurn: INGRESS_LIMITS.signaturesPerTurn[backend.name],
    takesPart,
    activation,
  });
  return { state, loop, status: handlers.status, mark };
}

/** Shows a core the end of its epoch if that is on the disk, from before a crash or from when this replica left (§13.7b): others may let it in no more. */
export function remindOfEnd({ loop }: CoreInstance, { epochs }: Storage, epoch: number): void {
  const bytes = epochs.read(epoch)?.end ?? null;
  if (bytes === null) return;
  const packet: PacketOf<"EpochEnd"> = { kind: "EpochEnd", end: epochEndCodec.decode(bytes), roster: null };
  loop.tell({ kind: "packet", packet: packet as Verified<Packet> });
}

type Settings = ReturnType<typeof settingsOf>;

/** Returns the parts of its own that a core starts with. */
function settingsOf(parts: ReplicaParts, scope: ReplicaScope, { storage, recovered, carried }: CoreBeginning) {
  const { now, disk, line } = scope;
  const ports: Ports = { hash: sha256Hex, machine: parts.machine, changes: scope.changes, chunks: storage.chunks };
  const startedAt = now();
  const { backend, roster } = scope;
  const before = scope.epoch === 1 ? null : readArchived(storage.epochs, scope.epoch - 1, parts.backend.backend);
  const former = before === null ? [] : formerNames(roster, before.roster);
  const config = { ...coreConfigOf(roster, line, parts.seed), former };
  const { recovery } = recovered.hardState;
  if (recovery !== null) parts.log.log("warn", "learner", { bar: recovery.bar, commitIndex: recovered.commitIndex });
  const { raw, roster: { operatorKey }, signatures } = scope.changes.current;
  parts.recorder?.begin({
    ...{ config, roster: rosterText(raw, operatorKey, signatures), recovered, chunks: storage.chunks, startedAt },
    byzantine: parts.byzantine ?? null,
  });
  const state = createState(config, recovered, ports, startedAt, carried);
  const activation = new Activation(config.self, storage, () => disk.refused);
  return {
    ...{ config, ports, state, activation },
    mark: createDurableMark(state),
    watched: watchStorage(storage, disk, now, scope.meters?.durableCommits),
    takesPart: () => (activation.active || activation.leaving) && !disk.refused,
    events: new EventLog(scope.paced),
    talk: createTalk(scope, before?.roster ?? null, storage.epochs),
    former: before === null ? null : formerOf(before, scope.file, former, backend),
  };
}

/** Returns the talk with replicas of other epochs. */
function createTalk(
  { transport, epoch, roster, line, backend }: ReplicaScope,
  before: Roster | null,
  archive: EpochArchive,
): EpochTalk {
  const send = (peer: string, packet: EpochEndPacket | FetchEpochPacket) =>
    transport.sendToPeer(peer, encodePacket(packet, epoch));
  const peers = roster.replicas.flatMap(({ id }) => id === line.id ? [] : [id]);
  return new EpochTalk({
    ...{ epoch, send, archive, newcomers: newcomersIn(roster, before, line.id) },
    history: new EpochHistory({ epoch, archive, peers, send, judge: endJudge(backend) }),
  });
}

/** Returns the handlers that answer clients. */
function handlersOf(parts: ReplicaParts, scope: ReplicaScope, settings: Settings, storage: Storage) {
  const { state, activation, events, takesPart, mark } = settings;
  const { routes, backend, disk } = scope;
  const replier = new Replier({ ...scope, state });
  const status = new StatusReporter({
    ...{ ...scope, state },
    machine: parts.machine,
    crypto: {
      backend: backend.name,
      fallbackReason: parts.backend.fallbackReason,
      verifyThreads: parts.backend.threads ?? 0,
    },
    transport: parts.transport.counters,
    logLinesLost: () => parts.log.lost ?? 0,
    isActive: () => activation.active,
    storage: (at) => disk.report(at),
    mark,
    connected: (at) => routes.connected(at),
    suspicion: () => events.suspicion,
  });
  const onActivation = (active: boolean) => parts.log.log("warn", active ? "activated" : "deactivated");
  const { machine } = parts;
  const queries = createQueryHandler({
    state,
    machine,
    changes: scope.changes,
    epochs: storage.epochs,
    chunks: settings.ports.chunks,
    routes,
    replier,
    status,
    activation,
    turnAway: new TurnAway(
      settings.config.self,
      scope.epoch,
      (route, frames) => parts.transport.sendToClient(route, frames),
    ),
    takesPart,
    onActivation,
  });
  return { replier, status, queries };
}
type Handlers = ReturnType<typeof handlersOf>;

/** Returns the core with its effects, and with an adversary around them if one was asked for. */
function runInputs(parts: ReplicaParts, scope: ReplicaScope, settings: Settings, handlers: Handlers): RunInputs {
  const { state, ports, config } = settings;
  const adversary: Adversary = parts.byzantine
    ? createAdversary(parts.byzantine, { config, hash: sha256Hex, state })
    : {};
  const { corrupt, swallows, answers } = adversary;
  const honest = effectPorts(parts, scope, settings, handlers);
  const run = createEffects(state, ports, {
    ...honest,
    ...(corrupt ? { corrupt } : {}),
    reply: answers ? (replies) => honest.reply(replies.flatMap(answers)) : honest.reply,
  });
  return swallows ? (inputs, now) => run(inputs.filter((input) => !swallows(input)), now) : run;
}

function effectPorts(parts: ReplicaParts, scope: ReplicaScope, settings: Settings, { replier }: Handlers): EffectPorts {
  const { transport, log, recorder } = parts;
  const { signer, refused, ignored, now, peers, epoch, meters } = scope;
  const { events, watched, mark, state, config, talk } = settings;
  const signs = new SignsOfLife(config.constants.electionTimeoutMs, (frames) => transport.publish(frames));
  const progress = new TransferProgress(log);
  return {
    storage: watched,
    mark,
    encode: encodeMessage,
    sign: (message, body) => signer.sign(message.kind, body),
    send(to, packet) {
      const frames = encodePacket(packet, epoch);
      for (const peer of to) transport.sendToPeer(peer, frames);
    },
    publish(packet) {
      const frames = encodePacket(packet, epoch);
      transport.publish(frames);
      signs.published(packet.kind, frames, now());
    },
    flush: () => transport.flushPeers(),
    reply(replies) {
      const send = (each: typeof replies) => replier.reply(each);
      return meters === null ? send(replies) : meters.answer(replies, send);
    },
    event(event) {
      events.take(event);
      meters?.take(event);
    },
    observe(input, verdict, outputs) {
      recorder?.observe(input, outputs);
      progress.look(state, input.now);
      peers.look(input.now);
      talk.look(input.now);
      signs.look(input.now);
      meters?.look(state, input, verdict.verdict === "accept");
      if (verdict.verdict === "reject") refused.add(`core:${verdict.code}`);
      else if (verdict.verdict === "ignore") ignored.add(verdict.code);
    },
    gaveUp: (input, error) => recorder?.gaveUp(input, error),
  };
}
