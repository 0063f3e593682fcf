import { assert, assertEquals } from "@std/assert";
import { EpochChain, newKeyFor, talkIn } from "../../tests/support/epochs/epoch_lab.ts";
import { INGRESS_LIMITS } from "../limits/ingress_limits.ts";

const chain = new EpochChain();
chain.advance();
chain.advance();

const kinds = (sent: readonly (readonly [string, { readonly kind: string }])[]) =>
  sent.map(([peer, { kind }]) => `${kind} to ${peer}`);

Deno.test("whoever is late is shown the end of the epoch it is in, with its roster", () => {
  const { talk, sent } = talkIn(chain, 3);
  talk.heard("r2", 1, 0);
  talk.show("r3", 2, 0);
  assertEquals(sent, [["r2", chain.shown(1)], ["r3", chain.shown(2)]]);
});

Deno.test("nothing is shown of this epoch, of later ones, or of those that nobody has heard of", () => {
  const { talk, sent } = talkIn(chain, 2);
  for (const epoch of [2, 3, 2 ** 40, Number.MAX_SAFE_INTEGER]) talk.show("r2", epoch, 0);
  const late = talkIn(chain, 3, "r1", 2);
  late.talk.show("r2", 1, 0);
  assertEquals([sent, late.sent], [[], []]);
});

Deno.test("whoever is ahead is asked for the end of this epoch, whatever epoch it names", () => {
  const { talk, sent } = talkIn(chain, 1);
  talk.heard("r2", 2, 0);
  talk.heard("r3", Number.MAX_SAFE_INTEGER, 0);
  assertEquals(sent, [["r2", { kind: "FetchEpoch", epoch: 1 }], ["r3", { kind: "FetchEpoch", epoch: 1 }]]);
});

Deno.test("a flood of packets of other epochs is answered within a rate for each peer", () => {
  const { endBurst, endsPerSecond } = INGRESS_LIMITS;
  const { talk, sent } = talkIn(chain, 2);
  for (let at = 0; at < 1000; at++) {
    talk.heard("r2", 1, 0);
    talk.heard("r2", 3, 0);
    talk.show("r2", 1, 0);
  }
  assertEquals(sent.length, 2 * endBurst);
  talk.heard("r3", 1, 0);
  assertEquals(sent.length, 2 * endBurst + 1, "another one has a rate of its own");
  for (let at = 0; at <= 1000; at++) talk.heard("r2", 1, 1000 + at);
  assert(sent.length <= 2 * endBurst + 1 + endBurst + endsPerSecond);
});

Deno.test("who is new is shown how its epoch began until it is heard of there or later, and after a restart again", () => {
  const wider = new EpochChain();
  const key = newKeyFor(wider.of(1).roster, "replica", "r4");
  wider.advance((roster) => ({
    ...roster,
    replicas: roster.replicas.map((line) =>
      line.id === "r4" ? { ...line, publicKey: key.publicKey, curveKey: key.curvePublicKey } : line
    ),
  }));
  const { talk, sent } = talkIn(wider, 2);
  for (const now of [0, 100, 499]) talk.look(now);
  assertEquals(kinds(sent), ["EpochEnd to r4"]);
  talk.heard("r4", 1, 500); // the old one, that has the id still, does not count for it
  sent.length = 0;
  talk.look(500);
  assertEquals(kinds(sent), ["EpochEnd to r4"]);
  talk.joined("r4");
  talk.look(5000);
  assertEquals(sent.length, 1);
  const again = talkIn(wider, 2);
  again.talk.look(0);
  assertEquals(kinds(again.sent), ["EpochEnd to r4"]);
  again.talk.heard("r4", 3, 0);
  again.sent.length = 0;
  again.talk.look(9000);
  assertEquals(again.sent, []);
});
