import { assert, assertEquals } from "@std/assert";
import { lastHead } from "../../../replica/core/log/log.ts";
import { ElectionLab } from "../support/election_lab.ts";
import { request, requestVote } from "../support/forge.ts";
import { PACE_MS, PaceLab } from "../support/pace_lab.ts";

const ALL = ["r2", "r3", "r4"];

Deno.test("§14.4a who led last queues on until the next leader is proved, and passes all on to that one", () => {
  const lab = new ElectionLab();
  lab.lead(1);
  lab.run([{ kind: "leave", reason: "stop" }]);
  lab.request(request(2), false);
  lab.request(request(1, "", "c2"), false);
  lab.commit(lastHead(lab.state.log));
  const { prepared } = lab.state;
  lab.feed(requestVote("r2", 2, ALL, prepared));
  assert(lab.wait(1000, () => lab.state.hard.currentTerm === 2));
  assertEquals(lab.state.view.leader, null);
  assertEquals(lab.request(request(1), false), "accept");
  assertEquals(lab.take("ForwardedRequest"), []);

  lab.follow("r2", 2, [], { base: prepared, prev: lastHead(lab.state.log) });
  const passed = lab.take("ForwardedRequest");
  assertEquals(passed.map(({ to }) => to), [["r2"], ["r2"], ["r2"]]);
  const names = passed.map(({ packet: { signed: { message } } }) =>
    message.kind === "SendRequest" ? `${message.client} ${message.seq}` : message.kind
  );
  assertEquals(names, ["c1 2", "c2 2", "c1 3"], "the lowest first, clients in turn");
  assertEquals(lab.state.requests.pool.size, 0);
});

Deno.test("§14.4 a follower that led no office queues nothing without a leader", () => {
  const lab = new ElectionLab();
  lab.follow("r2", 1);
  lab.suspect();
  lab.feed(requestVote("r3", 2, ALL));
  assert(lab.wait(4000, () => lab.state.hard.currentTerm === 2));
  lab.request(request(1), false);
  assertEquals(lab.state.requests.pool.size, 0);
});

Deno.test("§14.4b a follower passes to a new leader at once what it was shown and has not seen committed, and nothing else", () => {
  const lab = PaceLab.following({ electionTimeoutMs: 100_000 });
  for (const client of ["c1", "c2"]) lab.show(request(0, "", client));
  lab.show(request(5));
  lab.serve(request(0, "", "c2"));
  lab.elapse(4 * PACE_MS);
  lab.passedOn();
  lab.change("r3", 2);
  lab.elapse(10);
  assertEquals(lab.passedOn(), ["c1 1 to r3"]);
});
