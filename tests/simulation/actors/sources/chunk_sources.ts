/** Sources of snapshots that serve chunks other than requested, serve them late, or claim to have none (§8.3, §12). */
import type { Digest, Millis } from "../../../../protocol/ids.ts";
import { LIMITS } from "../../../../protocol/limits.ts";
import type { FetchChunks } from "../../../../protocol/message.ts";
import type { Outgoing } from "../../../../replica/core/output.ts";
import type { Actor, FaultyReplica } from "../actor.ts";
import { createRhythm, honestStates, Speaker, takingOver } from "../support/craft.ts";

type Bytes = readonly Uint8Array[];

/** One answer; its nonce is that of the question unless given. */
interface Answer {
  readonly chunks: Bytes;
  readonly nonce?: number;
}

/** The material a source can lie with. */
interface Shelf {
  readonly faultyReplica: FaultyReplica;
  readonly asked: FetchChunks;
  /** The chunks requested, as far as any replica ever had them. */
  readonly right: Bytes;
}

const altered = (bytes: Uint8Array): Uint8Array => bytes.map((byte, at) => at === bytes.length - 1 ? byte ^ 1 : byte);

/** Returns as many chunks of any snapshots as were requested, none of them requested. */
function strangers({ faultyReplica: { colluders }, asked }: Shelf): Bytes {
  const others = [...colluders.archive.chunks].filter(([digest]) => !asked.digests.includes(digest));
  return colluders.rng.shuffle(others).slice(0, asked.digests.length).map(([, bytes]) => bytes);
}

/** Returns, from the first and the last snapshot there ever was, the chunks in the same places as those requested: heads for heads. */
function heads({ faultyReplica: { colluders: { archive } }, asked }: Shelf): Bytes {
  const digests = archive.proofs.map(({ stable }) => stable.stateDigest).filter((digest) =>
    !asked.digests.includes(digest)
  );
  return [digests[0], digests.at(-1)].flatMap((digest) => digest ? archive.chunks.get(digest) ?? [] : []).slice(0, 1);
}

const LIES: readonly ((shelf: Shelf) => readonly Answer[])[] = [
  /** Right in number, wrong in their bytes; all of them, and one among the right ones. */
  ({ right }) => [{ chunks: right.map(altered) }],
  ({ right }) => [{ chunks: right.map((bytes, at) => at === right.length - 1 ? altered(bytes) : bytes) }],
  /** The truth, in another order: the pause after a lie starts short again. */
  ({ right }) => [{ chunks: right.toReversed() }],
  /** Not requested: of other snapshots, and along with the right ones. */
  (shelf) => [{ chunks: strangers(shelf) }],
  (shelf) => [{ chunks: heads(shelf) }],
  (shelf) => [{ chunks: [...shelf.right, ...strangers(shelf).slice(0, 1)] }],
  ({ right }) => [{ chunks: right }],
  /** Doubled, in one answer and in several. */
  ({ right }) => [{ chunks: [...right, ...right] }],
  ({ right }) => [{ chunks: right.slice(0, 1) }, { chunks: right.slice(0, 1) }, { chunks: right }],
  /** Too short, too long, and empty. */
  ({ right }) => [{ chunks: right.map((bytes) => bytes.subarray(1)) }],
  ({ right }) => [{ chunks: right.map((bytes) => Uint8Array.of(...bytes, 0)) }],
  ({ asked }) => [{ chunks: asked.digests.map(() => new Uint8Array()) }],
  /** The right ones as an answer to another question. */
  ({ right, asked }) => [{ chunks: right, nonce: asked.nonce + 1 }],
];

