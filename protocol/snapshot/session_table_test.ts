import { assertEquals } from "@std/assert";
import { sha256Hex } from "../../crypto/digest.ts";
import { answering } from "../../tests/support/executors.ts";
import { clientId, type Digest, logIndex, seq } from "../ids.ts";
import { LIMITS } from "../limits.ts";
import type { Answer, Request } from "../message.ts";
import { applyRequest, createSessionTable, sessionBytes, type SessionTable, standingOf } from "./session_table.ts";

const W = 4;
const S = 3;
const H = 100;
const C1 = clientId("c1");

/** A table with its own log: each request gets the next index, and applied commands are counted. */
class Ordered {
  readonly table: SessionTable = createSessionTable({ sessionWindow: W, sessionsPerClient: S, registrationHorizon: H });
  readonly applied: string[] = [];
  index = 0;

  order(request: Request, result = new Uint8Array(), at = ++this.index): Answer {
    const machine = answering((command) => {
      this.applied.push(new TextDecoder().decode(command));
      return result;
    });
    return applyRequest(this.table, request, digestOf(request), logIndex(at), machine);
  }

  /** Opens a session at the next index. */
  open(base = this.index, client = "c1"): number {
    const answer = this.order(register(base, this.index, client));
    assertEquals(answer.outcome, "applied");
    return answer.index;
  }

  outcomes(...requests: Request[]): string[] {
    return requests.map((request) => this.order(request).outcome);
  }

  standing(request: Request, applied = this.index): string {
    const found = standingOf(this.table, request, digestOf(request), logIndex(applied));
    return "answer" in found ? `${found.standing} ${found.answer.outcome}@${found.answer.index}` : found.standing;
  }

  live(client = C1): number[] {
    return [...this.table.clients.get(client)?.live.keys() ?? []].map(Number);
  }

  bytes(): string {
    return [...sessionBytes(this.table)].map((bytes) => new TextDecoder().decode(bytes)).join("");
  }
}

const digestOf = (request: Request): Digest =>
  sha256Hex(new TextEncoder().encode(JSON.stringify(request, (_, value) => value?.toHex?.() ?? value)));
const register = (base: number, nonce = 0, client = "c1"): Request => ({
  ...{ kind: "RegisterSession", client: clientId(client), base: logIndex(base) },
  nonce: new Uint8Array(LIMITS.nonceBytes).fill(nonce),
});
const command = (session: number, number: number, floor = 1, text = `${number}`, client = "c1"): Request => ({
  ...{ kind: "SendRequest", client: clientId(client), session: logIndex(session), seq: seq(number), floor: seq(floor) },
  ...{ mode: "command", command: new TextEncoder().encode(text) },
});

Deno.test("§7.1 the index of a register is the id of its session, in which seqs begin at 1", () => {
  const log = new Ordered();
  assertEquals([log.open(), log.open(), log.open(0, "c2")], [1, 2, 3]);
  assertEquals(log.outcomes(command(1, 1), command(2, 1), command(3, 1, 1, "x", "c2")), [
    "applied",
    "applied",
    "applied",
  ]);
  assertEquals(log.order(command(3, 1)).outcome, "unknown");
});

Deno.test("§7.1b a command is executed once: again it keeps its answer, another one of its seq is a conflict and never runs", () => {
  const log = new Ordered();
  const id = log.open();
  const first = log.order(command(id, 1, 1, "mine"), Uint8Array.of(7));
  assertEquals([first.outcome, Number(first.index), first.result], ["applied", 2, Uint8Array.of(7)]);
  assertEquals(log.order(command(id, 1, 1, "mine")), first);
  const other = log.order(command(id, 1, 1, "another"));
  assertEquals([other.outcome, Number(other.index), other.result.length], ["conflict", 2, 0]);
  assertEquals([log.applied, other.request === first.request], [["mine"], false]);
  const standings = [log.standing(command(id, 1, 1, "mine")), log.standing(command(id, 1, 1, "another"))];
  assertEquals(standings, ["settled applied@2", "settled conflict@2"]);
});

Deno.test("§7.1a only the client's own signed floor moves the window: a high seq ordered first kills nothing before it", () => {
  const log = new Ordered();
  const id = log.open();
  assertEquals(log.outcomes(...[100, 4, 5].map((number) => command(id, number))), ["ahead", "applied", "ahead"]);
  assertEquals(log.outcomes(...[1, 2, 3].map((number) => command(id, number))), ["applied", "applied", "applied"]);
  assertEquals(log.applied, ["4", "1", "2", "3"]);
});

Deno.test("§7.1 the floor moves the window, drops the answers below it, and never moves back", () => {
  const log = new Ordered();
  const id = log.open();
  const outcomes = log.outcomes(command(id, 1), command(id, 6, 4), command(id, 7, 4), command(id, 8, 4));
  assertEquals(outcomes, ["applied", "applied", "applied", "ahead"]);
  assertEquals(log.outcomes(command(id, 3), command(id, 4), command(id, 7)), ["expired", "applied", "conflict"]);
  assertEquals([...log.table.clients.get(C1)!.live.get(logIndex(id))!.answers.keys()], [6, 7, 4].map(seq));
  assertEquals(log.standing(command(id, 1)), `settled expired@${log.index}`);
});

Deno.test("§7.1 what is outside the window is a deterministic no-op, and told without being ordered", () => {
  const log = new Ordered();
  const id = log.open();
  log.order(command(id, 2, 2));
  const before = log.bytes();
  assertEquals(log.outcomes(command(id, 1), command(id, 9, 2)), ["expired", "ahead"]);
  assertEquals(log.bytes(), before);
  assertEquals([log.standing(command(id, 9, 5)), log.standing(command(id, 8, 5))], ["ahead ahead@4", "open"]);
});

