/** §1.4: the `crash` profile around the core: nothing is signed, and the connection says who speaks. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { createInbox } from "../../../client/loop/inbox.ts";
import { canonicalJson } from "../../../crypto/canonical_json.ts";
import { ConfigError } from "../../../crypto/config_error.ts";
import { unhex } from "../../../crypto/digest.ts";
import { readConstants } from "../../../crypto/roster/constants.ts";
import { createKeyRing } from "../../../crypto/roster/key_ring.ts";
import { requireSuccessor } from "../../../crypto/roster/roster_chain.ts";
import { readRosterFields } from "../../../crypto/roster/roster_fields.ts";
import { NO_ROOT } from "../../../crypto/signing/reply_proof.ts";
import { createVerifier, DOMAIN_KINDS } from "../../../crypto/signing/signing.ts";
import { createMessageSigner, createMessageVerifier, UNSIGNED } from "../../../crypto/signing/unsigned.ts";
import { clientId, logIndex, replicaId, seq, term } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import type { PreVote, Reply, SendRequest } from "../../../protocol/message.ts";
import type { PartPacket } from "../../../protocol/packet.ts";
import { tellParts } from "../../../replica/answers/seal_parts.ts";
import { bytesOf, rosterInForce } from "../../../replica/epochs/rosters.ts";
import { startReplica } from "../../../replica/start_replica.ts";
import type { EpochArchive } from "../../../replica/storage/port.ts";
import { type AnyPacket, decodeReplyPacket, encodeMessage, encodePacket } from "../../../transport/codec/mod.ts";
import { openClientTransport, openReplicaTransport } from "../../../transport/mod.ts";
import { backend, BACKENDS } from "../../support/backends.ts";
import { ingressLab } from "../../support/ingress_lab.ts";
import { makeRoster } from "../../support/make_roster.ts";
import { signedBy } from "../../support/rosters/sign_rosters.ts";

const CRASH = { profile: "crash" } as const;
const { roster, keys } = makeRoster({ replicas: 3, constants: CRASH });
const preVote = (replica: string): PreVote => ({ kind: "PreVote", term: term(1), replica: replicaId(replica) });
const request: SendRequest = {
  ...{ kind: "SendRequest", client: clientId("c1"), session: logIndex(1), seq: seq(2), floor: seq(1), mode: "command" },
  command: Uint8Array.of(1, 2, 3),
};

Deno.test("§1.4d bytes in place of a signature are none under any key, as no kind of message, in any implementation", () => {
  for (const backend of BACKENDS) {
    const verifier = createVerifier(backend, roster.cluster);
    for (const { publicKey } of roster.replicas) {
      for (const kind of DOMAIN_KINDS) {
        assert(!verifier.verify(kind, Uint8Array.of(1), UNSIGNED, unhex(publicKey)), kind);
      }
    }
  }
});

Deno.test("§1.4d each profile refuses what was made for the other, of replicas, of clients and in replies", () => {
  const [crash, byzantine] = [ingressLab(CRASH), ingressLab()];
  const bare = { kind: "PreVote", signed: crash.unsigned(preVote("r2")), proof: null } as const;
  const signed = { ...bare, signed: crash.sign("r2", preVote("r2")) } as const;
  assertEquals(crash.sendOwned("r2", "published", signed), null);
  assertEquals(crash.sendOwned("c1", "client", { kind: "SendRequest", signed: crash.sign("c1", request) }), null);
  assertEquals(byzantine.sendOwned("r2", "published", bare), null);
  assertEquals(byzantine.sendOwned("c1", "client", { kind: "SendRequest", signed: byzantine.unsigned(request) }), null);
  for (const lab of [crash, byzantine]) {
    assertEquals(lab.refused(), { "signature:PreVote": 1, "signature:SendRequest": 1 });
  }
  assertEquals(crash.sendOwned("r2", "published", bare)?.kind, "packet");
  assertEquals(crash.work.verified, 0);
});

Deno.test("§1.4d nothing but 64 zero bytes is taken for an unsigned message", () => {
  const verifier = createMessageVerifier(CRASH, backend, roster.cluster);
  const verify = (signature: Uint8Array) => verifier.verify("PreVote", Uint8Array.of(1), signature, new Uint8Array(33));
  assert(verify(UNSIGNED));
  for (const other of [UNSIGNED.with(63, 1), UNSIGNED.subarray(1), new Uint8Array(65), new Uint8Array()]) {
    assert(!verify(other));
  }
  const key = keys.get("r1")!;
  assertEquals(createMessageSigner(CRASH, backend, unhex(key.secretKey), "x").sign("PreVote", UNSIGNED), UNSIGNED);
});

Deno.test("§1.4d the operator's orders are signed in the crash profile too", () => {
  const [lab, other] = [ingressLab(CRASH), ingressLab(CRASH)];
  const order = { kind: "SetActive", replica: replicaId("r1"), active: false, order: 1, nonce: 1 } as const;
  lab.sendOwned("operator", "client", { kind: "SetActive", signed: lab.unsigned(order) });
  assertEquals([lab.served, lab.refused()], [[], { "signature:SetActive": 1 }] as never[]);
  other.sendOwned("operator", "client", { kind: "SetActive", signed: other.sign("operator", order) });
  assertEquals(other.served, ["SetActive"]);
});

Deno.test("§1.4e a replica's packet counts only over a connection of the replica that it names", () => {
  const packet = (lab: ReturnType<typeof ingressLab>): AnyPacket => ({
    kind: "PreVote",
    signed: lab.unsigned(preVote("r2")),
    proof: null,
  });
  for (const channel of ["peer", "published"] as const) {
    for (const owner of ["r3", "r1", "c1", "operator", "nobody"]) {
      const lab = ingressLab(CRASH);
      assertEquals(lab.sendOwned(owner, channel, packet(lab)), null, `${owner} ${channel}`);
      assertEquals(lab.refused(), { "speaker:PreVote": 1 });
    }
    const lab = ingressLab(CRASH);
    assertEquals(lab.sendOwned("r2", channel, packet(lab))?.kind, "packet");
    // Nobody is authenticated: the route of what is published names whom it was subscribed from, any other says nothing.
    assertEquals(lab.send(channel, packet(lab), 0, "aa"), null);
  }
  const lab = ingressLab(CRASH);
  assertEquals(lab.send("published", packet(lab), 0, "r3"), null);
  assertEquals(lab.send("published", packet(lab), 0, "r2")?.kind, "packet");
});

Deno.test("§1.4e a client's request counts only over its own connection, and what a replica passes on is believed", () => {
  for (const owner of ["c2", "r2", "operator"]) {
    for (const kind of ["SendRequest", "UpdateLeader"] as const) {
      const lab = ingressLab(CRASH);
      assertEquals(lab.sendOwned(owner, "client", { kind, signed: lab.unsigned(request) }), null);
      assertEquals(lab.refused(), { [`speaker:${kind}`]: 1 });
    }
  }
  const lab = ingressLab(CRASH);
  assertEquals(lab.send("client", { kind: "SendRequest", signed: lab.unsigned(request) }), null);
  assertEquals(lab.sendOwned("c1", "client", { kind: "SendRequest", signed: lab.unsigned(request) })?.kind, "request");
  lab.state.view.role = "leader";
  const nonce = new Uint8Array(LIMITS.nonceBytes);
  const register = lab.unsigned({ kind: "RegisterSession", client: clientId("c1"), base: logIndex(0), nonce } as const);
  const forwarded = { kind: "ForwardedRequest", signed: register } as const;
  assertEquals(lab.sendOwned("c1", "peer", forwarded), null);
  assertEquals(lab.sendOwned("r3", "peer", forwarded)?.kind, "packet");
});

/** Returns what becomes at c1 of `packet` over the connection of `replica`. */
function received(replica: string, packet: PartPacket): string {
  const verifier = createMessageVerifier(CRASH, backend, roster.cluster);
  const inbox = createInbox("c1", createKeyRing(roster), verifier, "crash");
  const inbound = inbox.read(replica, encodePacket(packet), () => true, 0);
  return "dropped" in inbound ? inbound.dropped : "taken";
}

