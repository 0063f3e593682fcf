/**
 * The only place that executes a core's outputs, always in the same order: persist → sign → send → apply → reply. Several steps share one
 * transaction; nothing signed leaves before what it rests on is durable (§4.1, I8), and a leader's entries rest on its term alone (§5.1b). The real
 * replica and the simulation both run on this.
 */
import type { Millis, ReplicaId } from "../protocol/ids.ts";
import type { PeerMessage } from "../protocol/message.ts";
import type { Packet, UnsignedPacket } from "../protocol/packet.ts";
import type { Ports } from "../protocol/ports.ts";
import type { Signed, Verified } from "../protocol/signed.ts";
import { hasSnapshotWork } from "./core/checkpoints/checkpoints.ts";
import type { Input, InputWithoutTime } from "./core/input.ts";
import type { ClientReply, CoreEvent, Outgoing, Outputs } from "./core/output.ts";
import type { CoreState } from "./core/state.ts";
import { step } from "./core/step.ts";
import type { Verdict } from "./core/verdict.ts";
import { assertDurable, type DurableMark, leavesAhead, markDurable } from "./disk/durable_mark.ts";
import { WaitingCommit } from "./disk/waiting_commit.ts";
import type { SigningIntent, Storage } from "./storage/port.ts";

/** The ports on which the effects are executed. */
export interface EffectPorts {
  readonly storage: Pick<Storage, "commit">;
  /** The durable part of the state, brought up to date here after each commit. A refused one leaves the core ahead of it. */
  readonly mark: DurableMark;
  /** The body of a message; deterministic, so that a vote asked for again is the very same bytes (§6.5). */
  encode(message: PeerMessage): Uint8Array;
  sign(message: PeerMessage, body: Uint8Array): Uint8Array;
  /** Sends to named peers, never to this replica itself; one encoding and one signature serve all of them. */
  send(to: readonly ReplicaId[], packet: Packet): void;
  publish(packet: Packet): void;
  /** Has all that was sent leave now, since the disk is about to be waited for. */
  flush?(): void;
  /** Tells clients all that one run has for them, at its end, so that one signature can serve all of it (§7.2h). Never called with nothing. */
  reply(replies: readonly ClientReply[]): void;
  event(event: CoreEvent): void;
  /** Receives every input with its verdict and outputs, in order and before these are executed: recording them replays the run. */
  observe?(input: Input, verdict: Verdict, outputs: Outputs): void;
  /** Receives the input on which the core threw, before the error is rethrown. */
  gaveUp?(input: Input, error: unknown): void;
  /** Returns what a faulty replica sends instead; called after every batch. Only for `--byzantine` and adversaries in tests. */
  corrupt?(outgoing: readonly Outgoing[], now: Millis): readonly Outgoing[];
}

/** Bytes of chunks written in one step, so that a snapshot does not keep the network waiting (§8.2). */
const SNAPSHOT_BYTES = 256 * 1024;
/** Operations applied in one step, so that a long replay or costly commands do not keep the network waiting. */
const APPLY_LIMIT = 512;

/** Runs `inputs` and everything that follows from them on this replica; `now` is the time of all of it. */
export type RunInputs = (inputs: readonly InputWithoutTime[], now: number) => void;

/**
 * Returns the executor of one core's effects. It throws InvariantError, GuardError or StorageError; then the replica must stop.
 * `snapshotBytes` differs from {@linkcode SNAPSHOT_BYTES} only if a test wants small snapshots to take several steps.
 */
export function createEffects(
  state: CoreState,
  corePorts: Ports,
  ports: EffectPorts,
  snapshotBytes: number = SNAPSHOT_BYTES,
): RunInputs {
  const waiting = new WaitingCommit(state.config.constants.fastReads);
  const take = (input: InputWithoutTime, now: number): Outputs => {
    const stamped = { ...input, now } as Input;
    const outputs = stepOrTell(state, stamped, corePorts, ports);
    ports.observe?.(stamped, outputs.verdict, outputs);
    for (const event of outputs.events) ports.event(event);
    return outputs;
  };
  return (inputs, now) => {
    const replies: ClientReply[] = [];
    let batch = withSnapshot(state, inputs, snapshotBytes);
    do {
      const outputs = [...batch, { kind: "flush" } as const].map((input) => take(input, now));
      batch = persistAndSend(state, waiting, ports, outputs, now);
      for (const output of outputs) replies.push(...output.replies);
    } while (batch.length > 0);
    if (state.appliedIndex < state.commitIndex) {
      replies.push(...take({ kind: "apply", limit: APPLY_LIMIT }, now).replies);
    }
    if (replies.length > 0) ports.reply(replies);
  };
}

