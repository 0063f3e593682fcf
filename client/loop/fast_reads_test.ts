import { assert, assertEquals, assertRejects } from "@std/assert";
import { clientId, replicaId } from "../../protocol/ids.ts";
import type { FastReads as Message } from "../../protocol/message.ts";
import type { ReadPacket } from "../../protocol/packet.ts";
import { decodeClientPacket } from "../../transport/codec/mod.ts";
import { RefusedError } from "../errors.ts";
import type { Frames } from "./envelope.ts";
import { FastReads, paceOf } from "./fast_reads.ts";

const REPLICAS = ["r1", "r2", "r3", "r4"];
const bytes = (text: string) => new TextEncoder().encode(text);
const text = (payload: Uint8Array | null) => payload && new TextDecoder().decode(payload);

/** Fast reads of one client, whose packets the test answers by hand. */
function lab({ maxGroup = 64, maxQueued = 100 } = {}) {
  const clock = { now: 0 };
  const sent: { readonly to: string; readonly message: Message }[] = [];
  const send = (to: string, frames: Frames) => {
    sent.push({ to, message: decodeClientPacket(frames).signed.message as Message });
  };
  let nonce = 0;
  const reads = new FastReads({
    ...{ client: clientId("c1"), replicas: new Set(REPLICAS), now: () => clock.now, retryMs: 300, maxGroup, maxQueued },
    signer: { publicKey: new Uint8Array(33), sign: () => new Uint8Array(64) },
    outlet: { toOne: send, toAll: (frames) => send("all", frames) },
    drawNonce: () => ++nonce,
  });
  const answer = (replica: string, to: number, ...payloads: string[]) => {
    const part = { message: { client: clientId("c1"), nonce: to, payloads: payloads.map(bytes) } };
    const signed = { message: { replica: replicaId(replica) } };
    const packet = { kind: "ReadReply", signed, part } as unknown as ReadPacket;
    if (reads.wants(packet)) reads.take(packet);
  };
  const ask = (query: string, timeoutMs = 500, signal?: AbortSignal) => reads.ask(bytes(query), timeoutMs, signal);
  const groups = () => sent.filter(({ to }) => to === "all").map(({ message }) => message.queries.map(text));
  return { clock, sent, reads, answer, ask, groups };
}

Deno.test("fast reads of one turn share a packet; while two are under way others gather", () => {
  const { ask, reads, groups, answer } = lab({ maxGroup: 3 });
  for (const query of ["a", "b"]) ask(query);
  assertEquals([reads.dueAt, groups()], [-Infinity, []]);
  reads.tick();
  ask("c");
  reads.tick();
  ask("d");
  reads.tick();
  assertEquals([groups(), reads.dueAt], [[["a", "b"], ["c"]], 300]);
  for (const query of ["e", "f"]) ask(query);
  reads.tick();
  assertEquals(groups().at(-1), ["d", "e", "f"]);
  ask("g");
  for (const replica of ["r1", "r2", "r3"]) for (const nonce of [1, 2]) answer(replica, nonce, "x", "x");
  reads.tick();
  assertEquals(groups().at(-1), ["g"]);
});

Deno.test("packets leave at a pace, however soon they are answered, and what waits meanwhile goes together", () => {
  const { ask, reads, answer, clock, groups } = lab();
  let sent = 0;
  for (; clock.now < 200; clock.now += 0.25) {
    ask("a");
    reads.tick();
    if (groups().length === sent) continue;
    sent++;
    for (const replica of ["r1", "r2", "r3"]) answer(replica, sent, ...groups().at(-1)!.map(() => "x"));
  }
  const due = 200 / paceOf(1);
  assert(sent > due && sent < 1.2 * due, `${sent} packets, about ${due} due`);
  assertEquals(Math.abs(groups().flat().length - 800) < 10, true);
});

