import { assert, assertEquals, assertThrows } from "@std/assert";
import { sha256Hex } from "../../../crypto/digest.ts";
import { clientId, logIndex } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import type { Feed } from "../../../protocol/operations/feed.ts";
import { HeldFeeds } from "../../../replica/answers/held_feeds.ts";
import { createState } from "../../../replica/core/create_state.ts";
import { INGRESS_LIMITS } from "../../../replica/limits/ingress_limits.ts";
import { coreConfigOf } from "../../../replica/replica_config.ts";
import { EMPTY_RECOVERED } from "../../../replica/storage/empty.ts";
import { encodeKvCommand, encodeKvWatch, KvStore } from "../../../state_machine/mod.ts";
import { encodeMessage, feedAnswerCodec } from "../../../transport/codec/mod.ts";
import { contextAt } from "../../support/contexts.ts";
import { NO_CHANGES } from "../../support/executors.ts";
import { makeRoster } from "../../support/make_roster.ts";
import { HeldChunks } from "../../support/snapshot_values.ts";

/** Held feeds of a replica whose store is written to directly. */
function feedsLab(machine = new KvStore()) {
  const { roster } = makeRoster();
  const ports = { hash: sha256Hex, machine, changes: NO_CHANGES, chunks: new HeldChunks() };
  const state = createState(coreConfigOf(roster, roster.replicas[0]!, 1), EMPTY_RECOVERED, ports, 0);
  const answers: string[] = [];
  const budget = { used: false, work: 0 };
  const feeds = new HeldFeeds({
    ...{ state, machine, changes: NO_CHANGES },
    replier: {
      answerWithinBudget(route, client, nonce, query) {
        if (budget.used) return null;
        const answer = query();
        budget.work += answer.workBytes ?? 0;
        if (!("ok" in answer)) return answer;
        const { kind, position, events } = answer.ok
          ? feedAnswerCodec.decode(answer.payload)
          : { kind: "not now", position: 0, events: [] };
        answers.push(
          `${client}@${route} ${nonce}: ${kind} ${
            events.map(({ position }) => position).join(" ")
          } through ${position}`,
        );
        return answer;
      },
    },
  });
  return {
    ...{ feeds, state, machine, budget },
    ask: (nonce: number, { client = "c1", route = "", after = 0, waitMs = 100, prefix = "", now = 0 } = {}) =>
      feeds.ask(
        { kind: "GetFeed", client: clientId(client), nonce, after, waitMs, watch: encodeKvWatch({ prefix }) },
        route || client,
        now,
      ),
    put(key: string): void {
      machine.apply(encodeKvCommand({ op: "put", key, value: new Uint8Array() }), contextAt());
      state.appliedIndex = logIndex(state.appliedIndex + 1);
    },
    /** Returns the answers since the last call. */
    taken: () => answers.splice(0),
  };
}

Deno.test("§7.6 a question waits until something has happened that it asks for, or its time is over", () => {
  const { feeds, ask, put, taken } = feedsLab();
  ask(1, { prefix: "a" });
  ask(2, { prefix: "a", waitMs: 0 });
  assertEquals(taken(), ["c1@c1 2: events  through 0"]);
  put("b");
  feeds.look(50);
  assertEquals([taken(), feeds.size], [[], 1]);
  put("a");
  feeds.look(60);
  assertEquals([taken(), feeds.size], [["c1@c1 1: events 2 through 2"], 0]);
  ask(3, { prefix: "a", after: 2, now: 60 });
  put("b");
  for (const now of [100, 159, 160]) feeds.look(now);
  assertEquals([taken(), feeds.size], [["c1@c1 3: events  through 3"], 0], "nothing happened up to 3");
  ask(4, { prefix: "a" });
  assertEquals([taken(), feeds.size], [["c1@c1 4: events 2 through 3"], 0], "what has happened is told at once");
});

Deno.test("§7.6a a replica that cannot vouch for its state says so, and to those who wait as well", () => {
  const { feeds, state, ask, put, taken } = feedsLab();
  Object.assign(state, { replayUntil: logIndex(1) });
  ask(1);
  assertEquals(taken(), ["c1@c1 1: not now  through 0"]);
  put("a");
  ask(2);
  assertEquals(taken(), ["c1@c1 2: events 1 through 1"]);
  ask(3, { after: 1 });
  state.hard = { ...state.hard, recovery: { nonce: null } as never };
  put("b");
  feeds.look(1);
  assertEquals([taken(), feeds.size], [["c1@c1 3: not now  through 0"], 0]);
});

