import { assert, assertEquals, assertThrows } from "@std/assert";
import { sha256Hex } from "../../crypto/digest.ts";
import { HeldChunks, WatchedState, writeAll } from "../../tests/support/snapshot_values.ts";
import { clientId, type Digest, logIndex, seq } from "../ids.ts";
import { LIMITS } from "../limits.ts";
import { restoreSnapshot } from "./snapshot_restore.ts";
import { startSnapshot } from "./snapshot_writer.ts";

const closed = [[3, seq(4)]] as const;
const sessions = [{ client: clientId("c1"), registerFloor: logIndex(3), closed, live: [] }];
const machine = ["one", "two", "three"].map((text) => new TextEncoder().encode(text));

function written(parts = machine) {
  const held = new HeldChunks();
  const { stateDigest, digests } = writeAll(startSnapshot(sessions, new WatchedState(parts)), held, 1e6).done;
  const read = (digest: Digest) => held.read(digest);
  return { held, stateDigest, digests, restore: (from = read) => restoreSnapshot(stateDigest, from, sha256Hex) };
}

Deno.test("§8.3 chunks are read when they are asked for, and not kept", () => {
  const { held, restore } = written();
  const read: Digest[] = [];
  const back = restore((digest) => (read.push(digest), held.read(digest)));
  assertEquals(read, back.digests.slice(0, 2));
  const [first] = back.machine;
  assertEquals([first, read.length], [machine[0], 3]);
  assertEquals([...back.machine, ...back.machine], [...machine, ...machine]);
  assertEquals([...back.sessions].map((bytes) => bytes.toHex()), [
    "00000263310000000000000003" + "0000000000000003" + "0000000000000004",
  ]);
});

Deno.test("§8.3 a chunk that is missing is named", () => {
  for (const [place, name] of [[0, "head"], [1, "list 0"], [2, "chunk 0 of 4"], [5, "chunk 3 of 4"]] as const) {
    const { held, digests, restore } = written();
    held.drop(digests[place]!);
    const message = `A snapshot's ${name}, ${digests[place]}, is missing`;
    assertThrows(() => [restore()].map((back) => [...back.sessions, ...back.machine]), RangeError, message);
  }
});

Deno.test("§8.3 a chunk that the disk spoiled is named", () => {
  for (const [place, name] of [[0, "head"], [1, "list 0"], [2, "chunk 0 of 4"], [5, "chunk 3 of 4"]] as const) {
    const { held, digests, restore } = written();
    const spoiled = (digest: Digest) => {
      const bytes = held.read(digest)!;
      return digest === digests[place] ? bytes.with(0, bytes[0]! ^ 1) : bytes;
    };
    const message = `A snapshot's ${name} has digest `;
    const error = assertThrows(() => [restore(spoiled)].map((back) => [...back.sessions, ...back.machine]), RangeError);
    assert(error.message.startsWith(message) && error.message.endsWith(`${digests[place]} is wanted`), error.message);
  }
});

Deno.test("§8.3 a snapshot with several lists comes back", () => {
  const many = Array.from({ length: LIMITS.maxListDigests + 2 }, (_, i) => Uint8Array.of(i >> 8, i));
  const { digests, restore } = written(many);
  assertEquals(digests.length, 1 + 2 + 1 + many.length);
  assertEquals([...restore().machine], many);
});

Deno.test("§8.3 a digest that stands for something else than a head is refused", () => {
  const { digests, held } = written();
  const read = (digest: Digest) => held.read(digest);
  assertThrows(() => restoreSnapshot(digests[3]!, read, sha256Hex), RangeError, "A snapshot's head has 3 bytes");
});
