import { assert, assertEquals } from "@std/assert";
import { joinRequests, joinStatements } from "../../../protocol/entry_body.ts";
import { logIndex, term } from "../../../protocol/ids.ts";
import { ofEntry } from "../../../protocol/signatures.ts";
import { entryAt, lastIndex } from "../../../replica/core/log/log.ts";
import { decodeRequests, entryOf } from "../../../transport/codec/mod.ts";
import { FAKE_CHECK } from "../../simulation/network/fake_crypto.ts";
import { request } from "../support/forge.ts";
import { statement } from "../support/forge_time.ts";
import { TimeLab } from "../support/time_lab.ts";

Deno.test("§15.1a a replica states its clock once a second while its state machine waits, and at once in a new term", () => {
  const lab = TimeLab.following();
  lab.elapse(20);
  assertEquals(lab.stated(), ["10 to r2"], "it begins with log time 0 when it starts");
  lab.elapse(980);
  assertEquals(lab.stated(), []);
  lab.elapse(1100);
  assertEquals(lab.stated(), ["1010 to r2", "2000 to r2"], "two seconds above log time at most");
  lab.follow("r3", 2, [], { base: lab.state.prepared });
  lab.elapse(10);
  assertEquals(lab.stated().length, 1);
  lab.seen.waits = false;
  lab.elapse(5000);
  assertEquals(lab.stated(), []);
});

/** Statements in the entries of a leader's log, one text for each entry. */
const statementsOf = ({ state: { log } }: TimeLab): string[] =>
  Array.from({ length: lastIndex(log) }, (_, i) => entryAt(log, logIndex(i + 1))!.entry)
    .filter(({ statements }) => statements !== undefined)
    .map(({ statements }) => statements!.map(({ message }) => `${message.replica} ${message.clock}`).join(", "));

Deno.test("§15.1b a leader orders the highest statement of each replica once they would move log time, and no earlier", () => {
  const lab = new TimeLab({ waits: true, told: [], times: [] }, { electionTimeoutMs: 500 });
  lab.lead(1);
  lab.state.logClock.wanted = true;
  lab.state.logClock.pool.clear();
  assertEquals(lab.hear({ r3: 500 }), "accept");
  assertEquals(lab.hear({ r3: 400 }), "stated-before");
  assertEquals(lab.hear({ r3: 700 }), "accept");
  assertEquals(statementsOf(lab), [], "one alone moves nothing, with one replica that may lie");
  lab.hear({ r4: 600 });
  assertEquals(statementsOf(lab), ["r3 700, r4 600"]);
  assertEquals(lab.hear({ r4: 600 }), "accept", "it may have been lost with its entry");
});

Deno.test("§15.1b who does not lead takes no statement, and no leader takes one that nothing waits for", () => {
  const lab = TimeLab.following();
  assertEquals(lab.hear({ r3: 500 }), "not-the-leader");
  const leader = new TimeLab({ waits: false, told: [], times: [] }, { electionTimeoutMs: 500 });
  leader.lead(1);
  assertEquals(leader.hear({ r3: 500 }), "nothing-waits");
});

const read = (body: Uint8Array) => entryOf(logIndex(1), term(1), body);

Deno.test("§15.1c an entry of statements has one of each replica at most, ascending, and no request", () => {
  const [a, b] = [statement("r1", 5), statement("r2", 6)];
  const good = read(joinStatements([a, b]));
  assertEquals([good.requests, good.statements?.map(({ message }) => message)], [[], [a.message, b.message]]);
  const bad = [[b, a], [a, a], [a, statement("r1", 7)]].map((list) => joinStatements(list));
  const none = Uint8Array.of(0x80, 0);
  const mixed = [joinStatements([a, request(1) as never]), joinRequests([a as never])];
  const cut = joinStatements([a]).subarray(0, -1);
  for (const body of [...bad, none, ...mixed, cut]) {
    const { requests, statements } = read(body);
    assertEquals([requests, statements], [null, undefined]);
  }
  assertEquals(decodeRequests(joinStatements([a])), null);
});

Deno.test("§15.1d each statement of an entry is verified, by the key of the replica that it names", () => {
  const holds = (entry: ReturnType<typeof read>) => ofEntry(entry).every((claim) => FAKE_CHECK.holds(claim));
  const own = statement("r1", 5);
  const entry = (...statements: (typeof own)[]) => ({ ...read(joinStatements(statements)), statements });
  assert(holds(entry(own, statement("r2", 5))));
  const stolen = { ...own, signature: statement("r2", 5).signature };
  assert(!holds(entry(statement("r2", 5), stolen)));
  assertEquals(ofEntry(entry(own)).map(({ role, signer, kind }) => [role, String(signer), kind]), [
    ["replica", "r1", "ClockStatement"],
  ]);
});