Deno.test("§7.1c one register opens one session, and never another: as long as it is open, and after", () => {
  const log = new Ordered();
  const first = register(0, 1);
  assertEquals([log.order(first).index, log.order(first).index].map(Number), [1, 1]);
  assertEquals(log.live(), [1]);
  for (let i = 0; i < S; i++) log.open();
  assertEquals(log.live(), [3, 4, 5]);
  assertEquals(log.standing(first), "settled void@5");
  assertEquals(log.outcomes(first), ["void"]);
  assertEquals(log.live(), [3, 4, 5]);
});

Deno.test("§7.1c a register is void past its horizon, before its base, and where its client opens one at that index", () => {
  const log = new Ordered();
  const at = (base: number, index: number, nonce: number) => log.order(register(base, nonce), undefined, index).outcome;
  assertEquals([at(20, 20, 1), at(20, 21, 1)], ["void", "applied"]);
  assertEquals([at(20, 21, 2), at(20, 20 + H, 2)], ["void", "applied"]);
  assertEquals([at(20, 21 + H, 3), log.live().length], ["void", 2]);
  const stands = (base: number, applied: number) => log.standing(register(base, 9), applied);
  assertEquals([stands(20, 19), stands(20, 20), stands(20, 19 + H)], ["lagging", "open", "open"]);
  assertEquals(stands(20, 20 + H), `settled void@${20 + H}`);
});

Deno.test("§7.1c what was opened before a session that is closed was not forgotten: old registers are void for good", () => {
  const log = new Ordered();
  const unused = register(0, 200);
  for (let i = 0; i < S; i++) log.open();
  assertEquals(log.standing(unused), "open");
  log.open(); // closes session 1
  assertEquals([log.standing(unused), log.outcomes(unused)], ["settled void@4", ["void"]]);
  assertEquals(log.standing(register(1, 201)), "open");
});

Deno.test("§7.1d the session goes whose last first execution is longest ago; repeating old commands keeps none alive", () => {
  const log = new Ordered();
  const [a, b, c] = [log.open(), log.open(), log.open()];
  log.outcomes(command(b, 1), command(a, 1), command(c, 1));
  // A leader that orders b's old command again, or what is not executed, does not bring b up.
  assertEquals(log.outcomes(command(b, 1), command(b, 1, 1, "x"), command(b, 99)), ["applied", "conflict", "ahead"]);
  log.open();
  assertEquals(log.live(), [a, c, 10]);
  log.open();
  assertEquals(log.live(), [c, 10, 11]);
});

Deno.test("§7.1d of sessions that executed in one entry the one opened first goes", () => {
  const log = new Ordered();
  const [a, b, c] = [log.open(), log.open(), log.open()];
  for (const id of [c, a, b]) log.order(command(id, 1), undefined, 4);
  log.index = 4;
  log.open();
  assertEquals(log.live(), [b, c, 5]);
});

Deno.test("§7.1e a closed session executes nothing, and says what was never executed in it as long as it is remembered", () => {
  const log = new Ordered();
  const id = log.open();
  log.outcomes(command(id, 1), command(id, 3));
  for (let i = 0; i < S; i++) log.open();
  const told = [1, 2, 3, 4, 9].map((number) => log.order(command(id, number)).outcome);
  assertEquals(told, ["unknown", "unknown", "unknown", "unexecuted", "unexecuted"]);
  assertEquals(log.applied, ["1", "3"]);
  assertEquals(log.standing(command(id, 4)), `settled unexecuted@${log.index}`);
  for (let i = 0; i < LIMITS.maxClosedSessions; i++) log.open();
  assertEquals(log.table.clients.get(C1)!.closed.size, LIMITS.maxClosedSessions);
  assertEquals(log.standing(command(id, 4)), `settled unknown@${log.index}`);
});

Deno.test("§7.1e of a session this replica has not applied yet it says nothing; one that never was is unknown", () => {
  const log = new Ordered();
  log.open();
  log.order(command(1, 1));
  assertEquals([log.standing(command(2, 1)), log.standing(command(3, 1))], ["settled unknown@2", "lagging"]);
});

Deno.test("§7.1 what a client can make replicas keep is bounded in sessions, commands and bytes", () => {
  const log = new Ordered();
  const long = new Uint8Array(LIMITS.maxResultBytes);
  const ids = [log.open(), log.open(), log.open()];
  const most = LIMITS.maxSessionBytes / LIMITS.maxResultBytes;
  const wide = createSessionTable({ ...log.table.bounds, sessionWindow: 400 });
  const order = (request: Request, index: number) =>
    applyRequest(wide, request, digestOf(request), logIndex(index), answering(() => long)).outcome;
  ids.forEach((id) => order(register(id - 1, id), id));
  for (let i = 1; i <= most; i++) order(command(ids[i % 2]!, i), 10 + i);
  assertEquals([...wide.clients.get(C1)!.live.keys()].map(Number), ids);
  order(command(ids[1]!, 100), 100);
  // The third one holds nothing, so that closing it is not enough; one session alone may hold its window.
  assertEquals([...wide.clients.get(C1)!.live.keys()].map(Number), [ids[1]!]);
  for (let i = 101; i < 101 + 2 * most; i++) assertEquals(order(command(ids[1]!, i), i), "applied");
  assertEquals([...wide.clients.get(C1)!.live.keys()].map(Number), [ids[1]!]);
});

Deno.test("I6 equal tables give equal bytes, different ones different bytes", () => {
  const [one, other] = [new Ordered(), new Ordered()];
  for (const log of [one, other]) log.open();
  one.order(command(1, 1));
  assertEquals(one.bytes() === other.bytes(), false);
  other.order(command(1, 1));
  assertEquals(one.bytes(), other.bytes());
});
