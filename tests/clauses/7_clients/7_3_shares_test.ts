/** §7.3: a leader's log among clients of which one wants far more than the others. */
import { assert, assertEquals } from "@std/assert";
import { clientId } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import { noteResult } from "../../../replica/core/clients/fair_share.ts";
import { poolRequest, takeRequests } from "../../../replica/core/clients/request_pool.ts";
import { ElectionLab } from "../support/election_lab.ts";
import { endOf, knownOf, request, requestIn } from "../support/forge.ts";

/** Clients in the order in which the next entry takes their requests, each as often as it does. */
const nextEntry = (lab: ElectionLab): string =>
  takeRequests(lab, 1, () => 100).map(({ message }) => message.client).join(" ");

/** A leader, and what has clients send it requests, and all that is under way be applied. */
function leading() {
  const lab = new ElectionLab();
  lab.lead(1);
  lab.commit(endOf(lab.state.log.entries));
  const { requests } = lab.state;
  let number = 0;
  return {
    lab,
    pool(client: string, count: number) {
      for (const end = number + count; number < end; number++) {
        assert(poolRequest(lab.state, knownOf(request(number, "", client))));
      }
    },
    apply: () => requests.proposed.clear(),
    /** Lets time pass until nobody knows any more what clients wanted. */
    forget: () => lab.now += 2 * lab.state.config.constants.heartbeatMs + 1,
  };
}

Deno.test("§7.3j who wants far more than most gets it in small parts, and alone all of it", () => {
  const { lab, pool, apply, forget } = leading();
  pool("c1", 12);
  assertEquals(nextEntry(lab).split(" ").length, 12, "nobody else is there");
  apply();
  forget();
  pool("c1", 12);
  pool("c2", 6);
  assertEquals(nextEntry(lab), Array.from({ length: 6 }, () => "c1 c2").join(" "), "as many as the other wants");
  assertEquals(nextEntry(lab), "", "while those are on their way");
  apply();
  forget();
  pool("c2", 1);
  const few = Array.from({ length: LIMITS.fairShare }, () => "c1");
  assertEquals(nextEntry(lab), [few[0], "c2", ...few.slice(1)].join(" "), "a few in any case");
  pool("c2", 1);
  assertEquals(nextEntry(lab), "c2", "who wants little is not held up");
});

Deno.test("§7.3j who wants more than four times as much as most gets half as much", () => {
  const { lab, pool, apply } = leading();
  pool("c1", 12);
  nextEntry(lab);
  pool("c1", 12);
  nextEntry(lab);
  apply();
  pool("c1", 12);
  pool("c2", 1);
  assertEquals(nextEntry(lab), "c1 c2 c1", "c1 has wanted 24");
});

Deno.test("§7.3j who has been answered and is about to ask again counts for two heartbeats, with the most that it wanted", () => {
  const { lab, pool, apply, forget } = leading();
  pool("c2", 6);
  assertEquals(nextEntry(lab).split(" ").length, 6);
  apply();
  pool("c1", 12);
  assertEquals(nextEntry(lab).split(" ").length, 6, "as many as the other had");
  apply();
  forget();
  assertEquals(nextEntry(lab).split(" ").length, 6, "all that is left");
});

Deno.test("§7.3j who wants more than most has no entry of its own while others are under way, and goes along in theirs", () => {
  const { lab, pool } = leading();
  lab.request(request(15, "", "c2"), false);
  assertEquals(lab.state.log.entries.length, 2, "the request of c2 is under way");
  pool("c1", 12);
  assertEquals(nextEntry(lab), "");
  pool("c2", 1);
  assertEquals(nextEntry(lab).split(" ").toSorted(), ["c1", "c1", "c1", "c1", "c2"]);
});

/** Charges c1 for the longest results, as many as are forgiven in `patiences`. */
function owe({ state, now }: ElectionLab, patiences: number): void {
  const results = patiences * state.config.constants.sessionsPerClient;
  for (let i = 0; i < results; i++) noteResult(state, clientId("c1"), LIMITS.maxResultBytes, now);
}

Deno.test("§7.3j long results are waited for while others want something: all sessions can have the longest once in a patience", () => {
  const { lab, pool, apply, forget } = leading();
  owe(lab, 1);
  pool("c1", 1);
  assertEquals(nextEntry(lab), "c1", "nobody else is there");
  apply();
  pool("c1", 1);
  pool("c2", 1);
  assertEquals(nextEntry(lab), "c2");
  lab.now += lab.state.config.constants.patienceMs;
  forget();
  assertEquals(nextEntry(lab), "c1", "all is forgiven");
});

Deno.test("§7.3h §7.3j each session of one that owes for years has its turn in half a patience, beside those that want little", () => {
  const { lab, pool, apply } = leading();
  owe(lab, 1000);
  const sessions = [2, 3];
  for (const session of sessions) {
    for (let i = 1; i < 5; i++) poolRequest(lab.state, knownOf(requestIn(session, i)));
  }
  const taken: number[] = [];
  for (const end = lab.now + lab.state.config.constants.patienceMs; lab.now <= end; lab.now += 10) {
    if (lab.now % 50 === 0) pool("c2", 1);
    for (const { message } of takeRequests(lab, 1, () => 100)) {
      if (message.kind === "SendRequest" && message.client === "c1") taken.push(message.session);
    }
    apply();
  }
  assertEquals(sessions.map((session) => taken.filter((each) => each === session).length), [2, 2]);
});
