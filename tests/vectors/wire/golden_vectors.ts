/**
 * Makes `golden_vectors.json`, which clients in other languages can check themselves against. Run it after an intended change of the
 * format, and read the diff: `deno run --allow-write=tests/vectors/wire tests/vectors/wire/golden_vectors.ts`
 */
import { sha256Hex, sha256HexOfTwo } from "../../../crypto/digest.ts";
import { createMerkleTree } from "../../../crypto/signing/merkle_tree.ts";
import { nobleBackend } from "../../../crypto/signing/noble_backend.ts";
import { createSigner, domainPrefix, type EpochName } from "../../../crypto/signing/signing.ts";
import type { CheckpointProof, CommitCertificate, ElectionProof } from "../../../protocol/certificate.ts";
import { joinRequests } from "../../../protocol/entry_body.ts";
import type { EpochEnd } from "../../../protocol/epochs/epoch_end.ts";
import { logIndex } from "../../../protocol/ids.ts";
import type { Message } from "../../../protocol/message.ts";
import type { PartPacket, ReadPacket } from "../../../protocol/packet.ts";
import type { Signed } from "../../../protocol/signed.ts";
import {
  type AnyPacket,
  certificateCodec,
  checkpointAnswerCodec,
  checkpointProofCodec,
  chunksAnswerCodec,
  electionProofCodec,
  encodeMessage,
  encodePacket,
  encodeReadPart,
  encodeReplyPart,
  entriesAnswerCodec,
  entryCodec,
  entryOf,
  epochEndCodec,
  epochsAnswerCodec,
  evidenceCodec,
  helloAnswerCodec,
  queryResultCodec,
} from "../../../transport/codec/mod.ts";
import {
  GOLDEN_GROUP,
  GOLDEN_MESSAGES as messages,
  GOLDEN_PARTS,
  GOLDEN_QUERY,
  GOLDEN_READS,
  NO_OP_BODY,
} from "./golden_values.ts";

/** Cluster id and secret key of the vectors; every message is signed with this one key, whatever signer it names. */
export const GOLDEN_CLUSTER = "demo";
export const GOLDEN_SECRET_KEY = Uint8Array.from({ length: 32 }, (_, i) => i + 1);

const signer = createSigner(nobleBackend, GOLDEN_SECRET_KEY, GOLDEN_CLUSTER);

function sign<M extends Message>(message: M): Signed<M> {
  const body = encodeMessage(message);
  return { message, body, signature: signer.sign(message.kind, body) };
}

const response = sign(messages.AppendEntriesResponse);
const vote = sign(messages.Vote);
const request = sign(messages.SendRequest);
const register = sign(messages.RegisterSession);
const point = messages.AppendEntriesResponse.prepared;

const certificate: CommitCertificate = {
  kind: "commit",
  ...point,
  links: [{ term: point.term, digest: point.hash }],
  responses: [response],
};
const proof: ElectionProof = { base: { kind: "prepare", ...point, responses: [response] }, votes: [vote] };
const { index, hash, stateDigest } = messages.Checkpoint;
const checkpoint: CheckpointProof = {
  stable: { index, hash, stateDigest, checkpoints: [sign(messages.Checkpoint)] },
  commit: certificate,
};
const entryTerm = messages.AppendEntries.term;
const entries = [
  entryOf(logIndex(1001), entryTerm, NO_OP_BODY),
  entryOf(logIndex(1002), entryTerm, joinRequests([register, request])),
];

/** Its digest of the roster stands for any. */
export const GOLDEN_EPOCH: EpochName = { cluster: GOLDEN_CLUSTER, epoch: 2, digest: hash };
const end: EpochEnd = {
  epoch: 2,
  proof: { ...checkpoint, commit: { ...certificate, links: [] } },
  before: hash,
  entry: entries[1]!,
};
/** Packets of a sender in the second epoch: the same bodies in another domain, behind an envelope that names it. */
const laterSigner = createSigner(nobleBackend, GOLDEN_SECRET_KEY, GOLDEN_EPOCH);
const later: readonly AnyPacket[] = [messages.Vote, messages.QueryReply].map((message) => {
  const body = encodeMessage(message);
  const signed = { message, body, signature: laterSigner.sign(message.kind, body) };
  return { kind: message.kind, signed } as AnyPacket;
});

const leaves = GOLDEN_PARTS.map(encodeReplyPart);
const reply = { signed: sign(messages.Reply), tree: createMerkleTree(leaves) };
const replies = GOLDEN_PARTS.map((message, index): PartPacket => {
  const part = { message, body: leaves[index]! };
  return { kind: "Reply", signed: reply.signed, index, path: reply.tree.path(index), part };
});

const readLeaf = encodeReadPart(GOLDEN_READS);
const readTree = createMerkleTree([readLeaf]);
const readReply: ReadPacket = {
  kind: "ReadReply",
  signed: sign({ ...messages.Reply, parts: 1, root: readTree.root }),
  ...{ index: 0, path: readTree.path(0), part: { message: GOLDEN_READS, body: readLeaf } },
};