Deno.test("each read of a packet is decided by itself, on Q equal answers or on none", async () => {
  const { ask, reads, answer } = lab();
  const all = ["a", "b", "c"].map((query) => ask(query));
  reads.tick();
  answer("r1", 1, "x", "1", "y");
  answer("r2", 1, "x", "2", "y");
  answer("r2", 1, "x", "1", "y");
  answer("r3", 1, "x", "1", "z");
  assertEquals(reads.busy, true);
  answer("r4", 1, "w", "2", "y");
  assertEquals((await Promise.all(all)).map(text), ["x", null, "y"]);
  assertEquals(reads.busy, false);
});

Deno.test("what replicas left out for want of room is asked for again, and what they refuse is not", async () => {
  const { ask, reads, answer, groups } = lab();
  const all = ["a", "b", "c"].map((query) => ask(query));
  reads.tick();
  for (const replica of ["r1", "r2", "r3"]) answer(replica, 1, "x");
  reads.tick();
  assertEquals(groups(), [["a", "b", "c"], ["b", "c"]]);
  for (const replica of ["r1", "r2", "r3"]) answer(replica, 2, "y", "z");
  assertEquals((await Promise.all(all)).map(text), ["x", "y", "z"]);
  const refused = ask("d");
  reads.tick();
  for (const replica of ["r1", "r2"]) answer(replica, 3);
  assertEquals([await refused, reads.busy], [null, false]);
});

Deno.test("silent replicas are asked again, and a read ends with its time", async () => {
  const { ask, reads, answer, clock, sent } = lab();
  const read = ask("a");
  reads.tick();
  answer("r1", 1, "x");
  clock.now = reads.dueAt;
  reads.tick();
  assertEquals([clock.now, sent.map(({ to }) => to)], [300, ["all", "r2", "r3", "r4"]]);
  clock.now = reads.dueAt;
  reads.tick();
  assertEquals([clock.now, await read, reads.busy], [500, null, false]);
});

Deno.test("a read can be aborted, refused where too many are under way, and abandoned", async () => {
  const { ask, reads, groups } = lab({ maxQueued: 2 });
  const abort = new AbortController();
  const [aborted, left] = [ask("a", 500, abort.signal), ask("b")];
  await assertRejects(() => ask("c"), RefusedError, "2 fast reads are under way");
  abort.abort(new Error("enough"));
  await assertRejects(() => aborted, Error, "enough");
  reads.tick();
  assertEquals(groups(), [["b"]]);
  reads.abandon(new Error("closed"));
  await assertRejects(() => left, Error, "closed");
  assertEquals(reads.busy, false);
});

Deno.test("§13.12 in another epoch answers so far count no more, and all is asked again of its replicas", async () => {
  const { ask, reads, answer, clock, groups, sent } = lab({ maxGroup: 1 });
  const all = ["a", "b", "c"].map((query) => ask(query));
  reads.tick();
  clock.now = 10;
  reads.tick();
  for (const replica of ["r1", "r2"]) answer(replica, 1, "old");
  reads.adopt({ replicas: new Set(["r2", "r3", "r4", "r5"]), retryMs: 300 }, true);
  for (const replica of ["r3", "r4"]) answer(replica, 1, "old");
  clock.now = 20;
  reads.tick();
  assertEquals(groups().slice(-3), [["a"], ["b"], ["c"]]);
  const nonces = sent.filter(({ to }) => to === "all").slice(-3).map(({ message }) => message.nonce);
  for (const [i, nonce] of nonces.entries()) {
    for (const replica of ["r1", "r5", "r4"]) answer(replica, nonce, `${i}`);
    assertEquals(reads.busy, true);
    answer("r3", nonce, `${i}`);
  }
  assertEquals((await Promise.all(all)).map(text), ["0", "1", "2"]);
});

Deno.test("§13.12 in an epoch without fast reads those that are under way or wait end without an answer", async () => {
  const { ask, reads } = lab({ maxGroup: 1 });
  const all = [ask("a"), ask("b")];
  reads.tick();
  reads.adopt({ replicas: new Set(REPLICAS), retryMs: 300 }, false);
  assertEquals([await Promise.all(all), reads.busy], [[null, null], false]);
});
