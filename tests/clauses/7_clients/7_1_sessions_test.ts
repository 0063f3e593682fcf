/** §7.1: what a leader's order of requests can do to a client, and what it cannot. */
import { assertEquals } from "@std/assert";
import type { Request } from "../../../protocol/message.ts";
import type { Signed } from "../../../protocol/signed.ts";
import { numberOf } from "../../support/numbered_requests.ts";
import { ElectionLab } from "../support/election_lab.ts";
import { endOf, entryAfter, GENESIS, register, request, requestIn } from "../support/forge.ts";

/** Returns what c1 is told of requests ordered in this order, one per entry, as `seq outcome@index`. */
function told(...requests: Signed<Request>[]): string[] {
  const lab = new ElectionLab({ constants: { registrationHorizon: 32 } });
  lab.follow("r2", 1);
  const chain = [entryAfter(GENESIS, 1, [requests[0]!])];
  for (const next of requests.slice(1)) chain.push(entryAfter(endOf(chain), 1, [next]));
  lab.append(GENESIS, chain);
  lab.commit(endOf(chain));
  return lab.replies.flatMap(({ answers }) => answers.map((a) => `${numberOf(a.request)} ${a.outcome}@${a.index}`));
}

Deno.test("§7.1a only the client's own signed floor moves its window: a high seq ordered first kills none before it", () => {
  assertEquals(told(request(15), request(0), request(14), request(1)), [
    ...["15 applied@1", "0 applied@2", "14 applied@3", "1 applied@4"],
  ]);
  assertEquals(told(request(5, "", "c1", 5), request(4), request(20, "", "c1", 2), request(21), request(5)), [
    ...["5 applied@1", "4 expired@2", "20 applied@3", "21 ahead@4", "5 conflict@1"], // signed with another floor
  ]);
});

Deno.test("§7.1b a seq is executed once: again it keeps its answer, and another command is told that it is another", () => {
  assertEquals(told(request(3, "one"), request(3, "one"), request(3, "other"), request(4)), [
    ...["3 applied@1", "3 applied@1", "3 conflict@1", "4 applied@4"],
  ]);
});

Deno.test("§7.1c a register opens one session, however often a leader orders it; past its horizon none", () => {
  const [first, late] = [register(0, 1), register(0, 2)];
  assertEquals(told(request(0), first, first, requestIn(2, 1)).map((line) => line.split(" ")[1]), [
    ...["applied@1", "applied@2", "applied@2", "applied@4"],
  ]);
  const before = Array.from({ length: 32 }, (_, i) => request(i % 3));
  const outcomes = (registered: Signed<Request>[]) => told(...before, ...registered).map((line) => line.split(" ")[1]);
  assertEquals(outcomes([late]).slice(-1), ["void@33"]);
  assertEquals(outcomes([register(1, 2)]).slice(-1), ["applied@33"]);
});

Deno.test("§7.1c a leader that orders two registers of a client in one entry opens one session: an index is the id of one", () => {
  const lab = new ElectionLab();
  lab.follow("r2", 1);
  const chain = [entryAfter(GENESIS, 1, [request(0)])];
  chain.push(entryAfter(endOf(chain), 1, [register(0, 1), register(0, 2), register(0, 1, "c2")]));
  lab.append(GENESIS, chain);
  lab.commit(endOf(chain));
  const outcomes = lab.replies.flatMap(({ client, answers }) =>
    answers.map((a) => `${client} ${a.outcome}@${a.index}`)
  );
  assertEquals(outcomes, ["c1 applied@1", "c1 applied@2", "c1 void@2", "c2 applied@2"]);
});

Deno.test("§7.1d old registers, ordered again by a faulty leader, push out no session that is in use", () => {
  const dead = [1, 2, 3, 4].map((nonce) => register(0, nonce));
  const live = register(4, 9);
  // Four sessions fit: SESSION and the first three; the fourth closes SESSION, which nothing was executed in, the next ones close the dead.
  const outcomes = told(...dead, live, requestIn(5, 1), ...dead, ...dead, requestIn(5, 2)).map((line) =>
    line.split(" ")[1]
  );
  assertEquals(outcomes.slice(0, 6), ["void@1", "applied@2", "applied@3", "applied@4", "applied@5", "applied@6"]);
  assertEquals(outcomes.at(-1), "applied@15");
  assertEquals(new Set(outcomes.slice(6, -1)), new Set(["void@7", "applied@2", "applied@3", "applied@4", "void@11"]));
});

Deno.test("§7.1e a command of a session that was closed meanwhile is not executed, and what is told of it is true", () => {
  const registers = [1, 2, 3, 4].map((nonce) => register(1, nonce));
  const outcomes = told(request(3), ...registers, request(2), request(4), request(3)).map((line) => line.split(" ")[1]);
  assertEquals(outcomes, [
    ...["applied@1", "applied@2", "applied@3", "applied@4", "applied@5"],
    ...["unknown@6", "unexecuted@7", "unknown@8"],
  ]);
});