/** Answers with one lie after the other, and again to questions it has answered; its core is honest otherwise. */
const badChunks: Actor = (faultyReplica) => {
  const { colluders, config } = faultyReplica;
  const speaker = new Speaker(faultyReplica);
  const due = createRhythm(faultyReplica, 5 * config.constants.heartbeatMs);
  let turn = colluders.rng.int(0, LIES.length - 1);
  const serve = (asked: FetchChunks) => lie(speaker, shelfFor(faultyReplica, asked), turn++);
  return {
    corrupt(outgoing) {
      if (due()) openRequests(faultyReplica).forEach(serve);
      return outgoing;
    },
    swallows: takingOver("FetchChunks", ({ signed }) => serve(signed.message)),
  };
};

function lie(speaker: Speaker, shelf: Shelf, turn: number): void {
  const { asked } = shelf;
  for (const { chunks, nonce = asked.nonce } of LIES[turn % LIES.length]!(shelf)) {
    serveChunks(speaker, asked, chunks, nonce);
  }
}

/** Answers `asked` in the name of `speaker` with as many of `chunks` as fit. */
export function serveChunks(speaker: Speaker, asked: FetchChunks, chunks: Bytes, nonce = asked.nonce): void {
  speaker.say([asked.replica], {
    kind: "FetchChunksResponse",
    signed: { kind: "FetchChunksResponse", replica: speaker.self, nonce },
    chunks: chunks.slice(0, LIMITS.maxFetchChunks),
  });
}

/** Returns those of `digests` that any replica ever had. */
export const known = ({ colluders: { archive } }: FaultyReplica, digests: Iterable<Digest>): Bytes =>
  [...digests].flatMap((digest) => archive.chunks.get(digest) ?? []);

const shelfFor = (faultyReplica: FaultyReplica, asked: FetchChunks): Shelf => ({
  faultyReplica,
  asked,
  right: known(faultyReplica, asked.digests),
});

/** Returns the requests for chunks that honest replicas have pending, with this one and with each other. */
const openRequests = (faultyReplica: FaultyReplica): FetchChunks[] =>
  honestStates(faultyReplica).flatMap(([replica, { transfer }]) =>
    [...transfer?.sources.values() ?? []].flatMap(({ request }) =>
      request === null ? [] : [{ kind: "FetchChunks", replica, nonce: request.nonce, digests: [...request.digests] }]
    )
  );

/** Answers never, just in time, too late, or with a single chunk; the answers are right. */
const stallingSource: Actor = (faultyReplica) => {
  const { colluders, config: { constants: { electionTimeoutMs } } } = faultyReplica;
  const speaker = new Speaker(faultyReplica);
  const late = (each: Outgoing, delayMs: Millis): void =>
    colluders.later(delayMs, () => each.to !== "all" && speaker.say(each.to, each.packet));
  const stall = (each: Outgoing): Outgoing[] => {
    if (each.packet.kind !== "FetchChunksResponse") return [each];
    const single = { ...each, packet: { ...each.packet, chunks: each.packet.chunks.slice(0, 1) } };
    const manner = colluders.rng.pick(["never", "single", "just in time", "too late", "single and late"] as const);
    if (manner === "single") return [single];
    if (manner === "just in time") late(each, 0.9 * electionTimeoutMs);
    if (manner === "too late") late(each, colluders.rng.between(1.1, 4) * electionTimeoutMs);
    if (manner === "single and late") late(single, 0.9 * electionTimeoutMs);
    return [];
  };
  return { corrupt: (outgoing) => outgoing.flatMap(stall) };
};

/** Claims to have nothing, of snapshots and of the log, whatever it has. */
const lackingSource: Actor = (faultyReplica) => {
  const speaker = new Speaker(faultyReplica);
  const chunks = takingOver("FetchChunks", ({ signed }) => serveChunks(speaker, signed.message, []));
  const entries = takingOver("FetchEntries", () => {});
  return { swallows: (input) => chunks(input) || entries(input) };
};

export const CHUNK_SOURCES: Readonly<Record<string, Actor>> = {
  "bad-chunks": badChunks,
  "stalling-source": stallingSource,
  "lacking-source": lackingSource,
};
