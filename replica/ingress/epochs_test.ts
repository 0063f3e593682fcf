/** Packets of other epochs, ends, and those who left with the epoch before: how little they can make a replica do. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { sha256Hex } from "../../crypto/digest.ts";
import { changeOf } from "../../crypto/roster/change_judge.ts";
import { joinRequests } from "../../protocol/entry_body.ts";
import { chainEntry } from "../../protocol/hash_chain.ts";
import { clientId, type Digest, logIndex, replicaId, round, seq, term } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { SendRequest } from "../../protocol/message.ts";
import { type ChangeCommand, decodeChange, encodeChange } from "../../protocol/operations/change.ts";
import type { Packet } from "../../protocol/packet.ts";
import { backend } from "../../tests/support/backends.ts";
import { EpochChain, epochIngress, newKeyFor, receivedFrom } from "../../tests/support/epochs/epoch_lab.ts";
import { openSessions } from "../../tests/support/numbered_requests.ts";
import { encodePacket, entryOf } from "../../transport/codec/mod.ts";
import { ForgottenError } from "../disk/forgotten_signatures.ts";
import { INGRESS_LIMITS } from "../limits/ingress_limits.ts";

const chain = new EpochChain();
chain.advance();
chain.advance();

/** The first epoch, before it ended. */
const ends = Object.assign(new EpochChain(), { keys: chain.keys, rosters: [chain.of(1)] });

const preVote = (replica: string, epoch: number): Packet => ({
  kind: "PreVote",
  signed: chain.sign(replica, epoch, { kind: "PreVote", term: term(1), replica: replicaId(replica) }),
  proof: null,
});

Deno.test("packets of other epochs are not looked into and mute nobody, however many they are", () => {
  const lab = epochIngress(chain, 2);
  const others = [1, 3].map((named) => [named, preVote("r2", named)] as const);
  for (let i = 0; i < 5000; i++) {
    for (const [named, packet] of others) assertEquals(lab.send("r2", "published", packet, i / 100, named), null);
  }
  assertEquals([lab.work.verified, lab.muted, lab.heldOff], [0, [], []]);
  assertEquals(lab.refused(), { "another-epoch": 10_000 });
  assert(lab.sent.length <= 2 * INGRESS_LIMITS.endBurst);
  assertEquals(lab.send("r2", "published", preVote("r2", 2), 60)?.kind, "packet", "and who sent them is heard");
});

Deno.test("much of other epochs has to wait, and is not lost: nobody is muted for its volume either", () => {
  const lab = epochIngress(chain, 2);
  const large: Packet = {
    kind: "FetchChunksResponse",
    signed: chain.sign("r2", 1, { kind: "FetchChunksResponse", replica: replicaId("r2"), nonce: 1 }),
    chunks: [new Uint8Array(512 * 1024)],
  };
  for (let i = 0; i < 60; i++) lab.send("r2", "peer", large, 0, 1);
  assertEquals(lab.muted, []);
  assertEquals(new Set(lab.heldOff), new Set([INGRESS_LIMITS.excessMuteMs]));
  assertEquals(lab.send("r2", "published", preVote("r2", 2), 0)?.kind, "packet");
});

Deno.test("what is signed in one epoch and named as of another is a forgery", () => {
  const lab = epochIngress(chain, 2);
  for (const epoch of [1, 3]) assertEquals(lab.send("r2", "published", preVote("r2", epoch), 0, 2), null);
  assertEquals(lab.refused(), { "signature:PreVote": 2 });
});

Deno.test("an end that is not of this epoch is not looked into, in whatever packet", () => {
  const lab = epochIngress(chain, 2);
  lab.send("r2", "peer", chain.shown(1));
  lab.send("r3", "peer", { ...chain.shown(1), end: { ...chain.ends[0]!, epoch: 3 } });
  assertEquals([lab.work.verified, lab.muted], [0, []]);
  assertEquals(lab.refused(), { "end-of-another-epoch:EpochEnd": 1 });
});