Deno.test("§1.4e a client takes a reply only over the connection to the replica that it names, and in its one form", () => {
  const signer = createMessageSigner(CRASH, backend, unhex(keys.get("r1")!.secretKey), roster.cluster);
  const head = { replica: replicaId("r1"), term: term(1), leader: null };
  const [frames] = tellParts(signer, head, [{ client: clientId("c1"), answers: [] }]);
  const packet = decodeReplyPacket(frames!) as PartPacket;
  assertEquals(["r1", "r2"].map((replica) => received(replica, packet)), ["taken", "misdirected"]);
  const withReply = (change: Partial<Reply>): PartPacket => {
    const message = { ...packet.signed.message, ...change };
    return { ...packet, signed: { ...packet.signed, message, body: encodeMessage(message) } };
  };
  const forged = [
    withReply({ parts: 2 }),
    withReply({ root: keys.get("r1")!.publicKey.slice(2) as typeof NO_ROOT }),
    { ...packet, path: [NO_ROOT] },
    { ...packet, signed: { ...packet.signed, signature: UNSIGNED.with(0, 1) } },
  ];
  assertEquals(forged.map((each) => received("r1", each)), forged.map(() => "forged"));
});

const MY_PORTS = { host: "127.0.0.1", peerPort: 1, publishPort: 1, clientPort: 1 };

