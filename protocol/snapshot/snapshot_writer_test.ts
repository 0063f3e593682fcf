import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { sha256Hex } from "../../crypto/digest.ts";
import { HeldChunks, WatchedState, writeAll } from "../../tests/support/snapshot_values.ts";
import { clientId, type Digest, logIndex, seq } from "../ids.ts";
import { InvariantError } from "../invariant.ts";
import { LIMITS } from "../limits.ts";
import type { FrozenState, StateMachine } from "../ports.ts";
import { type FrozenSessions, sessionChunks } from "./session_chunks.ts";
import { makeManifest } from "./snapshot_manifest.ts";
import { restoreSnapshot } from "./snapshot_restore.ts";
import { freezeMachine } from "./snapshot_source.ts";
import { CHUNK_OVERHEAD_BYTES, nextChunks, startSnapshot, writtenDigests } from "./snapshot_writer.ts";

const bytesOf = (...lengths: number[]): Uint8Array[] => lengths.map((length, i) => new Uint8Array(length).fill(i + 1));
const sessionsOf = (...lengths: number[]): FrozenSessions =>
  lengths.map((length, i) => {
    const digest = sha256Hex(Uint8Array.of(i));
    const kept = { digest, index: logIndex(1), result: new Uint8Array(length) };
    const numbers = { id: logIndex(1), register: digest, floor: seq(1), lastUsed: logIndex(1), highest: seq(1) };
    const live = [{ ...numbers, answers: [[seq(1), kept] as const] }];
    return { client: clientId(`c${i}`), registerFloor: logIndex(0), closed: [], live };
  });
/** Says what each digest costs. */
class CostlyState extends WatchedState {
  readonly #cost: number;

  constructor(chunks: readonly Uint8Array[], cost: number) {
    super(chunks);
    this.#cost = cost;
  }

  digestCost(): number {
    return this.#cost;
  }
}

/** Gives the digest of something else. */
class LyingState extends WatchedState {
  override chunkDigest(): Digest {
    return sha256Hex(new Uint8Array());
  }
}

const hex = (chunks: Iterable<Uint8Array>): string[] => [...chunks].map((bytes) => bytes.toHex());
const lengths = fc.array(fc.nat(300), { maxLength: 12 });

Deno.test("§8.2 a snapshot is written whole in turns of any size, and comes back", () => {
  fc.assert(fc.property(lengths, lengths, fc.integer({ min: 1, max: 2000 }), (clients, parts, maxBytes) => {
    const [sessions, machine] = [sessionsOf(...clients), bytesOf(...parts)];
    const held = new HeldChunks();
    const { turns, done } = writeAll(startSnapshot(sessions, new WatchedState(machine)), held, maxBytes);
    const chunks = [...sessionChunks(sessions), ...machine];
    const manifest = makeManifest(sha256Hex, {
      sessionChunks: [...sessionChunks(sessions)].length,
      digests: chunks.map(sha256Hex),
    });
    assertEquals(done.stateDigest, manifest.head.digest);
    for (const turn of turns) {
      const all = turn.slice(0, -1).reduce((sum, { bytes }) => sum + bytes.length + CHUNK_OVERHEAD_BYTES, 0);
      assert(turn === turns.at(-1) || all < maxBytes, `${all} bytes before the last chunk of a turn of ${maxBytes}`);
    }
    const back = restoreSnapshot(done.stateDigest, (digest) => held.read(digest), sha256Hex);
    assertEquals([hex(back.sessions), hex(back.machine)], [hex(sessionChunks(sessions)), hex(machine)]);
    assertEquals(back.digests, done.digests);
    assertEquals(new Set(held.digests()), new Set(done.digests));
  }));
});

Deno.test("§8.2 the digest does not depend on what was held before or how large the turns were", () => {
  const [sessions, machine] = [sessionsOf(10, 20), bytesOf(100, 200, 300)];
  const write = (held: HeldChunks, maxBytes: number) =>
    writeAll(startSnapshot(sessions, new WatchedState(machine)), held, maxBytes).done;
  const held = new HeldChunks();
  const first = write(held, 1);
  assertEquals([write(held, 1e6), write(new HeldChunks(), 250)], [first, first]);
});

