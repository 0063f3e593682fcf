import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { sha256Hex } from "../../crypto/digest.ts";
import type { CheckpointProof, CommitCertificate } from "../../protocol/certificate.ts";
import { type Digest, digest, logIndex, replicaId, round, term } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { AppendEntriesResponse, Checkpoint, Message } from "../../protocol/message.ts";
import type { Signed } from "../../protocol/signed.ts";
import { BackupLab } from "../../tests/client/backup_lab.ts";
import { HeldChunks } from "../../tests/support/snapshot_values.ts";
import {
  checkpointAnswerCodec,
  chunksAnswerCodec,
  encodeMessage,
  entriesAnswerCodec,
  entryOf,
} from "../../transport/codec/mod.ts";
import type { CoreState } from "../core/state.ts";
import { INGRESS_LIMITS } from "../limits/ingress_limits.ts";
import { chunksHeld, committedEntries, latestCheckpoint } from "./backup_queries.ts";

const HASH = digest("ab".repeat(32));

/** The parts of a core's state that the queries read. */
const stateOf = (state: { [K in keyof CoreState]?: unknown }) => state as unknown as CoreState;

Deno.test("GetCheckpoint shows the stable checkpoint and the latest commit certificate, and before the first of each none", () => {
  const lab = new BackupLab({ entries: 7 });
  const shown = (proof: CheckpointProof | null, commitCertificate: CommitCertificate | null) =>
    checkpointAnswerCodec.decode(
      latestCheckpoint(stateOf({ checkpoints: { stableProof: proof }, commitCertificate })).payload,
    );
  assertEquals(shown(null, null), { checkpoint: null, certificate: null });
  const [checkpoint, certificate] = [lab.proof(5), lab.certificate(7)];
  assertEquals(shown(checkpoint, certificate), { checkpoint, certificate });
});

Deno.test("the largest checkpoint and certificate fit one answer", () => {
  const longest = (at: number) => replicaId(`${at}`.padEnd(LIMITS.maxIdBytes, "x"));
  const ids = Array.from({ length: LIMITS.maxReplicas }, (_, i) => longest(i));
  const signed = <M extends Message>(message: M): Signed<M> => ({
    message,
    body: encodeMessage(message),
    signature: new Uint8Array(64),
  });
  const acks = Array.from({ length: LIMITS.maxAcks }, (_, i) => ({ index: logIndex(i + 1), hash: HASH }));
  const point = { term: term(1), index: logIndex(1), hash: HASH };
  const responses = ids.map((replica): Signed<AppendEntriesResponse> =>
    signed({
      ...{ kind: "AppendEntriesResponse", term: term(1), replica, acks, prepared: point, round: round(1) },
      ...{ commitIndex: logIndex(1), commitHash: HASH },
    })
  );
  const links = Array.from({ length: LIMITS.maxLinks }, () => ({ term: term(1), digest: HASH }));
  const commitCertificate: CommitCertificate = { kind: "commit", ...point, links, responses };
  const stable = { index: logIndex(1), hash: HASH, stateDigest: HASH };
  const checkpoints = ids.map((replica): Signed<Checkpoint> => signed({ kind: "Checkpoint", replica, ...stable }));
  const proof: CheckpointProof = { stable: { ...stable, checkpoints }, commit: commitCertificate };
  const { payload } = latestCheckpoint(stateOf({ checkpoints: { stableProof: proof }, commitCertificate }));
  assert(payload.length <= LIMITS.maxReplyBytes, `${payload.length} bytes`);
  assert(payload.length > 0.9 * LIMITS.maxReplyBytes, "this is the case that is near the limit");
  assertEquals(checkpointAnswerCodec.decode(payload).certificate?.links.length, LIMITS.maxLinks);
});

Deno.test("GetChunks gives what is held, in order and as much as fits; looking counts", () => {
  const held = new HeldChunks();
  const put = (length: number, fill: number): Digest => {
    const bytes = new Uint8Array(length).fill(fill);
    held.put([{ digest: sha256Hex(bytes), bytes }]);
    return sha256Hex(bytes);
  };
  const given = (digests: readonly Digest[]) => {
    const { ok, payload, workBytes } = chunksHeld(held, digests);
    assert(ok && payload.length <= LIMITS.maxReplyBytes);
    return { digests: chunksAnswerCodec.decode(payload).map((bytes) => sha256Hex(bytes)), workBytes };
  };
  const longest = Array.from({ length: 3 }, (_, i) => put(LIMITS.maxChunkBytes, i));
  const short = Array.from({ length: LIMITS.maxFetchChunks }, (_, i) => put(100, i));
  assertEquals(given([HASH]), { digests: [], workBytes: INGRESS_LIMITS.chunkLookupBytes });
  assertEquals(given([HASH, longest[1]!]).digests, [longest[1]!]);
  assertEquals(given(longest), { digests: [longest[0]!], workBytes: 2 * INGRESS_LIMITS.chunkLookupBytes });
  assertEquals(given([short[5]!, HASH, short[2]!, longest[0]!, short[0]!]).digests, [
    short[5]!,
    short[2]!,
    longest[0]!,
    short[0]!,
  ]);
  assertEquals(given(short), { digests: short, workBytes: short.length * INGRESS_LIMITS.chunkLookupBytes });
});

Deno.test("GetEntries gives committed entries that are still here, as many as fit", () => {
  const lab = new BackupLab({ entries: 12 });
  const state = stateOf({ log: { base: lab.head(4), entries: lab.chain.slice(4) }, commitIndex: 10 });
  const given = (from: number) => {
    const { base, commitIndex, entries } = entriesAnswerCodec.decode(committedEntries(state, logIndex(from)).payload);
    assertEquals([base, commitIndex], [4, 10]);
    return entries.map(({ index }) => Number(index));
  };
  assertEquals(given(5), [5, 6, 7, 8, 9, 10]);
  assertEquals(given(10), [10]);
  for (const from of [0, 1, 4, 11, 12, 13, Number.MAX_SAFE_INTEGER]) assertEquals(given(from), [], `from ${from}`);
});

Deno.test("GetEntries never outgrows an answer, and always gives one entry", () => {
  const sizes = fc.array(fc.constantFrom(2, 1000, 200_000, LIMITS.maxEntryBytes), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(sizes, (lengths) => {
      const entries = lengths.map((length, i) => ({
        entry: entryOf(logIndex(i + 1), term(1), new Uint8Array(length)),
      }));
      const state = stateOf({ log: { base: { index: 0, hash: HASH }, entries }, commitIndex: lengths.length });
      const { payload } = committedEntries(state, logIndex(1));
      assert(payload.length <= LIMITS.maxReplyBytes);
      const given = entriesAnswerCodec.decode(payload).entries;
      assert(given.length >= 1);
      const next = lengths[given.length];
      assert(next === undefined || payload.length + 20 + next > LIMITS.maxReplyBytes - 64);
    }),
    { numRuns: 60 },
  );
});
