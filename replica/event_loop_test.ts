import { assert, assertEquals } from "@std/assert";
import { Lab } from "../tests/clauses/support/lab.ts";
import type { Received, ReplicaTransport } from "../transport/port.ts";
import { TallyByKind } from "./diagnostics/tally_by_kind.ts";
import { EventLoop } from "./event_loop.ts";
import type { Ingress } from "./ingress/ingress.ts";
import { UNFINISHED } from "./ingress/ingress.ts";
import { INGRESS_LIMITS } from "./limits/ingress_limits.ts";

const PER_TURN = INGRESS_LIMITS.signaturesPerTurn.noble;

/**
 * Runs a loop for `turns` turns over packets of `routes`, each of which costs `signatures`, and as much again in fast reads if `reads`; the
 * signatures of each turn, and what was dropped.
 */
async function turnsOf(turns: number, routes: readonly string[], signatures: number, reads = false) {
  let ends = 0;
  const work = { verified: 0, signed: 0 };
  const refused = new TallyByKind(10);
  const marks: number[] = [];
  const judged: string[] = [];
  const asked: number[] = [];
  const left = new Map<Received, number>();
  const takePart: Ingress["takePart"] = (packet, _now, mayGoOn) => {
    let open = left.get(packet) ?? signatures;
    do {
      work.verified++;
      open--;
    } while (open > 0 && mayGoOn());
    left.set(packet, open);
    if (open > 0) return UNFINISHED;
    judged.push(packet.route);
    return null;
  };
  const transport = {
    receive: (_waitMs: number, most: number) => {
      asked.push(most);
      marks.push(work.verified);
      if (marks.length > turns) loop.stop();
      const received = marks.length === 1
        ? routes.map((route): Received => ({ channel: "peer", route, frames: [] }))
        : [];
      return Promise.resolve(received);
    },
    wake: () => {},
  } as unknown as ReplicaTransport;
  const loop = new EventLoop({
    ...{ state: new Lab().state, transport, work, refused, signaturesPerTurn: PER_TURN },
    ingress: { expect: () => {}, takePart, pressing: () => [], pressingAt: Infinity } as unknown as Ingress,
    readWork: () => reads ? work.verified : 0,
    turnEnds: () => void ends++,
    run: () => {},
    takesPart: () => true,
    now: () => 0,
  });
  await loop.run();
  return { done: marks.slice(1).map((mark, i) => mark - marks[i]!), refused: refused.toRecord(), judged, asked, ends };
}

Deno.test("a turn checks a bounded number of signatures, and takes a bounded number of packets", async () => {
  const { done, asked } = await turnsOf(3, Array(200).fill("p"), 1);
  assertEquals(done.slice(0, 2), [PER_TURN, PER_TURN]);
  assertEquals(new Set(asked), new Set([INGRESS_LIMITS.receiveBatch]));
});

Deno.test("fast reads count as work of a turn, and each turn has an end at which they are sent", async () => {
  const { done, ends } = await turnsOf(3, Array(200).fill("p"), 1, true);
  assertEquals([done.slice(0, 2), ends], [[PER_TURN / 2, PER_TURN / 2], 3]);
});

/** Runs a loop with an open backlog or none, whose clock shows `times` at its turns, and that is told to leave in one of them; how late the ticks say they are. */
async function latenessAt(times: readonly number[], backlog: boolean, leavesAt = -1): Promise<number[]> {
  let [turn, now] = [-1, 0];
  const late: number[] = [];
  const work = { verified: 0, signed: 0 };
  const takePart = () => {
    work.verified += PER_TURN;
    return UNFINISHED;
  };
  const transport = {
    receive: () => {
      turn++;
      if (turn === times.length) loop.stop();
      else now = times[turn]!;
      if (turn === leavesAt) loop.leave();
      const packet: Received = { channel: "peer", route: "p", frames: [] };
      return Promise.resolve(backlog ? [packet] : []);
    },
    wake: () => {},
  } as unknown as ReplicaTransport;
  const loop = new EventLoop({
    ...{ state: new Lab().state, transport, work, refused: new TallyByKind(10) },
    ingress: { takePart, expect: () => {}, pressing: () => [], pressingAt: Infinity } as unknown as Ingress,
    ...{ signaturesPerTurn: PER_TURN, takesPart: () => true, now: () => now },
    run: (inputs) => void inputs.forEach((input) => input.kind === "tick" && late.push(input.lateMs)),
  });
  await loop.run();
  return late;
}

Deno.test("§14.9 a tick says how long ago it was due, less what a timer is late by, and nothing at first", async () => {
  // An idle replica is due every half election timeout, which is 1000 ms.
  for (const [at, lateMs] of [[1499, undefined], [1500, 0], [1520, 0], [1680, 160], [61_500, 59_980]] as const) {
    assertEquals(await latenessAt([1000, at], false), lateMs === undefined ? [0] : [0, lateMs]);
  }
});

Deno.test("§14.9 where packets still wait to be judged all of the time since the last tick counts", async () => {
  const late = await latenessAt([1000, 1500, 1900], true);
  assertEquals(late, [0, 500]);
});

Deno.test("a replica that is told to leave ticks at once, and is not late", async () => {
  assertEquals(await latenessAt([1000, 1100], false, 1), [0, 0]);
});

Deno.test("what finds no room in the backlog is dropped and counted", async () => {
  const { refused } = await turnsOf(1, Array(INGRESS_LIMITS.maxBacklog + 5).fill("p"), 1);
  assertEquals(refused, { overload: 5 });
});

Deno.test("§7.5 a packet that takes many turns holds up neither the turn nor the packets of others", async () => {
  const share = PER_TURN * INGRESS_LIMITS.packetShare;
  const { done, judged } = await turnsOf(4, ["large", "q", "r", "s"], 3 * PER_TURN);
  assert(done.every((work) => work <= PER_TURN + share), `signatures in each turn: ${done}`);
  assertEquals(judged, []);
  const later = await turnsOf(13, ["large", "q", "r", "s"], 3 * PER_TURN);
  assertEquals(later.judged, ["large", "q", "r", "s"]);
});
