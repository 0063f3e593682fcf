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
    isActive: () => true,
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
