/** §13.8 Who is late, and who is new. Hostile packets of all kinds are in the tests beside `replica/epochs/` and `replica/ingress/`. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { sha256Hex } from "../../../crypto/digest.ts";
import type { SignedRoster } from "../../../crypto/roster/parse_roster.ts";
import { nextAfter } from "../../../protocol/epochs/epoch_end.ts";
import { replicaId } from "../../../protocol/ids.ts";
import type { Checkpoint } from "../../../protocol/message.ts";
import type { EpochEndPacket } from "../../../protocol/packet.ts";
import { forgottenBy } from "../../../replica/disk/forgotten_signatures.ts";
import { awaitBeginning } from "../../../replica/epochs/newcomer.ts";
import { parseArchived, rosterInForce } from "../../../replica/epochs/rosters.ts";
import { epochOf } from "../../../replica/storage/epoch.ts";
import { encodePacket } from "../../../transport/codec/mod.ts";
import { MemoryNetwork } from "../../../transport/mod.ts";
import { backend } from "../../support/backends.ts";
import { EpochChain, newKeyFor, talkIn } from "../../support/epochs/epoch_lab.ts";
import { plainChanges } from "../../support/rosters/plain_rosters.ts";
import * as forge from "../support/forge.ts";
import { type Lab, sentOf } from "../support/lab.ts";
import { FIRST, PEERS, stopAfter, stopLab } from "./stop_lab.ts";

const chain = new EpochChain();
for (let epoch = 2; epoch <= 4; epoch++) chain.advance();

Deno.test("§13.8a who is in an earlier epoch is sent the end of that one, with its roster, and so is whoever asks for it", () => {
  const { talk, sent } = talkIn(chain, 4);
  talk.heard("r2", 2, 0);
  talk.show("r3", 1, 0);
  assertEquals(sent, [["r2", chain.shown(2)], ["r3", chain.shown(1)]]);
});

Deno.test("§13.8b who hears of a later epoch asks there for the end of its own", () => {
  const { talk, sent } = talkIn(chain, 2);
  talk.heard("r3", 4, 0);
  assertEquals(sent, [["r3", { kind: "FetchEpoch", epoch: 2 }]]);
});

Deno.test("§13.8c members with new keys are shown how their epoch began until they are heard there, and after a restart too", () => {
  const wider = new EpochChain();
  const key = newKeyFor(wider.of(1).roster, "replica", "r4");
  wider.advance((roster) => ({
    ...roster,
    replicas: roster.replicas.map((line) =>
      line.id === "r4" ? { ...line, publicKey: key.publicKey, curveKey: key.curvePublicKey } : line
    ),
  }));
  for (const { talk, sent } of [talkIn(wider, 2), talkIn(wider, 2)]) {
    for (let now = 0; now <= 1000; now += 100) talk.look(now);
    assertEquals(sent, Array.from({ length: 3 }, () => ["r4", wider.shown(1)] as const));
    talk.joined("r4");
    talk.look(10_000);
    assertEquals(sent.length, 3);
  }
});

const BEFORE = forge.grow(forge.GENESIS, 3, 1);
const CHAIN = [...BEFORE, stopAfter(forge.endOf(BEFORE), 1)];
const STOP = forge.endOf(CHAIN);
const same = (replica: string, checkpoint: Checkpoint) => ({
  kind: "Checkpoint" as const,
  signed: forge.signAs(replica, { ...checkpoint, replica: replicaId(replica) }),
});

/** Has a core end its epoch, and returns the packet that shows that end. */
function shownBy(lab: Lab, others: readonly string[]): EpochEndPacket {
  lab.follow("r1", 1, CHAIN);
  lab.receive(...forge.reportsOf(PEERS, 1, STOP));
  const own = sentOf(lab.until((last) => sentOf(last, "Checkpoint").length > 0), "Checkpoint")[0]!.signed.message;
  lab.receive(...others.map((id) => same(id, own)));
  return { kind: "EpochEnd", end: lab.state.ended!.end, roster: null };
}
const SHOWN = shownBy(stopLab({ self: "r4" }), ["r1", "r3"]);

Deno.test("§13.8d a log that holds the stop-sign commits by the end, which makes the snapshot stable whatever Checkpoints were heard before", () => {
  const lab = stopLab();
  lab.follow("r1", 1, CHAIN);
  const { stateDigest } = SHOWN.end.proof.stable;
  const lies = sha256Hex(Uint8Array.of(9));
  for (const id of ["r1", "r3"]) {
    lab.receive(same(id, { kind: "Checkpoint", replica: replicaId(id), ...STOP, stateDigest: lies }));
  }
  assertEquals([Number(lab.state.commitIndex), lab.receive(SHOWN).verdicts[0]!.verdict], [0, "accept"]);
  assertEquals(lab.state.commitIndex, STOP.index);
  lab.elapse(100);
  assertEquals([lab.state.ended?.held, lab.state.ended?.end.proof.stable.stateDigest], [true, stateDigest]);
  lab.restart();
  assertEquals(lab.state.ended?.held, true);
});