Deno.test("§7.6e of a client, and of all, only so many questions wait; the oldest goes, and the same one counts once", () => {
  const { feeds, ask, put, taken } = feedsLab();
  for (let nonce = 1; nonce <= INGRESS_LIMITS.feedsHeldPerClient + 3; nonce++) ask(nonce);
  for (let i = 0; i < 5; i++) ask(9);
  assertEquals(feeds.size, INGRESS_LIMITS.feedsHeldPerClient);
  put("a");
  feeds.look(1);
  const nonces = taken().map((line) => Number(line.split(" ")[1]!.slice(0, -1))).sort((a, b) => a - b);
  assertEquals(nonces, Array.from({ length: INGRESS_LIMITS.feedsHeldPerClient }, (_, i) => i + 4));

  const clients = Math.ceil(INGRESS_LIMITS.feedsHeld / INGRESS_LIMITS.feedsHeldPerClient) + 1;
  ask(1, { client: "c127", after: 1 });
  for (let i = 0; i < clients; i++) {
    for (let nonce = 1; nonce <= INGRESS_LIMITS.feedsHeldPerClient; nonce++) ask(nonce, { client: `c${i}`, after: 1 });
  }
  assertEquals(feeds.size, INGRESS_LIMITS.feedsHeld);
  put("b");
  feeds.look(2);
  const told = taken();
  assertEquals([told.length, feeds.size, told.some((line) => line.startsWith("c127"))], [
    INGRESS_LIMITS.feedsHeld,
    0,
    true,
  ]);
});

Deno.test("§7.6e a question that may not be answered yet for want of budget goes on waiting, and one over another route is another", () => {
  const { feeds, ask, put, taken, budget } = feedsLab();
  ask(1, { route: "a" });
  ask(1, { route: "b" });
  budget.used = true;
  put("a");
  feeds.look(1);
  assertEquals([feeds.size, ask(2)], [2, "reply-budget"]);
  budget.used = false;
  feeds.look(200);
  assertEquals([taken(), feeds.size], [["c1@a 1: events 1 through 1", "c1@b 1: events 1 through 1"], 0]);
});

/** A machine that counts how often it is asked. */
class Counting extends KvStore {
  asked = 0;
  override feed(...of: Parameters<KvStore["feed"]>): Feed | null {
    this.asked++;
    return super.feed(...of);
  }
}

Deno.test("§7.6e without budget nothing is looked for, and what is looked through in vain is paid for as well", () => {
  const machine = new Counting();
  const { ask, put, feeds, budget, taken } = feedsLab(machine);
  const { feedEventBytes, feedPositionBytes } = INGRESS_LIMITS;
  for (let i = 0; i < 10; i++) put("a");
  assertEquals([ask(1, { prefix: "b" }), budget.work, feeds.size], [null, 10 * feedPositionBytes, 1]);
  budget.used = true;
  put("b");
  const { asked } = machine;
  for (let now = 1; now < 500; now++) feeds.look(now);
  assertEquals([ask(2), machine.asked, taken()], ["reply-budget", asked, []]);
  budget.used = false;
  budget.work = 0;
  feeds.look(600);
  assertEquals([taken(), budget.work], [["c1@c1 1: events 11 through 11"], feedPositionBytes + feedEventBytes]);
});

/** A machine with more to say than an answer holds. */
class Talkative extends KvStore {
  override feed(_watch: Uint8Array, after: number): Feed {
    const events = Array.from(
      { length: LIMITS.maxFeedEvents + 5 },
      (_, i) => ({ position: after + i + 1, value: new Uint8Array() }),
    );
    return { kind: "events", events, through: after + events.length + 100 };
  }
}

Deno.test("§7.6e an answer holds so many events, and says up to where it is complete; questions are bounded too", () => {
  const { ask, taken } = feedsLab(new Talkative());
  ask(1);
  const [line = ""] = taken();
  assert(line.endsWith(` ${LIMITS.maxFeedEvents} through ${LIMITS.maxFeedEvents}`), line.slice(-60));
  const question = { kind: "GetFeed", client: clientId("c1"), nonce: 1, after: 0, waitMs: 0 } as const;
  const encode = (changes: object) => () =>
    encodeMessage({ ...question, watch: new Uint8Array(LIMITS.maxWatchBytes), ...changes });
  encode({})();
  for (const wrong of [{ watch: new Uint8Array(LIMITS.maxWatchBytes + 1) }, { waitMs: LIMITS.maxFeedWaitMs + 1 }]) {
    assertThrows(encode(wrong), RangeError);
  }
});
