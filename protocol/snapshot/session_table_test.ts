import { assertEquals } from "@std/assert";
import { clientId, logIndex, seq } from "../ids.ts";
import type { Answer, SendRequest } from "../message.ts";
import {
  applyRequest,
  createSessionTable,
  floorOf,
  sessionBytes,
  type SessionTable,
  statusOf,
} from "./session_table.ts";

const W = 4;
const C1 = clientId("c1");

/** A table with its own log: each request gets the next index, and applied commands are counted. */
class Ordered {
  readonly table: SessionTable = createSessionTable(W);
  readonly applied: string[] = [];
  #index = 0;

  order(number: number, floor: number, command = `${number}`, client = "c1"): Answer {
    const bytes = new TextEncoder().encode(command);
    const request: SendRequest = {
      ...{ kind: "SendRequest", client: clientId(client), seq: seq(number), floor: seq(floor), command: bytes },
    };
    return applyRequest(this.table, request, logIndex(++this.#index), () => {
      this.applied.push(command);
      return bytes;
    });
  }

  outcomes(...requests: [number: number, floor: number][]): string[] {
    return requests.map(([number, floor]) => this.order(number, floor).outcome);
  }

  bytes(): string {
    return [...sessionBytes(this.table)].map((bytes) => new TextDecoder().decode(bytes)).join("");
  }
}

Deno.test("§7.1 a repeated request is applied once and answered again with its first answer", () => {
  const log = new Ordered();
  const first = log.order(0, 0);
  assertEquals([first.outcome, Number(first.index)], ["applied", 1]);
  assertEquals(log.order(0, 0), first);
  assertEquals(log.applied, ["0"]);
  assertEquals(statusOf(log.table, C1, seq(0)), { status: "answered", answer: first });
});

Deno.test("§7.1 a reused seq keeps its first command's answer: whatever else it says is never applied", () => {
  const log = new Ordered();
  const first = log.order(0, 0, "mine");
  assertEquals(log.order(0, 0, "another"), first);
  assertEquals(log.applied, ["mine"]);
});

Deno.test("§7.1 requests inside the window are applied in whatever order they come", () => {
  const log = new Ordered();
  assertEquals(log.outcomes([3, 0], [1, 0], [0, 0], [2, 0]), ["applied", "applied", "applied", "applied"]);
});

Deno.test("§7.1 ⚠ only the client's own signed floor moves the window: a high seq ordered first kills nothing before it", () => {
  const log = new Ordered();
  assertEquals(log.outcomes([100, 0], [3, 0], [4, 0]), ["ahead", "applied", "ahead"]);
  assertEquals(floorOf(log.table, C1), 0);
  assertEquals(log.outcomes([0, 0], [1, 0], [2, 0]), ["applied", "applied", "applied"]);
  assertEquals(log.applied, ["3", "0", "1", "2"]);
});

Deno.test("§7.1 the floor moves the window, drops the answers below it, and never moves back", () => {
  const log = new Ordered();
  assertEquals(log.outcomes([0, 0], [5, 3], [6, 3], [7, 3]), ["applied", "applied", "applied", "ahead"]);
  assertEquals(log.outcomes([2, 0], [3, 0], [6, 0]), ["expired", "applied", "applied"]);
  assertEquals(floorOf(log.table, C1), 3);
  assertEquals(statusOf(log.table, C1, seq(0)).status, "expired");
  assertEquals([...log.table.sessions.get(C1)!.answers.keys()], [5, 6, 3].map(seq));
});

Deno.test("§7.1 what is outside the window is a deterministic no-op", () => {
  const log = new Ordered();
  log.order(2, 2);
  const before = log.bytes();
  const [below, above] = [log.order(1, 1), log.order(9, 2)];
  assertEquals([below.outcome, above.outcome], ["expired", "ahead"]);
  assertEquals([below.result.length, above.result.length], [0, 0]);
  assertEquals(log.bytes(), before);
});

Deno.test("§7.1 a client never has more than W answers, and clients do not touch each other's windows", () => {
  const log = new Ordered();
  for (let i = 0; i < 100; i++) log.order(i, Math.max(0, i - 1));
  assertEquals(log.table.sessions.get(C1)!.answers.size, 2);
  assertEquals(log.order(0, 0, "x", "c2").outcome, "applied");
  for (let i = 0; i < W + 5; i++) log.order(i, 0, `${i}`, "c2");
  assertEquals(log.table.sessions.get(clientId("c2"))!.answers.size, W);
});

Deno.test("I6 equal tables give equal bytes, different ones different bytes", () => {
  const [one, other] = [new Ordered(), new Ordered()];
  one.order(0, 0, "a", "c1");
  one.order(0, 0, "b", "c2");
  other.order(0, 0, "a", "c1");
  assertEquals(one.bytes() === other.bytes(), false);
  other.order(0, 0, "b", "c2");
  assertEquals(one.bytes(), other.bytes());
});
