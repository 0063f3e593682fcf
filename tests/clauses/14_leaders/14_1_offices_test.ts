import { assert, assertEquals } from "@std/assert";
import { type ReplicaId, term } from "../../../protocol/ids.ts";
import { lastHead } from "../../../replica/core/log/log.ts";
import { entriesOf } from "../../../replica/core/offices/terms_of_office.ts";
import { CONSTANTS } from "../../simulation/nodes/sim_cluster.ts";
import { ElectionLab } from "../support/election_lab.ts";
import { appendEntries, endOf, GENESIS, grow, prepareCertificate } from "../support/forge.ts";
import { handOver, rollCall } from "../support/forge_offices.ts";

const T = CONSTANTS.electionTimeoutMs;
const CHAIN = grow(GENESIS, 5, 1);
const CONSTANT = { officeEntries: 4 };

/** Returns a follower, r1, of r4 in term 1, with all of `CHAIN` committed. */
function follower(): ElectionLab {
  const lab = new ElectionLab({ constants: CONSTANT });
  lab.follow("r4", 1, CHAIN);
  lab.commit(endOf(CHAIN));
  return lab;
}

Deno.test("§14.1 of each office it is remembered who led, how long, what was committed, and why it was to end", () => {
  const lab = follower();
  const began = lab.now;
  lab.feed(handOver("r4", 1, "r2", endOf(CHAIN)));
  lab.elapse(30);
  lab.follow("r2", 2, [], {
    base: prepareCertificate(1, endOf(CHAIN), ["r2", "r3", "r4"]),
    prev: lastHead(lab.state.log),
  });
  lab.elapse(10);
  const [past, present] = lab.state.offices.known;
  assertEquals([past!.term, past!.leader, past!.wantedFor], [term(1), "r4" as ReplicaId, "hand-over"]);
  assertEquals([entriesOf(past!, lab.state), past!.ended!.at - began], [5, 30]);
  assertEquals([present!.leader as string, present!.wantedFor, present!.ended], ["r2", null, null]);
  assertEquals(entriesOf(present!, lab.state), 0, "what was committed before belongs to the last one");
});

Deno.test("§14.1 offices of the last n leaders are remembered", () => {
  const lab = new ElectionLab();
  for (let i = 1; i <= 7; i++) lab.follow(["r2", "r3", "r4"][i % 3]!, i);
  assertEquals(lab.state.offices.known.map((office) => Number(office.term)), [4, 5, 6, 7]);
});

Deno.test("§14.1a nothing that another claims counts: neither a commit index, nor a tip, nor an index behind it", () => {
  const lab = new ElectionLab({ constants: CONSTANT });
  lab.follow("r4", 1, CHAIN);
  lab.feed(appendEntries("r4", 1, [], { prev: endOf(CHAIN), round: 9, commit: 5 }));
  lab.elapse(10);
  const [office] = lab.state.offices.known;
  assertEquals(
    [entriesOf(office!, lab.state), office!.dueSince],
    [0, null],
    "five entries are on its log, none committed",
  );
  lab.feed(handOver("r4", 1, "r2", { ...endOf(CHAIN), index: 900 as typeof CHAIN[number]["entry"]["index"] }));
  lab.elapse(10);
  assertEquals([entriesOf(office!, lab.state), office!.dueSince], [0, null]);
  lab.commit(endOf(CHAIN));
  lab.elapse(10);
  assertEquals(entriesOf(office!, lab.state), 5);
  assert(office!.dueSince !== null);
});

Deno.test("§14.1b a replica that has restarted begins with nothing of it", () => {
  const lab = follower();
  lab.elapse(10);
  lab.feed(handOver("r4", 1, "r2", endOf(CHAIN)), rollCall("r3"));
  const { offices } = lab.state;
  assert(offices.known.length === 1 && offices.rollCalls.size === 1 && offices.known[0]!.dueSince !== null);
  lab.restart();
  assertEquals([lab.state.offices.known, [...lab.state.offices.rollCalls], lab.state.view.handOver], [[], [], null]);
  lab.elapse(T / 2);
  assert(!lab.suspects, "its leader is to show itself first");
});
