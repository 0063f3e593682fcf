/** §7.1: what a leader's order of requests can do to a client, and what it cannot. */
import { assertEquals } from "@std/assert";
import type { SendRequest } from "../../../protocol/message.ts";
import { ElectionLab } from "../support/election_lab.ts";
import { endOf, entryAfter, GENESIS, request } from "../support/forge.ts";
import type { Signed } from "../../../protocol/signed.ts";

/** Returns what c1 is told of requests ordered in this order, one per entry, as `seq outcome@index`. */
function told(...requests: Signed<SendRequest>[]): string[] {
  const lab = new ElectionLab();
  lab.follow("r2", 1);
  const chain = [entryAfter(GENESIS, 1, [requests[0]!])];
  for (const next of requests.slice(1)) chain.push(entryAfter(endOf(chain), 1, [next]));
  lab.append(GENESIS, chain);
  lab.commit(endOf(chain));
  return lab.replies.flatMap(({ answers }) => answers.map((a) => `${a.seq} ${a.outcome}@${a.index}`));
}

Deno.test("§7.1a only the client's own signed floor moves its window: a high seq ordered first kills none before it", () => {
  assertEquals(told(request(15), request(0), request(14), request(1)), [
    ...["15 applied@1", "0 applied@2", "14 applied@3", "1 applied@4"],
  ]);
  assertEquals(told(request(5, "", "c1", 5), request(4), request(20, "", "c1", 2), request(21), request(5)), [
    ...["5 applied@1", "4 expired@2", "20 applied@3", "21 ahead@4", "5 applied@1"],
  ]);
});

Deno.test("§7.1b a seq is applied once: ordered again, with another command too, it keeps its first answer", () => {
  assertEquals(told(request(3, "one"), request(3, "one"), request(3, "other"), request(4)), [
    ...["3 applied@1", "3 applied@1", "3 applied@1", "4 applied@4"],
  ]);
});