/** Puts snapshot work first: it depends on what is on disk, and nothing is on its way there yet. Its chunks share the transaction. */
const withSnapshot = (
  state: CoreState,
  inputs: readonly InputWithoutTime[],
  maxBytes: number,
): readonly InputWithoutTime[] => hasSnapshotWork(state) ? [{ kind: "snapshot", maxBytes }, ...inputs] : inputs;

function stepOrTell(state: CoreState, input: Input, corePorts: Ports, ports: EffectPorts): Outputs {
  try {
    return step(state, input, corePorts);
  } catch (error) {
    ports.gaveUp?.(input, error);
    throw error;
  }
}

/** Commits one transaction, then executes everything that rests on it; returns this replica's own packets as its next inputs. */
function persistAndSend(
  { config: { self }, genesis: { epoch } }: CoreState,
  waiting: WaitingCommit,
  ports: EffectPorts,
  outputs: readonly Outputs[],
  now: Millis,
): InputWithoutTime[] {
  const honest = outputs.flatMap(({ messages }) => messages);
  const bodies = new Map(
    honest.flatMap(({ packet }) => isOwn(packet) ? [[packet.signed, ports.encode(packet.signed)]] : []),
  );
  const intents = honest.flatMap(({ packet }) => intentOf(packet, bodies, epoch));
  const operations = waiting.join(outputs.flatMap(({ persist }) => persist), intents);
  const outgoing = ports.corrupt?.(honest, now) ?? honest;
  const own: InputWithoutTime[] = [];
  const signatures = new Map<PeerMessage, Uint8Array>();
  const send = ({ to, packet }: Outgoing): void => {
    const signed = signPacket(ports, packet, bodies, signatures);
    if (to === "all") ports.publish(signed);
    else sendToPeers(ports, to.filter((replica) => replica !== self), signed);
    if (to === "all" || to.includes(self)) own.push({ kind: "packet", packet: signed as Verified<Packet> });
  };
  const ahead = new Set(outgoing.filter(({ packet }) => leavesAhead(ports.mark, packet)));
  const sendAhead = (): void => {
    ahead.forEach(send);
    if (ahead.size > 0) ports.flush?.();
  };
  if (operations.length > 0 || intents.length > 0) ports.storage.commit(operations, intents, sendAhead);
  else sendAhead();
  markDurable(ports.mark, operations);
  for (const { packet } of honest) assertDurable(ports.mark, packet);
  for (const each of outgoing) if (!ahead.has(each)) send(each);
  return own;
}

function sendToPeers(ports: EffectPorts, peers: readonly ReplicaId[], packet: Packet): void {
  if (peers.length > 0) ports.send(peers, packet);
}

type OwnPacket = Exclude<UnsignedPacket, { readonly kind: "ForwardedRequest" | "Evidence" }>;

const isOwn = (packet: UnsignedPacket): packet is OwnPacket =>
  packet.kind !== "ForwardedRequest" && packet.kind !== "Evidence";

/** Returns what the last-signed guard has to allow before this packet may be signed (§4.2). */
function intentOf(
  packet: UnsignedPacket,
  bodies: ReadonlyMap<PeerMessage, Uint8Array>,
  epoch: number,
): SigningIntent[] {
  if (packet.kind === "Vote") return [{ epoch, kind: "vote", vote: packet.signed, body: bodies.get(packet.signed)! }];
  if (packet.kind === "Checkpoint") return [{ epoch, kind: "checkpoint", checkpoint: packet.signed }];
  if (packet.kind !== "AppendEntriesResponse") return [];
  return [{ epoch, kind: "acks", term: packet.signed.term, heads: packet.signed.acks }];
}

/** Signs a packet. One signature serves all receivers of the same body (§2.4), with or without a proof attached. */
function signPacket(
  ports: EffectPorts,
  packet: UnsignedPacket,
  bodies: ReadonlyMap<PeerMessage, Uint8Array>,
  signatures: Map<PeerMessage, Uint8Array>,
): Packet {
  if (!isOwn(packet)) return packet;
  const message: PeerMessage = packet.signed;
  const body = bodies.get(message) ?? ports.encode(message);
  const signature = signatures.get(message) ?? ports.sign(message, body);
  signatures.set(message, signature);
  const signed: Signed<PeerMessage> = { message, body, signature };
  return { ...packet, signed } as Packet;
}
