/** Encoding of a recording, one line of members at a time. Packets are the frames as they travel, in base64. */
import manifest from "../../deno.json" with { type: "json" };
import type { ChainedEntry, Request } from "../../protocol/entry.ts";
import type { Digest } from "../../protocol/ids.ts";
import type { ClientPacket, Packet, PacketOf } from "../../protocol/packet.ts";
import type { Signed } from "../../protocol/signed.ts";
import {
  type AnyPacket,
  certificateCodec,
  checkpointProofCodec,
  type Codec,
  electionProofCodec,
  encodePacket,
  entryCodec,
  evidenceCodec,
  WIRE_VERSION,
} from "../../transport/codec/mod.ts";
import type { Input } from "../core/input.ts";
import { type RecordedStep, RECORDING_VERSION, type RecordingStart } from "./format.ts";

/** An input as a list: its kind, then its details. */
export type InputWords = readonly (string | number | boolean | null)[];

const base64 = (bytes: Uint8Array): string => bytes.toBase64();

const framesOf = (packet: AnyPacket): string[] => encodePacket(packet).map(base64);

/** Returns the first line: all of the start but its lists, of which it gives the lengths. */
export function encodeHeader({ config, roster, recovered, chunks, startedAt, byzantine }: RecordingStart): object {
  const { clusterId, self, replicas, clients, constants, seed } = config;
  const { genesis, hardState, base, entries, prepared, branch, commitIndex, commitCertificate, evidence } = recovered;
  return {
    recording: RECORDING_VERSION,
    wire: WIRE_VERSION,
    program: manifest.version,
    ...{ clusterId, self, replicas, clients: [...clients], constants, seed, roster, startedAt, byzantine },
    ...{ genesis, hardState, base, commitIndex },
    prepared: encodeWith(certificateCodec, prepared),
    commitCertificate: encodeWith(certificateCodec, commitCertificate),
    checkpoint: encodeWith(checkpointProofCodec, recovered.checkpoint),
    transfer: encodeWith(checkpointProofCodec, recovered.transfer),
    ...{
      entries: entries.length,
      branch: branch.length,
      evidence: evidence.length,
      chunks: [...chunks.digests()].length,
    },
  };
}

const encodeWith = <T>({ encode }: Pick<Codec<T>, "encode">, value: T | null): string | null =>
  value === null ? null : base64(encode(value));

/**
 * Yields the lines after the first one: the log, the branch, the evidence and the chunks that the disk held, one per line, each made on
 * demand.
 */
export function* encodeDurable({ recovered, chunks }: RecordingStart): Generator<object> {
  const { entries, branch, evidence } = recovered;
  for (const entry of entries) yield encodeChained("entry", entry);
  for (const entry of branch) yield encodeChained("branch", entry);
  for (const piece of evidence) yield { evidence: base64(evidenceCodec.encode(piece)) };
  for (const digest of chunks.digests()) yield encodeChunk(digest, chunks.read(digest));
}

const encodeChained = (list: "entry" | "branch", { entry, hash }: ChainedEntry): object => ({
  [list]: base64(entryCodec.encode(entry)),
  hash,
});

function encodeChunk(digest: Digest, bytes: Uint8Array | null): object {
  if (bytes === null) throw new Error(`chunk ${digest} is listed among those held and is not there`);
  return { chunk: base64(bytes) };
}

/** Returns one step. Throws RangeError on a packet too large to travel. */
export function encodeStep({ step, input, print }: RecordedStep): object {
  return { step, now: input.now, input: encodeInput(input), ...print };
}

/** A request of either kind travels in a packet of its name. */
const requestPacket = (
  signed: Signed<Request>,
): ClientPacket => ({ kind: signed.message.kind, signed } as ClientPacket);

function encodeInput(input: Input): InputWords {
  switch (input.kind) {
    case "tick":
      return [input.kind, input.lateMs];
    case "flush":
      return [input.kind];
    case "apply":
      return [input.kind, input.limit];
    case "snapshot":
      return [input.kind, input.maxBytes];
    case "leave":
      return [input.kind, input.reason];
    case "request":
      return [input.kind, input.intervention, input.via, ...framesOf(requestPacket(input.request))];
    case "bad-entry":
      return [input.kind, input.position, ...framesOf(input.packet)];
    case "packet":
      return isStripped(input.packet) ? encodeStripped(input.packet) : [input.kind, ...framesOf(input.packet)];
    default:
      return input satisfies never;
  }
}

/**
 * Returns whether ingress removed the entries of an AppendEntries, as it does for an unknown leader (§7.5); such a packet has no frames.
 */
const isStripped = (packet: Packet): packet is PacketOf<"AppendEntries"> =>
  packet.kind === "AppendEntries" && packet.entries.length === 0 && packet.signed.message.entryHashes.length > 0;

function encodeStripped({ signed: { body, signature }, proof }: PacketOf<"AppendEntries">): InputWords {
  return [
    "stripped",
    base64(body),
    base64(signature),
    proof === null ? null : base64(electionProofCodec.encode(proof)),
  ];
}