Deno.test("a flood of ends is taken within a rate, and a forged one costs signatures that nobody has paid yet", () => {
  const lab = epochIngress(chain, 1);
  const { roster } = chain.shown(1);
  const end = ends.endTo(ends.signedNext(undefined, 1), ["r2", "r3", "r4"].map((id) => chain.keys.get(id)!));
  const checkpoints = [...end.proof.stable.checkpoints];
  checkpoints[2] = { ...checkpoints[2]!, signature: checkpoints[0]!.signature };
  const forged = {
    kind: "EpochEnd",
    roster,
    end: { ...end, proof: { ...end.proof, stable: { ...end.proof.stable, checkpoints } } },
  } as const;
  for (let i = 0; i < 300; i++) lab.send("r2", "peer", forged);
  // Two good ones are checked once; the bad one each time that a packet is let in.
  assertEquals(lab.work.verified, 2 + 2 * 2);
  assertEquals(lab.muted, ["peer of r2"]);
  assertEquals(lab.send("r3", "peer", { kind: "EpochEnd", roster, end })?.kind, "packet", "and another one is heard");
});

Deno.test("ends that are cut, swollen or garbled, or with more of a roster than may be, are faults of who sends them", () => {
  const lab = epochIngress(chain, 1);
  const [envelope, body] = encodePacket(chain.shown(1)) as [Uint8Array, Uint8Array];
  const large = new Uint8Array(body.length + LIMITS.maxRosterBytes);
  large.set(body);
  const bodies = [body.slice(0, 40), body.slice(0, -1), Uint8Array.of(...body, 0), body.with(7, 0), large];
  for (const [i, each] of bodies.entries()) {
    assertEquals(lab.take(receivedFrom(`r${2 + i % 3}`, "peer", [envelope, each]), 1000 * i), null);
  }
  assertThrows(
    () => encodePacket({ ...chain.shown(1), roster: new Uint8Array(LIMITS.maxRosterBytes + 1) }),
    RangeError,
  );
  assertEquals([lab.work.verified, lab.sent], [0, []]);
  assert(Object.keys(lab.refused()).every((kind) => kind.startsWith("decode:")), JSON.stringify(lab.refused()));
  for (let i = 0; i < 32; i++) lab.take(receivedFrom("r2", "peer", [envelope, body.slice(0, -1)]), 9000);
  assertEquals(lab.muted, ["peer of r2"]);
});

Deno.test("an end that shows what this replica signed and does not remember ends it, and nothing else that is shown does", () => {
  const fresh = epochIngress(chain, 1);
  assertThrows(() => fresh.send("r2", "peer", { ...chain.shown(1) }), ForgottenError, "has signed a Checkpoint");
});

Deno.test("in the crash profile questions for epochs and ends are taken from peers, also from those who left", () => {
  const crash = new EpochChain({ profile: "crash" });
  crash.advance((roster) => ({ ...roster, replicas: roster.replicas.slice(0, 3) }));
  const lab = epochIngress(crash, 2);
  for (const owner of ["r2", "r4@1"]) {
    for (const epoch of [1, 2, 3]) assertEquals(lab.send(owner, "peer", { kind: "FetchEpoch", epoch }), null);
  }
  assertEquals(lab.sent.map(([peer, { kind }]) => [peer, kind]), [["r2", "EpochEnd"], ["r4@1", "EpochEnd"]]);
  assertEquals(lab.refused(), { "of-no-epoch:FetchEpoch": 2 });
  assertEquals(lab.muted, []);
});

/** A chain whose second epoch lists r4 and c2 no more, and c1 with another key. */
function departed() {
  const left = new EpochChain();
  const c1 = newKeyFor(left.of(1).roster, "client", "c1");
  left.advance(({ clients, ...roster }) => ({
    ...roster,
    replicas: roster.replicas.slice(0, 3),
    clients: [{ ...clients[0]!, publicKey: c1.publicKey, curveKey: c1.curvePublicKey }],
  }));
  return { left, c1, lab: epochIngress(left, 2) };
}