const packets: readonly AnyPacket[] = [
  { kind: "AppendEntries", signed: sign(messages.AppendEntries), entries, proof },
  { kind: "PreVote", signed: sign(messages.PreVote), proof: null },
  {
    kind: "RequestVote",
    signed: sign(messages.RequestVote),
    certificate: proof.base,
    preVotes: [sign(messages.PreVote)],
  },
  { kind: "VoteRefusal", signed: sign(messages.VoteRefusal), certificate },
  {
    kind: "FetchEntriesResponse",
    signed: sign(messages.FetchEntriesResponse),
    entries,
    certificate,
    checkpoint: null,
  },
  {
    kind: "FetchEntriesResponse",
    signed: sign(messages.FetchEntriesResponse),
    entries: [],
    certificate: null,
    checkpoint,
  },
  {
    kind: "FetchChunksResponse",
    signed: sign(messages.FetchChunksResponse),
    chunks: [Uint8Array.of(1, 2, 3), new Uint8Array()],
  },
  { kind: "ForwardedRequest", signed: request },
  { kind: "Evidence", evidence: { kind: "double-vote", culprit: messages.Vote.voter, first: vote, second: vote } },
  { kind: "SendRequest", signed: request },
  { kind: "RegisterSession", signed: register },
  { kind: "UpdateLeader", signed: request },
  ...replies,
  readReply,
  { kind: "FetchEpoch", epoch: 2 },
  { kind: "EpochEnd", end, roster: null },
  { kind: "EpochEnd", end, roster: new TextEncoder().encode("a roster file") },
];

/** Leaves that certificate transparency tests itself with; trees over the first few of them are known elsewhere. */
export const TREE_LEAVES = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
];

/** Returns the tree over the first `size` of those leaves. */
function treeVector(size: number) {
  const leaves = TREE_LEAVES.slice(0, size);
  const tree = createMerkleTree(leaves.map((leaf) => Uint8Array.fromHex(leaf)));
  const paths = leaves.map((_, index) => tree.path(index));
  return { leaves, root: tree.root, paths };
}

/** Returns byte fields as hexadecimal digits, everything else as JSON has it. */
const readable = (message: Message): unknown =>
  Object.fromEntries(Object.entries(message).map(([name, value]) => [name, readableValue(value)]));

function readableValue(value: unknown): unknown {
  if (value instanceof Uint8Array) return value.toHex();
  if (Array.isArray(value)) return value.map(readableValue);
  return typeof value === "object" && value !== null ? readable(value as Message) : value;
}

const isRequest = ({ kind }: Message): boolean => kind === "SendRequest" || kind === "RegisterSession";

function messageVector(message: Message) {
  const { body, signature } = sign(message);
  const prefix = domainPrefix(message.kind, GOLDEN_CLUSTER);
  return {
    kind: message.kind,
    message: readable(message),
    body: body.toHex(),
    digest: sha256HexOfTwo(prefix, body),
    signature: signature.toHex(),
    // What answers name it by.
    ...(isRequest(message) ? { request: sha256Hex(body) } : {}),
  };
}

/** Returns all vectors, as the file holds them. */
export function goldenVectors() {
  const evidence = { kind: "double-vote", culprit: messages.Vote.voter, first: vote, second: vote } as const;
  return {
    cluster: GOLDEN_CLUSTER,
    secretKey: GOLDEN_SECRET_KEY.toHex(),
    publicKey: signer.publicKey.toHex(),
    messages: [...Object.values(messages), GOLDEN_QUERY, GOLDEN_GROUP].map(messageVector),
    packets: packets.map((packet) => ({
      kind: packet.kind,
      frames: encodePacket(packet).map((frame) => frame.toHex()),
    })),
    later: {
      ...{ epoch: GOLDEN_EPOCH.epoch, rosterDigest: GOLDEN_EPOCH.digest },
      packets: [...later, { kind: "Evidence", evidence } as const].map((packet) => ({
        kind: packet.kind,
        frames: encodePacket(packet, GOLDEN_EPOCH.epoch).map((frame) => frame.toHex()),
      })),
    },
    trees: TREE_LEAVES.map((_, i) => treeVector(i + 1)),
    stored: {
      certificate: certificateCodec.encode(certificate).toHex(),
      checkpointProof: checkpointProofCodec.encode(checkpoint).toHex(),
      electionProof: electionProofCodec.encode(proof).toHex(),
      evidence: evidenceCodec.encode(evidence).toHex(),
      entry: entryCodec.encode(entries[1]!).toHex(),
      queryResult: queryResultCodec.encode({ version: 42, value: Uint8Array.of(1, 2, 3) }).toHex(),
      checkpointAnswer: checkpointAnswerCodec.encode({ checkpoint, certificate }).toHex(),
      chunksAnswer: chunksAnswerCodec.encode([Uint8Array.of(1, 2, 3), new Uint8Array()]).toHex(),
      helloAnswer: helloAnswerCodec.encode({
        challenge: messages.ClientHello.challenge,
        appliedIndex: logIndex(1001),
      }).toHex(),
      epochEnd: epochEndCodec.encode(end).toHex(),
      epochsAnswer: epochsAnswerCodec.encode([end]).toHex(),
      entriesAnswer: entriesAnswerCodec.encode({ base: logIndex(900), commitIndex: logIndex(1002), entries }).toHex(),
    },
  };
}

if (import.meta.main) {
  const file = new URL("golden_vectors.json", import.meta.url);
  Deno.writeTextFileSync(file, JSON.stringify(goldenVectors(), null, 2) + "\n");
}
