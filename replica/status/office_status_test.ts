import { assertEquals } from "@std/assert";
import { ElectionLab } from "../../tests/clauses/support/election_lab.ts";
import { endOf, GENESIS, grow } from "../../tests/clauses/support/forge.ts";
import { handOver } from "../../tests/clauses/support/forge_offices.ts";
import { officesStatus } from "./office_status.ts";

const CHAIN = grow(GENESIS, 5, 1);

const statusOf = (lab: ElectionLab) => officesStatus(lab.state, lab.now).offices;

Deno.test("a status tells of the office that lasts: who, for how long, how much, since when it is over, and the word of its end", () => {
  const lab = new ElectionLab({ constants: { officeEntries: 4 } });
  assertEquals(statusOf(lab), { current: null, past: [], handOver: null, starvedMs: 0 });
  lab.follow("r4", 1, CHAIN);
  lab.commit(endOf(CHAIN));
  lab.elapse(10);
  lab.elapse(50);
  const office = { term: 1, leader: "r4", forMs: 60, entries: 5, wantedFor: null };
  assertEquals(statusOf(lab).current, { ...office, dueForMs: 50 });
  lab.feed(handOver("r4", 1, "r2", endOf(CHAIN)));
  assertEquals(statusOf(lab).handOver, { successor: "r2", reason: null });
});

Deno.test("it tells of past offices why each was to end, and a leader why it hands over", () => {
  const lab = new ElectionLab();
  lab.follow("r4", 1);
  lab.elapse(30);
  lab.feed(handOver("r4", 1, "r2"));
  lab.lead(2);
  assertEquals(statusOf(lab).past, [{
    term: 1,
    leader: "r4",
    forMs: lab.now - 1000,
    entries: 0,
    wantedFor: "hand-over",
  }]);
  lab.run([{ kind: "leave", reason: "deactivate" }]);
  assertEquals([statusOf(lab).current!.leader, statusOf(lab).handOver], ["r1", {
    successor: null,
    reason: "deactivate",
  }]);
});