const command = (client: string, number = 2): SendRequest => ({
  ...{ kind: "SendRequest", client: clientId(client), session: logIndex(1), seq: seq(number), floor: seq(1) },
  ...{ mode: "command", command: Uint8Array.of(1) },
});

Deno.test("clients that left get ends, a word that there is a later epoch, and nothing else", () => {
  const { left, lab } = departed();
  for (const [client, owner] of [["c2", "c2@1"], ["c1", "c1@1"]] as const) {
    const question = { kind: "GetEpochs", client: clientId(client), nonce: 1, epoch: 1 } as const;
    lab.send(owner, "client", { kind: "GetEpochs", signed: left.sign(client, 1, question) });
    assertEquals(lab.served.splice(0), ["GetEpochs"]);
    const status = { kind: "GetStatus", client: clientId(client), nonce: 1 } as const;
    lab.send(owner, "client", { kind: "GetStatus", signed: left.sign(client, 1, status) });
    lab.send(owner, "client", { kind: "SendRequest", signed: left.sign(client, 1, command(client)) });
    assertEquals(lab.served, []);
  }
  assertEquals(lab.turnedAway.map(String), ["c2", "c2", "c1", "c1"]);
});

Deno.test("a client with new keys costs no more than any other, and one that left no more than its rate", () => {
  const { left, c1, lab } = departed();
  openSessions(lab.state.sessions, [clientId("c1")]);
  lab.state.appliedIndex = logIndex(1);
  for (let i = 0; i < 50; i++) {
    assertEquals(
      lab.send("c1", "client", { kind: "SendRequest", signed: left.sign(c1, 1, command("c1", 2 + i)) })?.kind,
      "request",
    );
  }
  assertEquals(lab.work.verified, 50);
  const signed = left.sign("c2", 1, command("c2"));
  for (let i = 0; i < 1000; i++) lab.send("c2@1", "client", { kind: "SendRequest", signed });
  assert(lab.work.verified <= 50 + INGRESS_LIMITS.queryBurst, `${lab.work.verified}`);
});

Deno.test("replicas that left are asked for chunks and heard for nothing else", () => {
  const { left, lab } = departed();
  lab.state.transfer!.sources.set(replicaId("r4@1"), {
    ...{ failures: 0, retryAt: 0, lacksIt: false },
    request: { nonce: 7, digests: new Set(), deadline: Infinity },
  });
  const answer = (by: string, number: number, epoch = 2): Packet => ({
    kind: "FetchChunksResponse",
    signed: left.sign(by, epoch, { kind: "FetchChunksResponse", replica: replicaId("r4"), nonce: number }),
    chunks: [],
  });
  const taken = lab.send("r4@1", "peer", answer("r4", 7));
  const packet = taken?.kind === "packet" ? taken.packet : null;
  assertEquals(packet?.kind === "FetchChunksResponse" && String(packet.signed.message.replica), "r4@1");
  for (const wrong of [answer("r4", 8), answer("r3", 7), answer("r4", 7, 1)]) {
    assertEquals(lab.send("r4@1", "peer", wrong), null);
  }
  assertEquals(lab.send("r3", "peer", answer("r4", 7)), null, "over another's connection");
  for (const own of [2, 1]) {
    const said = left.sign("r4", own, { kind: "PreVote", term: term(1), replica: replicaId("r4") });
    assertEquals(lab.send("r4@1", "published", { kind: "PreVote", signed: said, proof: null }, 0, 2), null);
  }
});

const before = chain.of(1);
const change = decodeChange(changeOf(before, chain.signedNext(undefined, 1)))!;