Deno.test("§1.4f neither connections in clear nor a transport that does not tell who is there is opened", async () => {
  const replica = { roster, key: keys.get("r1")!, bind: MY_PORTS };
  const client = { roster, key: keys.get("c1")! };
  await assertRejects(() => openReplicaTransport({ ...replica, insecurePlaintext: true }), ConfigError, "who speaks");
  await assertRejects(() => openClientTransport({ ...client, insecurePlaintext: true }), ConfigError, "who speaks");
  await assertRejects(() => openReplicaTransport({ ...replica, engine: "libzmq" }), ConfigError, "wanted zmtp");
  const value = { ...roster, allowPlaintext: true };
  assertThrows(() => readRosterFields({ path: "$", value }, backend), ConfigError, "$.allowPlaintext");
});

Deno.test("§1.4g evidence is refused, whoever brings it", () => {
  const lab = ingressLab(CRASH);
  const vote = (candidate: string) =>
    lab.unsigned(
      {
        ...{ kind: "Vote", term: term(1), candidate: replicaId(candidate), voter: replicaId("r2"), granted: true },
        base: { term: term(0), index: logIndex(0), hash: lab.state.genesis.hash },
      } as const,
    );
  const evidence = { kind: "double-vote", culprit: replicaId("r2"), first: vote("r3"), second: vote("r4") } as const;
  assertEquals(lab.sendOwned("r3", "peer", { kind: "Evidence", evidence }), null);
  assertEquals(Object.keys(lab.refused()).length, 1);
  assertEquals(lab.state.evidence, []);
});

Deno.test("§1.4i a roster that names no profile is byzantine, and any other name is refused", () => {
  const { profile: _, ...without } = makeRoster().roster.constants;
  const read = (value: unknown) => readConstants({ path: "$.constants", value });
  assertEquals([read(without).profile, read({ ...without, ...CRASH }).profile], ["byzantine", "crash"]);
  for (const profile of ["", "Crash", null, 1, "none"]) {
    assertThrows(() => read({ ...without, profile }), ConfigError, "wanted one of byzantine, crash");
  }
});

Deno.test("§1.4i a disk of one profile is refused under the other, and no later epoch has another", () => {
  const { roster: byzantine, keys } = makeRoster({ replicas: 3 });
  const other = { ...byzantine, constants: { ...byzantine.constants, ...CRASH } };
  for (const [first, second] of [[byzantine, other], [other, byzantine]] as const) {
    const [ran, given] = [first, second].map((roster) => signedBy(roster, keys.get("operator")!));
    const archive = new Map([[1, { roster: bytesOf(ran!), end: null }]]);
    const epochs = { read: (epoch: number) => archive.get(epoch) ?? null } as unknown as EpochArchive;
    assertThrows(() => rosterInForce(epochs, 1, given!, backend), ConfigError, "given another one of epoch 1");
    const later = { ...second, epoch: 2, previous: ran!.digest };
    assertThrows(
      () => requireSuccessor(ran!, signedBy(later, keys.get("operator")!)),
      ConfigError,
      "it stays for ever",
    );
  }
});

Deno.test("§1.4i the profile is under the operator's signature, spelled out in each new roster", () => {
  assert(canonicalJson(roster).includes(`"profile":"crash"`));
  assert(canonicalJson(makeRoster().roster).includes(`"profile":"byzantine"`));
});

Deno.test("§1.4j a replica warns of the crash profile before anything else, and has no drill with a liar in it", async () => {
  const lines: string[] = [];
  const log = { log: (level: string, event: string) => void lines.push(`${level} ${event}`) };
  const options = {
    ...{ roster: { roster }, key: keys.get("r1")!, backend: { backend, fallbackReason: null, isDegraded: false } },
    ...{ dataDir: "nowhere", byzantine: "silent", log, firstStart: false, recover: false },
  };
  const start = () => startReplica(options as unknown as Parameters<typeof startReplica>[0]);
  await assertRejects(start, ConfigError, "no liar is tolerated");
  assertEquals(lines, ["warn profile"]);
});
