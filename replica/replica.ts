/** One replica: core, effects, ingress and event loop, wired to a storage and a transport. */
import { sha256Hex, unhex } from "../crypto/digest.ts";
import type { KeyFile } from "../crypto/key_file.ts";
import { createKeyRing } from "../crypto/key_ring.ts";
import type { LoadedBackend } from "../crypto/load_backend.ts";
import type { Roster } from "../crypto/roster.ts";
import { createSigner, createVerifier } from "../crypto/signing.ts";
import { createVerifiedCache } from "../crypto/verified_cache.ts";
import { encodeMessage, encodePacket } from "../transport/codec/mod.ts";
import type { ReplicaTransport } from "../transport/port.ts";
import { Activation } from "./activation.ts";
import { type Adversary, type ByzantineMode, createAdversary } from "./byzantine/mod.ts";
import { createDesk } from "./client_desk.ts";
import { coreConfigOf, ownLine } from "./config.ts";
import { createState } from "./core/create_state.ts";
import type { Ports, StateMachine } from "./core/ports.ts";
import { countingBackend } from "./counting_backend.ts";
import { createEffects, type EffectPorts, type RunInputs } from "./effects.ts";
import { EventLoop } from "./event_loop.ts";
import { Ingress } from "./ingress.ts";
import { INGRESS_LIMITS } from "./ingress_limits.ts";
import type { Logger } from "./log.ts";
import type { Recorder } from "./recording/mod.ts";
import { Replier } from "./replier.ts";
import { Routes } from "./routes.ts";
import { createSignatureCheck } from "./signature_check.ts";
import { type ReplicaStatus, StatusDesk } from "./status.ts";
import type { Storage } from "./storage/port.ts";
import { TallyByKind } from "./tally_by_kind.ts";

/** What a replica is made of. */
export interface ReplicaParts {
  readonly roster: Roster;
  /** Key of a replica of the roster. */
  readonly key: KeyFile;
  readonly backend: LoadedBackend;
  /** Its own storage; closed by whoever opened it. */
  readonly storage: Storage;
  /** Its end of the network; closed by whoever opened it. */
  readonly transport: ReplicaTransport;
  /** A fresh state machine; the log is applied to it from the beginning. */
  readonly machine: StateMachine;
  readonly log: Logger;
  /** Makes the replica faulty; only for tests and drills. */
  readonly byzantine?: ByzantineMode | null;
  /** Records the core's inputs; ended by whoever made it. */
  readonly recorder?: Recorder | null;
  /** Monotonic clock in milliseconds; `performance.now` by default. */
  readonly now?: () => number;
  /** Seed of the timer jitter; random by default. */
  readonly seed?: number;
}

export interface Replica {
  /** Runs until `stop`. Rejects with InvariantError, GuardError or StorageError; then nothing more was signed. */
  run(): Promise<void>;
  /** Ends `run` after the batch under way. */
  stop(): void;
  status(): ReplicaStatus;
}

/** Wires up a replica. Throws `ConfigError` where `key` is no replica's of `roster`, `StorageError` where the disk cannot be read. */
export function createReplica(parts: ReplicaParts): Replica {
  const settings = settingsOf(parts);
  const { state, work, backend, now, activation, refused, transport } = settings;
  const desks = desksOf(parts, settings);
  const loop = new EventLoop({
    ...{ state, transport, work, refused, now },
    ingress: ingressOf(parts, settings, desks),
    run: runInputs(parts, settings, desks),
    signaturesPerTurn: INGRESS_LIMITS.signaturesPerTurn[backend.name],
    isActive: () => activation.active,
  });
  return { run: () => loop.run(), stop: () => loop.stop(), status: () => desks.status.report(now()) };
}

type Settings = ReturnType<typeof settingsOf>;