const junk = Array.from({ length: 31 }, () => newKeyFor(before.roster, "client", "x")).map(
  ({ publicKey, secretKey }) => ({
    key: Uint8Array.fromHex(publicKey),
    signature: backend.sign(Uint8Array.fromHex(change.signed), Uint8Array.fromHex(secretKey)),
  }),
);

/** Returns a command of as many signatures as fit, the last of them bad: what costs most to judge. */
function costly(number: number): Uint8Array {
  const signatures = [...junk, change.signatures[0]!].sort((a, b) => (a.key.toHex() < b.key.toHex() ? -1 : 1));
  const last = signatures.at(-1)!;
  signatures[31] = { key: last.key, signature: last.signature.with(40, number) };
  return encodeChange({ ...change, signatures } as ChangeCommand);
}

Deno.test("changes that a client asks for, and a peer passes on, are taken within a rate of their own", () => {
  const lab = epochIngress(chain, 1);
  openSessions(lab.state.sessions, [clientId("c1")]);
  lab.state.appliedIndex = logIndex(1);
  const bytes = costly(1);
  const asked = Array.from({ length: 50 }, (_, i) => chain.requestOf("c1", bytes, 2 + i));
  const taken = asked.filter((signed) => lab.send("c1", "client", { kind: "SendRequest", signed }) !== null);
  assertEquals([taken.length, lab.work.verified], [INGRESS_LIMITS.changeBurst, INGRESS_LIMITS.changeBurst]);
  assertEquals(lab.busy.length, 50 - INGRESS_LIMITS.changeBurst, "and it is told");
  assertEquals(lab.send("c1", "client", { kind: "UpdateLeader", signed: asked.at(-1)! }), null);
  lab.state.view.role = "leader";
  const passed = asked.slice(20).filter((signed) =>
    lab.send("r2", "peer", { kind: "ForwardedRequest", signed }) !== null
  );
  assertEquals(passed.length, INGRESS_LIMITS.changeBurst);
  assertEquals(lab.muted, [], "whoever passes it on may have many clients");
});

Deno.test("the changes in a packet of entries are judged before the core is handed them, within a turn's work", () => {
  const lab = epochIngress(chain, 1);
  const base = { term: term(0), index: logIndex(0), hash: lab.state.genesis.hash };
  Object.assign(lab.state.view, { leader: replicaId("r2"), base });
  lab.state.hard = { ...lab.state.hard, currentTerm: term(1) };
  let head = { index: logIndex(0), hash: lab.state.genesis.hash };
  const entries = Array.from({ length: 8 }, (_, i) => {
    const entry = entryOf(logIndex(i + 1), term(1), joinRequests([chain.requestOf("c1", costly(i), 2 + i)]));
    head = { index: entry.index, hash: chainEntry(sha256Hex, head.hash, entry).hash };
    return { entry, hash: head.hash };
  });
  const signed = chain.sign("r2", 1, {
    ...{ kind: "AppendEntries", term: term(1), leader: replicaId("r2"), round: round(1), prevIndex: logIndex(0) },
    ...{
      prevHash: lab.state.genesis.hash,
      entryHashes: entries.map(({ hash }) => hash as Digest),
      commitIndex: logIndex(0),
    },
  });
  const packet: Packet = { kind: "AppendEntries", signed, entries: entries.map(({ entry }) => entry), proof: null };
  const received = receivedFrom("r2", "peer", encodePacket(packet));
  let turns = 0;
  for (let input = null as unknown; input === null || typeof input === "symbol"; turns++) {
    const end = lab.work.verified + 33;
    input = lab.ingress.takePart(received, 0, () => lab.work.verified < end);
    assert(lab.work.verified < end + 33, "a turn is over within one judgement");
  }
  assert(turns > 4, `${turns} turns`);
  const judged = lab.work.verified;
  for (const { entry } of entries) lab.changes.judge((entry.requests![0]!.message as { command: Uint8Array }).command);
  assertEquals(lab.work.verified, judged, "the core finds the verdicts");
});