Deno.test("§8.2 chunks are asked for from the last to the first, and not made where they are held", () => {
  const machine = bytesOf(100, 200, 300);
  const held = new HeldChunks();
  held.put([{ digest: sha256Hex(machine[1]!), bytes: machine[1]! }]);
  const state = new CostlyState(machine, 0);
  const { turns } = writeAll(startSnapshot([], state), held, 1e6);
  assertEquals(state.asked, ["digest 2", "chunk 2", "digest 1", "digest 0", "chunk 0"]);
  assertEquals(turns.map((turn) => turn.map(({ bytes }) => bytes.length)), [[300, 100, 41, 96]]);
});

Deno.test("§8.2 a turn is bounded though all chunks are held: digests known cost little, others what they digest", () => {
  const machine = bytesOf(...Array.from({ length: 100 }, () => 10_000));
  const turnsOf = (state: FrozenState): number => {
    const held = new HeldChunks();
    held.put(machine.map((bytes) => ({ digest: sha256Hex(bytes), bytes })));
    return writeAll(startSnapshot([], state), held, 10 * (10_000 + CHUNK_OVERHEAD_BYTES)).turns.length;
  };
  assertEquals(turnsOf(new CostlyState(machine, 0)), 1);
  assertEquals(turnsOf(new CostlyState(machine, 10_000)), 11);
  assertEquals(turnsOf(new WatchedState(machine)), 11);
});

Deno.test("§8.2 what was written of an unfinished snapshot is known, so that it is not dropped", () => {
  const held = new HeldChunks();
  const writer = startSnapshot(sessionsOf(10), new WatchedState(bytesOf(100, 200)));
  const ports = { hash: sha256Hex, chunks: held };
  const seen: Digest[] = [];
  for (let turn = 0; turn < 4; turn++) {
    const { chunks, done } = nextChunks(writer, ports, 1);
    seen.push(...chunks.map(({ digest }) => digest));
    assertEquals([chunks.length, done], [1, null]);
  }
  assertEquals(writtenDigests(writer), seen);
  assert(nextChunks(writer, ports, 1).done !== null);
});

Deno.test("§8.2 chunks too long to be sent, or with another digest than they say, stop the replica", () => {
  const ports = { hash: sha256Hex, chunks: new HeldChunks() };
  const long = startSnapshot([], new WatchedState(bytesOf(5, LIMITS.maxChunkBytes + 1)));
  const message = "chunk 1 of the state machine has 655361 bytes, at most 655360 are allowed";
  assertThrows(() => nextChunks(long, ports, 1), InvariantError, message);
  assertThrows(
    () => nextChunks(startSnapshot([], new LyingState(bytesOf(5))), ports, 1),
    InvariantError,
    "another digest than e3b0c442",
  );
});

/** A machine that cannot freeze, reuses one buffer, and has one byte of state for each chunk. */
function plainMachine(state: number[], length = 1): StateMachine {
  return {
    ...{ apply: () => new Uint8Array(), query: () => ({ version: 0, value: new Uint8Array() }) },
    ...{ restore: () => {}, digest: () => new Uint8Array() },
    *snapshot() {
      const buffer = new Uint8Array(length);
      for (const byte of state) yield buffer.fill(byte);
    },
  };
}

Deno.test("§8.2 a machine that cannot freeze is read at once, and may go on then", () => {
  const state = [1, 2, 3];
  const frozen = freezeMachine(plainMachine(state), sha256Hex);
  state[1] = 9;
  const chunks = Array.from({ length: frozen.chunkCount }, (_, at) => frozen.chunk(at));
  assertEquals(hex(chunks), ["01", "02", "03"]);
  assertEquals(chunks.map((_, at) => frozen.digestCost!(at)), [1, 1, 1]);
  assertEquals(chunks.map((_, at) => frozen.chunkDigest(at)), chunks.map(sha256Hex));
  assertEquals(chunks.map((_, at) => frozen.digestCost!(at)), [0, 0, 0]);
  const long = plainMachine([1], LIMITS.maxChunkBytes + 1);
  assertThrows(() => freezeMachine(long, sha256Hex), InvariantError, "chunk 0 of the state machine has 655361 bytes");
});

Deno.test("§8.2 a machine that freezes is asked to", () => {
  const frozen = new WatchedState([]);
  assertEquals(freezeMachine({ ...plainMachine([1]), freeze: () => frozen }, sha256Hex), frozen);
});
