import { sha256Hex } from "../../../../crypto/digest.ts";
import type { Digest } from "../../../../protocol/ids.ts";
import { ambiguous, type Count, faulty, forkedHeaders, type Sent, testAttack } from "../support/attack_lab.ts";

interface Served {
  readonly chunks: readonly Uint8Array[];
  /** The question with the nonce that the answer names, and its time; undefined if there was none. */
  readonly asked: { readonly digests: readonly Digest[]; readonly now: number } | undefined;
  readonly now: number;
}

/** Returns answers of faulty sources for chunks, each with its question. */
function served(sent: readonly Sent[]): Served[] {
  const questions = new Map<string, Served["asked"]>();
  for (const { packet, to, now } of sent) {
    if (packet.kind !== "FetchChunks") continue;
    const { replica, nonce, digests } = packet.signed.message;
    for (const id of to) questions.set(`${replica} ${id} ${nonce}`, { digests, now });
  }
  return faulty(sent, "FetchChunksResponse").map(({ from, to, packet, now }) => ({
    chunks: packet.chunks,
    asked: questions.get(`${to[0]} ${from} ${packet.signed.message.nonce}`),
    now,
  }));
}

const count = (matches: (served: Served) => boolean): Count => (sent) => served(sent).filter(matches).length;
const isWrong = (bytes: Uint8Array, asked: Served["asked"]): boolean => !asked?.digests.includes(sha256Hex(bytes));

testAttack({
  attack: "a source of snapshots: wrong chunks, right in number, doubled, not asked for",
  actor: "bad-chunks",
  seeds: [4, 5],
  wanted: {
    "answers with wrong bytes": [10, count(({ chunks, asked }) => chunks.some((bytes) => isWrong(bytes, asked)))],
    "right in number": [
      2,
      count(({ chunks, asked }) => asked?.digests.length === chunks.length && chunks.some((b) => isWrong(b, asked))),
    ],
    "doubled": [1, count(({ chunks }) => new Set(chunks.map(sha256Hex)).size < chunks.length)],
    "answers to nobody's question": [1, count(({ asked }) => asked === undefined)],
  },
});

testAttack({
  attack: "a source of snapshots that stalls",
  actor: "stalling-source",
  seeds: [4, 10],
  wanted: {
    "answers after a quarter of a second or more": [2, count(({ asked, now }) => now - (asked?.now ?? now) > 250)],
    "questions without an answer": [
      2,
      (sent) => {
        const liars = new Set(sent.filter(({ honest }) => !honest).map(({ from }) => from));
        const asked = sent.filter(({ packet, to }) => packet.kind === "FetchChunks" && to.some((id) => liars.has(id)));
        return asked.length - served(sent).length;
      },
    ],
  },
});

testAttack({
  attack: "a source of snapshots that says it has none",
  actor: "lacking-source",
  seeds: [9, 10, 12],
  wanted: {
    "empty answers": [5, count(({ chunks }) => chunks.length === 0)],
    "questions for entries without an answer": [
      2,
      (sent) => {
        const liars = new Set(sent.filter(({ honest }) => !honest).map(({ from }) => from));
        const asked = sent.filter(({ packet, to }) => packet.kind === "FetchEntries" && to.some((id) => liars.has(id)));
        return asked.length - faulty(sent, "FetchEntriesResponse").length;
      },
    ],
  },
});

/** Returns checkpoints that faulty sources show, with the newest that any honest replica had shown or signed by then. */
const shown = (sent: readonly Sent[]) =>
  faulty(sent, "FetchEntriesResponse").flatMap(({ packet: { checkpoint }, to, now }) => {
    const vouched = sent.flatMap((each) =>
      each.honest && each.now <= now && each.packet.kind === "Checkpoint" ? [each.packet.signed.message.index] : []
    );
    return checkpoint === null ? [] : [{ ...checkpoint, to, newest: Math.max(0, ...vouched) }];
  });

testAttack({
  attack: "a source that shows old checkpoints instead of entries",
  actor: "stale-proof",
  seeds: [4],
  wanted: {
    "checkpoints far from the newest": [
      10,
      (sent) => shown(sent).filter(({ stable, newest }) => stable.index * 2 < newest).length,
    ],
    "answers without any chunk": [2, count(({ chunks }) => chunks.length === 0)],
  },
});

testAttack({
  attack: "a wrong snapshot: proofs with too few, repeated, forged and mixed signatures, and other commits",
  actor: "forged-proof",
  seeds: [4],
  wanted: {
    "too few, or repeated": [
      10,
      (sent) =>
        shown(sent).filter(({ stable: { checkpoints } }) =>
          new Set(checkpoints.map(({ message }) => message.replica)).size < 3
        ).length,
    ],
    "signatures of another state or index": [
      5,
      (sent) =>
        shown(sent).filter(({ stable: { checkpoints, index, stateDigest } }) =>
          checkpoints.some(({ message }) => message.index !== index || message.stateDigest !== stateDigest)
        ).length,
    ],
    "commits of another index": [
      2,
      (sent) => shown(sent).filter(({ stable, commit }) => stable.index !== commit.index).length,
    ],
  },
});

testAttack({
  attack: "an endless snapshot",
  actor: "endless-source",
  seeds: [9, 12],
  wanted: {
    "newest checkpoints shown instead of entries": [10, (sent) => shown(sent).length],
    "answers with one chunk of several, or without the last": [
      3,
      count(({ chunks, asked }) => asked !== undefined && chunks.length < asked.digests.length),
    ],
  },
});

const published = (sent: readonly Sent[]) =>
  faulty(sent, "Checkpoint").map(({ packet, ...each }) => ({
    ...each,
    ...packet.signed.message,
  }));

testAttack({
  attack: "false Checkpoints: other states, other ones to each, far-off indexes",
  actor: "false-checkpoint",
  seeds: [9],
  wanted: {
    "indexes vouched for with two digests": [
      10,
      (sent) => ambiguous(published(sent).map(({ from, index, stateDigest }) => [`${from} ${index}`, stateDigest])),
    ],
    "indexes far from any": [100, (sent) => published(sent).filter(({ index }) => index > 1000).length],
    "states that no honest replica has": [
      20,
      (sent) => {
        const true_ = new Set(
          sent.flatMap(({ honest, packet }) =>
            honest && packet.kind === "Checkpoint" ? [packet.signed.message.stateDigest] : []
          ),
        );
        return published(sent).filter(({ stateDigest }) => !true_.has(stateDigest)).length;
      },
    ],
  },
});

/** Counts replicas and indexes for which a faulty one published no Checkpoint to the replica, which itself signed one. */
const untold: Count = (sent) => {
  const told = new Set(published(sent).flatMap(({ to, index }) => to.map((id) => `${id} ${index}`)));
  const vouched = sent.flatMap(({ honest, from, packet }) =>
    honest && packet.kind === "Checkpoint" ? [`${from} ${packet.signed.message.index}`] : []
  );
  return new Set(vouched.filter((key) => !told.has(key))).size;
};

testAttack({
  attack: "Checkpoints kept back, or shown to one alone",
  actor: "mute-checkpoint",
  seeds: [7],
  wanted: {
    "checkpoints that a replica made and never heard of": [10, untold],
  },
});

testAttack({
  attack: "a leader of two chains, one of which a follower leaves by a snapshot and not by entries",
  actor: "outdating-leader",
  seeds: [3, 8],
  wanted: {
    "indexes with two hashes of one leader": [4, forkedHeaders],
    "questions for chunks": [4, (sent) => sent.filter(({ packet }) => packet.kind === "FetchChunks").length],
  },
});