Deno.test("§13.8d who lacks the stop-sign, or holds another entry there, leaves the epoch without the state", () => {
  for (const log of [[], BEFORE, forge.grow(forge.GENESIS, 6, 1, "other")]) {
    const lab = stopLab();
    lab.follow("r1", 1, log);
    lab.receive(SHOWN);
    assertEquals(lab.state.ended, { end: SHOWN.end, held: false });
  }
});

Deno.test("§13.8d what it signed and does not remember is seen in an end, but not by a learner", () => {
  const mine = shownBy(stopLab(), ["r1", "r3"]);
  const { state } = stopLab();
  assert(forgottenBy(state, mine)?.includes("a Checkpoint of index"));
  assertEquals(forgottenBy(state, SHOWN), null, "it has not signed this one");
  state.hard = { ...state.hard, recovery: { nonce: sha256Hex(Uint8Array.of(1)), bar: null } };
  assertEquals(forgottenBy(state, mine), null);
});

Deno.test("§13.8e an end of another epoch, or a second one, is not looked into", () => {
  const lab = stopLab();
  for (const epoch of [2, 3]) {
    assertEquals(lab.receive({ ...SHOWN, end: { ...SHOWN.end, epoch } }).verdicts, [
      { verdict: "ignore", code: "end-of-another-epoch" },
    ]);
  }
  lab.follow("r1", 1, CHAIN);
  lab.receive(SHOWN);
  assertEquals(lab.receive(SHOWN).verdicts[0]!.verdict, "ignore");
  assertEquals(nextAfter(lab.state, sha256Hex, plainChanges(FIRST), { ...SHOWN.end, epoch: 2 }), null);
});

/** Has a new member wait with `given` while r2 shows it these packets. */
function beginning(given: SignedRoster, packets: readonly EpochEndPacket[]) {
  const network = new MemoryNetwork();
  const storage = chain.disk(0);
  const transport = network.replica("r1", ["r2", "r3", "r4"]);
  const other = network.replica("r2", ["r1"]);
  for (const packet of packets) other.sendToPeer("r1", encodePacket(packet, 4));
  const done = awaitBeginning({ given, self: "r1", storage, transport, backend, now: () => performance.now() });
  return { storage, done };
}

Deno.test("§13.8f a new member takes the roster before by the digest in the one given, and an end that leads to that very one", async () => {
  const foreign = new EpochChain();
  foreign.advance();
  const wrong = { ...chain.shown(1), end: { ...chain.ends[0]!, before: STOP.hash } };
  const { storage, done } = beginning(chain.of(2), [foreign.shown(1), chain.shown(3), wrong, chain.shown(1)]);
  await done;
  assertEquals([epochOf(storage.load()), storage.epochs.list()], [2, [1, 2]]);
});

Deno.test("§13.8f one whose roster was not the one that was ordered stops", async () => {
  const twin = Object.assign(new EpochChain(), { keys: chain.keys, rosters: [chain.of(1)] });
  const other = twin.signedNext((roster) => ({ ...roster, clients: roster.clients.slice(1) }));
  const { storage, done } = beginning(other, [chain.shown(1)]);
  await assertRejects(() => done, Error, "wanted the one that the epoch before ended with");
  assertEquals(epochOf(storage.load()), 1);
});

Deno.test("§13.8g the file that a replica is started with never replaces the roster on its disk", () => {
  const { epochs } = chain.disk(2);
  for (const given of chain.rosters) {
    assertEquals(rosterInForce(epochs, 2, given, backend).digest, chain.of(2).digest);
  }
});

Deno.test("§13.8h who began later fetches the ends before its own, from the newest back, by the digests that the next ones name", () => {
  const { talk, archive, sent } = talkIn(chain, 4, "r1", 3);
  const asked = (now: number) => {
    talk.look(now);
    return sent.splice(0).map(([peer, packet]) => [peer, packet.kind === "FetchEpoch" && packet.epoch]);
  };
  assertEquals(asked(0), [["r2", 2]]);
  talk.takeOlder("r2", { ...chain.shown(2), roster: chain.shown(3).roster });
  assertEquals([archive.list(), asked(1000)], [[3, 4], [["r3", 2]]]);
  talk.takeOlder("r3", chain.shown(2));
  assertEquals(asked(1001), [["r2", 1]]);
  talk.takeOlder("r2", chain.shown(1));
  assertEquals(archive.list(), [1, 2, 3, 4]);
  assertEquals(parseArchived(archive.read(1)!.roster, backend).digest, chain.of(1).digest);
});
