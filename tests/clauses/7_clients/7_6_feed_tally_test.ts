import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { type FeedSaid, FeedTally, MAX_WAITING_BYTES } from "../../../client/session/feed_tally.ts";
import type { FeedEvent } from "../../../protocol/operations/feed.ts";

const IDS = ["r1", "r2", "r3", "r4"];
const event = (position: number, content = position): FeedEvent => ({ position, value: Uint8Array.of(content & 255) });
const said = (position: number, ...events: FeedEvent[]): FeedSaid => ({ kind: "events", position, events, reason: "" });
const gone = (position: number): FeedSaid => ({ kind: "gone", position, events: [], reason: "" });
const refused = (reason: string): FeedSaid => ({ kind: "refused", position: 0, events: [], reason });
const positions = (tally: FeedTally): number[] => tally.drain().map(({ position }) => position);

Deno.test("§7.6b one word is none: an event and a silence take f + 1", () => {
  const tally = new FeedTally(IDS, 2, 0);
  tally.take("r1", 0, said(5, event(3)));
  assertEquals([positions(tally), tally.through], [[], 0]);
  tally.take("r2", 0, said(2));
  assertEquals([positions(tally), tally.through], [[], 2], "two say that nothing happened up to 2");
  tally.take("r3", 0, said(9, event(3), event(8)));
  assertEquals([positions(tally), tally.through], [[3], 5]);
  tally.take("r2", 2, said(8, event(3), event(8)));
  assertEquals([positions(tally), tally.through], [[8], 8]);
});

Deno.test("§7.6c that something is gone, or refused, takes f + 1 with the same reason", () => {
  const tally = new FeedTally(IDS, 2, 4);
  tally.take("r1", 4, gone(90));
  tally.take("r2", 4, refused("malformed"));
  tally.take("r3", 4, refused("denied"));
  assertEquals([tally.oldest, tally.refusal], [null, null]);
  tally.take("r4", 4, refused("denied"));
  assertEquals([tally.oldest, tally.refusal], [null, "denied"]);
  tally.take("r3", 4, gone(10));
  assertEquals(
    [tally.oldest, tally.refusal],
    [90, null],
    "one of the two may lie: the other keeps all from there on at least",
  );
  tally.take("r2", 4, gone(12));
  assertEquals(tally.oldest, 12);
});

Deno.test("§7.6f a replica that tells far more than others is asked no more, until they say the same", () => {
  const tally = new FeedTally(IDS, 2, 0);
  const large = { position: 1, value: new Uint8Array(MAX_WAITING_BYTES) };
  tally.take("r1", 0, said(1, large));
  assertEquals(IDS.map((id) => tally.askBehind(id)), [null, 0, 0, 0]);
  tally.take("r2", 0, said(1, large));
  assertEquals(IDS.map((id) => tally.askBehind(id)), [1, 1, 1, 1]);
  assertEquals(tally.askBehind("stranger"), null);
});

Deno.test("§7.6d in another epoch only its own replicas count, and what was passed stays passed", () => {
  const tally = new FeedTally(IDS, 2, 0);
  for (const id of ["r1", "r2"]) tally.take(id, 0, said(2, event(1)));
  tally.take("r3", 2, said(5, event(4)));
  assertEquals(positions(tally), [1]);
  tally.adopt(["r3", "n1", "n2", "n3", "n4", "n5", "n6"], 3);
  assertEquals([tally.askBehind("r1"), tally.askBehind("n1"), tally.askBehind("r3")], [null, 2, 2]);
  for (const id of ["r1", "r2", "n1", "n2"]) tally.take(id, 2, said(5, event(4)));
  assertEquals(positions(tally), [], "two of the three that it takes");
  tally.take("r3", 2, said(6, event(4)));
  assertEquals([positions(tally), tally.through], [[4], 5]);
});

Deno.test("answers that no honest replica gives are not taken in", () => {
  const tally = new FeedTally(IDS, 1, 5);
  const wrong = [
    said(4),
    said(6, event(7)),
    said(9, event(7), event(7)),
    said(9, event(8), event(7)),
    said(9, event(5)),
    gone(6),
  ];
  for (const answer of wrong) assert(!tally.take("r1", 5, answer), JSON.stringify(answer));
  assertEquals([positions(tally), tally.through, tally.oldest], [[], 5, null]);
  assert(tally.take("r1", 5, said(9, event(6))));
  assertEquals([positions(tally), tally.through], [[6], 9]);
});

/** A history of positions, some of which hold an event, and how four replicas, one of which lies, tell it piece by piece. */
const history = fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { maxLength: 20 }).map((all) =>
  all.sort((a, b) => a - b)
);
const lie = fc.record({
  position: fc.nat({ max: 60 }),
  events: fc.array(fc.record({ position: fc.nat({ max: 60 }), value: fc.uint8Array({ maxLength: 1 }) }), {
    maxLength: 4,
  }),
  kind: fc.constantFrom("events" as const, "gone" as const, "refused" as const),
  reason: fc.constant("x"),
});
const step = fc.record({ replica: fc.constantFrom(...IDS), upTo: fc.nat({ max: 12 }), lie });

Deno.test("§7.6b whatever one replica says, what is passed is the history, in its order and without a gap", () => {
  fc.assert(
    fc.property(history, fc.constantFrom(...IDS), fc.array(step, { maxLength: 80 }), (events, liar, steps) => {
      const tally = new FeedTally(IDS, 2, 0);
      const passed: FeedEvent[] = [];
      const check = () => {
        passed.push(...tally.drain());
        assertEquals(passed, events.filter((at) => at <= tally.through).map((at) => event(at)));
        assertEquals([tally.oldest, tally.refusal], [null, null]);
      };
      const tell = (replica: string, upTo: number) => {
        const after = tally.askBehind(replica)!;
        tally.take(
          replica,
          after,
          said(after + upTo, ...events.filter((at) => at > after && at <= after + upTo).map((at) => event(at))),
        );
      };
      for (const { replica, upTo, lie } of steps) {
        if (replica === liar) tally.take(replica, tally.askBehind(replica)!, lie);
        else tell(replica, upTo);
        check();
      }
      // The three others together bring it to the end.
      for (const id of IDS.filter((id) => id !== liar)) for (let i = 0; i < 4; i++) tell(id, 20);
      check();
      assertEquals(passed.length, events.length);
    }),
    { numRuns: 500 },
  );
});
