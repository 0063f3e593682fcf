import { assertEquals } from "@std/assert";
import { sha256Hex } from "../../crypto/digest.ts";
import type { Chunk } from "../../protocol/ports.ts";
import { RecordedChunks } from "./recorded_chunks.ts";

const chunkOf = (byte: number): Chunk => ({ digest: sha256Hex(Uint8Array.of(byte)), bytes: Uint8Array.of(byte) });

Deno.test("a replay's chunks are those committed before the step, as the disk's were: a flush ends the transaction", () => {
  const [one, two, three] = [1, 2, 3].map(chunkOf) as [Chunk, Chunk, Chunk];
  const held = new RecordedChunks([one]);
  const now = 1;
  const holds = () => [one, two, three].map(({ digest }) => held.has(digest));
  held.observe({ kind: "snapshot", maxBytes: 9, now }, [{ op: "chunks", chunks: [two, three] }]);
  held.observe({ kind: "tick", lateMs: 0, now }, [{ op: "drop-chunks", digests: [one.digest] }]);
  assertEquals([holds(), held.read(two.digest)], [[true, false, false], null]);
  held.observe({ kind: "flush", now }, [{ op: "drop-chunks", digests: [two.digest] }]);
  assertEquals([holds(), held.read(three.digest)], [[false, false, true], three.bytes]);
  held.observe({ kind: "flush", now }, [{ op: "chunks", chunks: [one, two] }]);
  assertEquals([...held.digests()], [one, two, three].map(({ digest }) => digest).sort());
});