/** Everything of its own that a replica starts with. */
function settingsOf(parts: ReplicaParts) {
  const { roster, key, storage, transport, machine } = parts;
  const now = parts.now ?? (() => performance.now());
  const config = coreConfigOf(roster, ownLine(roster, key), parts.seed);
  const ports: Ports = { hash: sha256Hex, machine };
  const { backend, work } = countingBackend(parts.backend.backend);
  const startedAt = now();
  const recovered = storage.load();
  parts.recorder?.begin({ config, recovered, startedAt, byzantine: parts.byzantine ?? null });
  return {
    ...{ now, config, ports, backend, work, transport },
    state: createState(config, recovered, ports, startedAt),
    signer: createSigner(backend, unhex(key.secretKey), roster.cluster),
    routes: new Routes(),
    activation: new Activation(config.self, storage),
    refused: new TallyByKind(INGRESS_LIMITS.maxCountedKinds),
    ignored: new TallyByKind(INGRESS_LIMITS.maxCountedKinds),
    /** Reason of the latest suspicion, for the status. */
    suspicion: { reason: null as string | null },
  };
}

/** Who answers clients. */
function desksOf(parts: ReplicaParts, settings: Settings) {
  const { state, routes, now, activation, suspicion } = settings;
  const replier = new Replier(settings);
  const status = new StatusDesk({
    ...settings,
    machine: parts.machine,
    crypto: { backend: settings.backend.name, fallbackReason: parts.backend.fallbackReason },
    transport: parts.transport.counters,
    isActive: () => activation.active,
    connected: (at) => routes.connected(at),
    suspicion: () => suspicion.reason,
    startedAt: now(),
  });
  const onActivation = (active: boolean) => parts.log.log("warn", active ? "activated" : "deactivated");
  const desk = createDesk({ state, machine: parts.machine, routes, replier, status, activation, onActivation });
  return { replier, status, desk };
}
type Desks = ReturnType<typeof desksOf>;

function ingressOf({ roster }: ReplicaParts, { state, backend, refused }: Settings, { desk }: Desks): Ingress {
  const verifier = createVerifier(backend, roster.cluster, createVerifiedCache());
  return new Ingress({ state, check: createSignatureCheck(createKeyRing(roster), verifier), desk, refused });
}

/** Core and effects, with an adversary around them where one was asked for. */
function runInputs(parts: ReplicaParts, settings: Settings, desks: Desks): RunInputs {
  const { state, ports, config } = settings;
  const adversary: Adversary = parts.byzantine
    ? createAdversary(parts.byzantine, { config, hash: sha256Hex, state })
    : {};
  const { corrupt, swallows, answers } = adversary;
  const honest = effectPorts(parts, settings, desks);
  const run = createEffects(state, ports, {
    ...honest,
    ...(corrupt ? { corrupt } : {}),
    reply: answers ? (reply) => answers(reply).forEach(honest.reply) : honest.reply,
  });
  return swallows ? (inputs, now) => run(inputs.filter((input) => !swallows(input)), now) : run;
}

function effectPorts(parts: ReplicaParts, settings: Settings, { replier }: Desks): EffectPorts {
  const { storage, transport, log, recorder } = parts;
  const { signer, refused, ignored, suspicion } = settings;
  return {
    storage,
    encode: encodeMessage,
    sign: (message, body) => signer.sign(message.kind, body),
    send(to, packet) {
      const frames = encodePacket(packet);
      for (const peer of to) transport.sendToPeer(peer, frames);
    },
    publish: (packet) => transport.publish(encodePacket(packet)),
    reply: (reply) => replier.reply(reply),
    event({ event, level, fields }) {
      if (event === "suspect") suspicion.reason = String(fields["reason"]);
      log.log(level, event, fields);
    },
    observe(input, verdict, outputs) {
      recorder?.observe(input, outputs);
      if (verdict.verdict === "reject") refused.add(`core:${verdict.code}`);
      else if (verdict.verdict === "ignore") ignored.add(verdict.code);
    },
    gaveUp: (input, error) => recorder?.gaveUp(input, error),
  };
}
