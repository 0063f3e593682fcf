import { assert, assertEquals } from "@std/assert";
import type { EpochEndPacket } from "../../protocol/packet.ts";
import { backend } from "../../tests/support/backends.ts";
import { EpochChain, talkIn } from "../../tests/support/epochs/epoch_lab.ts";
import { countingBackend } from "../diagnostics/counting_backend.ts";
import { endJudge, EpochHistory } from "./history.ts";
import { parseArchived } from "./rosters.ts";

const chain = new EpochChain();
for (let epoch = 2; epoch <= 4; epoch++) chain.advance();
const foreign = new EpochChain();
for (let epoch = 2; epoch <= 4; epoch++) foreign.advance();

/** A replica that is in epoch 4 and began there: it has the end of epoch 3. */
function late() {
  const { backend: counting, work } = countingBackend(backend);
  const lab = talkIn(chain, 4, "r1", 3, counting);
  const asked = (now: number) => {
    lab.sent.length = 0;
    lab.talk.look(now);
    return lab.sent.map(([peer, packet]) => [peer, packet.kind === "FetchEpoch" ? packet.epoch : null] as const);
  };
  return { ...lab, asked, work };
}

Deno.test("ends before its own are fetched from the newest back, one after the other, and then no more is asked", () => {
  const { talk, archive, asked } = late();
  assertEquals(asked(0), [["r2", 2]]);
  assertEquals(asked(500), []);
  talk.takeOlder("r2", chain.shown(2));
  assertEquals(asked(501), [["r2", 1]]);
  talk.takeOlder("r2", chain.shown(1));
  assertEquals(archive.list(), [1, 2, 3, 4]);
  for (const epoch of [1, 2, 3]) {
    assert(archive.read(epoch)!.end !== null);
    assertEquals(parseArchived(archive.read(epoch)!.roster, backend).digest, chain.of(epoch).digest);
  }
  assertEquals(asked(10_000), []);
  assertEquals(talkIn(chain, 4).archive.list(), [1, 2, 3, 4]);
});

Deno.test("nothing is taken but what was asked for, from whom it was asked, and as it proves itself", () => {
  const other = chain.shown(2);
  const wrong: Readonly<Record<string, readonly [string, EpochEndPacket]>> = {
    "of somebody else": ["r3", other],
    "without a roster": ["r2", { ...other, roster: null }],
    "of an epoch that was not asked for": ["r2", chain.shown(1)],
    "of another cluster's operator": ["r2", foreign.shown(2)],
    "with the roster of another epoch": ["r2", { ...other, roster: chain.shown(3).roster }],
    "with a roster that is none": ["r2", { ...other, roster: new TextEncoder().encode("[".repeat(100_000)) }],
    "by f + 1": [
      "r2",
      {
        ...other,
        end: {
          ...other.end,
          proof: {
            ...other.end.proof,
            stable: { ...other.end.proof.stable, checkpoints: other.end.proof.stable.checkpoints.slice(1) },
          },
        },
      },
    ],
    "with a state that nobody signed": [
      "r2",
      {
        ...other,
        end: {
          ...other.end,
          proof: {
            ...other.end.proof,
            stable: { ...other.end.proof.stable, stateDigest: other.end.before },
          },
        },
      },
    ],
  };
  for (const [what, [peer, packet]] of Object.entries(wrong)) {
    const { talk, archive, asked } = late();
    asked(0);
    talk.takeOlder(peer, packet);
    assertEquals(archive.list(), [3, 4], what);
  }
});

Deno.test("a flood of ends costs signatures once for each question", () => {
  const { talk, asked, archive, work } = late();
  const forged = { ...chain.shown(2), end: { ...chain.shown(2).end, before: chain.ends[0]!.before.replace("b", "a") } };
  asked(0);
  for (let i = 0; i < 100; i++) talk.takeOlder("r2", forged as EpochEndPacket);
  const once = work.verified;
  for (let i = 0; i < 100; i++) talk.takeOlder("r2", chain.shown(2));
  assertEquals(
    [work.verified, archive.list()],
    [once, [3, 4]],
    "whoever lied is not heard again before it is asked again",
  );
  assert(once < 16);
});

Deno.test("where nobody answers they are asked in turn, more and more seldom", () => {
  const { asked } = late();
  const at: number[] = [];
  const peers = new Set<string>();
  for (let now = 0; now < 3_600_000; now += 500) {
    for (const [peer] of asked(now)) {
      at.push(now);
      peers.add(peer);
    }
  }
  assertEquals([...peers].sort(), ["r2", "r3", "r4"]);
  assert(at.length < 100, `${at.length} questions in an hour`);
  assert(at.at(-1)! - at.at(-2)! === 60_000);
});

Deno.test("a disk that holds the roster of an epoch without its end asks for that one too", () => {
  const { epochs: archive } = chain.disk(3, 2);
  archive.put(1, chain.shown(1).roster!, null);
  const sent: number[] = [];
  const send = (_peer: string, { epoch }: { readonly epoch: number }) => void sent.push(epoch);
  const history = new EpochHistory({ epoch: 3, archive, peers: ["r2"], send, judge: endJudge(backend) });
  history.look(0);
  history.take("r2", chain.shown(1));
  assertEquals(sent, [1]);
  assert(archive.read(1)!.end !== null);
});
