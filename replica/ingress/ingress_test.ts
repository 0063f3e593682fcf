import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { ALL_SESSIONS, clientId, logIndex, replicaId, seq, term } from "../../protocol/ids.ts";
import type { ClientHello, Message, SendRequest } from "../../protocol/message.ts";
import { ingressLab } from "../../tests/support/ingress_lab.ts";
import { packets } from "../../tests/support/packet_arbitraries.ts";
import { encodePacket } from "../../transport/codec/mod.ts";
import { INGRESS_LIMITS } from "../limits/ingress_limits.ts";

const c1 = clientId("c1");
const request = (number = 1, client = c1): SendRequest => ({
  ...{ kind: "SendRequest", client, session: logIndex(1), seq: seq(number + 1), floor: seq(1), mode: "command" },
  command: Uint8Array.of(1, 2, 3),
});
const preVote = (replica: string) => ({ kind: "PreVote", term: term(1), replica: replicaId(replica) }) as const;
const hello: ClientHello = {
  ...{ kind: "ClientHello", client: c1, replica: replicaId("r1"), challenge: new Uint8Array(16) },
  session: ALL_SESSIONS,
};

Deno.test("a client's request, sent or as intervention, becomes an input after one verification", () => {
  const lab = ingressLab();
  const signed = lab.sign("c1", request());
  assertEquals(lab.send("client", { kind: "SendRequest", signed }), {
    kind: "request",
    request: signed as never,
    intervention: false,
    via: null,
  });
  const again = lab.send("client", { kind: "UpdateLeader", signed });
  assert(again?.kind === "request" && again.intervention);
  assertEquals(lab.work.verified, 1);
  assertEquals(lab.refused(), {});
});

Deno.test("a peer's packet becomes an input on its channel; only announcements may be published", () => {
  const lab = ingressLab();
  const signed = lab.sign("r2", preVote("r2"));
  assertEquals(lab.send("published", { kind: "PreVote", signed, proof: null })?.kind, "packet");
  const fetch = lab.sign("r2", {
    kind: "FetchEntries",
    replica: replicaId("r2"),
    nonce: 1,
    from: 1,
    head: { index: 0, hash: lab.state.genesis.hash },
    maxBytes: 10,
  } as unknown as Extract<Message, { kind: "FetchEntries" }>);
  assertEquals(lab.send("peer", { kind: "FetchEntries", signed: fetch })?.kind, "packet");
  assertEquals(lab.send("published", { kind: "FetchEntries", signed: fetch }), null);
  assertEquals(lab.refused(), { "channel:FetchEntries": 1 });
});

Deno.test("garbage, cut and swollen frames are counted by what is wrong with them and never throw", () => {
  const lab = ingressLab();
  const frames = encodePacket({ kind: "SendRequest", signed: lab.sign("c1", request()) });
  lab.take("client", []);
  lab.take("client", [new Uint8Array(0)], 0, "b1");
  lab.take("client", [Uint8Array.of(9, 9, 9)], 0, "b2");
  lab.take("client", [frames[0]!, frames[1]!.slice(0, -1)], 0, "b3");
  lab.take("client", [frames[0]!, Uint8Array.of(...frames[1]!, 0)], 0, "b4");
  lab.take("client", [...frames, ...frames, ...frames], 0, "b5");
  lab.take("client", [frames[0]!, new Uint8Array(5 * 1024 * 1024)], 0, "b6");
  lab.take("peer", frames, 0, "b7");
  assertEquals(lab.refused(), {
    "decode:bad-frames": 2,
    "decode:too-large": 1,
    "decode:trailing-bytes": 1,
    "decode:truncated": 2,
    "decode:unknown-version": 1,
    "decode:wrong-kind": 1,
  });
  assertEquals(lab.work.verified, 0);
});

Deno.test("property: no frames whatever get past verification or throw", () => {
  const anyFrames = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 4 });
  const anyPacket = fc.oneof(...Object.values(packets)).map((packet) => encodePacket(packet));
  const lab = ingressLab();
  let time = 0;
  fc.assert(
    fc.property(fc.constantFrom("peer", "published", "client"), fc.oneof(anyFrames, anyPacket), (channel, frames) => {
      // Each comes by another route and long after the one before, so that muting does not hide the packets after it.
      time += 10_000;
      assertEquals(lab.take(channel as "peer", frames, time, time.toString(16)), null);
    }),
    { numRuns: 300 },
  );
});

Deno.test("unknown clients, replicas and signers cost no work on the curve", () => {
  const lab = ingressLab();
  const stranger = clientId("c99");
  lab.send("client", { kind: "SendRequest", signed: lab.sign("c1", request(1, stranger)) });
  lab.send("peer", { kind: "ForwardedRequest", signed: lab.sign("c1", request(1, stranger)) });
  lab.send("published", { kind: "PreVote", signed: lab.sign("r2", preVote("r99")), proof: null });
  const base = { term: term(0), index: 0, hash: lab.state.genesis.hash };
  const certificate = { kind: "prepare", ...base, responses: [] } as never;
  lab.send("peer", {
    kind: "RequestVote",
    signed: lab.sign("r2", {
      kind: "RequestVote",
      term: term(1),
      candidate: replicaId("r2"),
      base: base as never,
    }),
    certificate,
    preVotes: [lab.sign("r2", preVote("r98"))],
  });
  assertEquals(lab.refused(), {
    "not-in-roster:PreVote": 1,
    "no-pre-vote-certificate:RequestVote": 1,
    "unknown-client:ForwardedRequest": 1,
    "unknown-client:SendRequest": 1,
  });
  assertEquals(lab.work.verified, 0);
});

Deno.test("what X signed in the name of Y is refused, on every channel (§2.3)", () => {
  const lab = ingressLab();
  lab.state.view.role = "leader"; // nobody else takes forwarded requests
  const register = { kind: "RegisterSession", client: c1, base: logIndex(0), nonce: new Uint8Array(16) } as const;
  assertEquals(lab.send("client", { kind: "SendRequest", signed: lab.sign("c2", request()) }), null);
  assertEquals(lab.send("client", { kind: "ClientHello", signed: lab.sign("r1", hello) }), null);
  assertEquals(lab.send("published", { kind: "PreVote", signed: lab.sign("r3", preVote("r2")), proof: null }), null);
  assertEquals(lab.send("peer", { kind: "ForwardedRequest", signed: lab.sign("c2", register) }), null);
  const command = { kind: "SetActive", replica: replicaId("r1"), active: false, order: 1, nonce: 1 } as const;
  assertEquals(lab.send("client", { kind: "SetActive", signed: lab.sign("c1", command) }), null);
  assertEquals(lab.refused(), {
    "signature:ClientHello": 1,
    "signature:ForwardedRequest": 1,
    "signature:PreVote": 1,
    "signature:SendRequest": 1,
    "signature:SetActive": 1,
  });
  assertEquals(lab.served, []);
});

Deno.test("a hello counts at the replica it names only: another replica that passes it on greets nobody", () => {
  const lab = ingressLab();
  const elsewhere = lab.sign("c1", { ...hello, replica: replicaId("r2") });
  assertEquals(lab.send("client", { kind: "ClientHello", signed: elsewhere }, 0, "thief"), null);
  assertEquals(lab.refused(), { "misdirected:ClientHello": 1 });
  assertEquals([lab.served, lab.work.verified], [[], 0]);
  lab.send("client", { kind: "ClientHello", signed: lab.sign("c1", hello) });
  assertEquals(lab.served, ["ClientHello"]);
});

Deno.test("this replica's own packets count only inside it: from the network they are replays", () => {
  const lab = ingressLab();
  lab.send("published", { kind: "PreVote", signed: lab.sign("r1", preVote("r1")), proof: null });
  assertEquals(lab.refused(), { "own:PreVote": 1 });
  assertEquals(lab.work.verified, 0);
});

Deno.test("a route of forged packets is muted for a while and cannot multiply work; other routes are heard", () => {
  const lab = ingressLab();
  const forge = (now: number) =>
    lab.send("client", { kind: "SendRequest", signed: lab.sign("c2", request(now + 1)) }, now, "bad");
  for (let i = 0; i < 2 * INGRESS_LIMITS.faultsPerWindow; i++) forge(i);
  assertEquals(lab.work.verified, INGRESS_LIMITS.faultsPerWindow);
  assertEquals(lab.refused(), {
    muted: INGRESS_LIMITS.faultsPerWindow,
    "signature:SendRequest": INGRESS_LIMITS.faultsPerWindow,
  });
  const good = { kind: "SendRequest", signed: lab.sign("c1", request()) } as const;
  assertEquals(lab.send("client", good, 100, "bad"), null);
  assertEquals(lab.send("client", good, 100, "good")?.kind, "request");
  assertEquals(lab.send("client", good, 100 + INGRESS_LIMITS.muteMs, "bad")?.kind, "request");
});

Deno.test("faults are their connection's owner's: new connections do not help who is muted, and mute nobody else", () => {
  const lab = ingressLab();
  const strange = { kind: "SendRequest", signed: lab.sign("c2", request(1, clientId("c99"))) } as const;
  for (let i = 0; i < 2 * INGRESS_LIMITS.faultsPerWindow; i++) lab.sendOwned("c2", "client", strange, i, `route${i}`);
  assertEquals(lab.refused()["unknown-client:SendRequest"], INGRESS_LIMITS.faultsPerWindow);
  assertEquals(lab.muted, [["client of c2", "unknown-client:SendRequest", INGRESS_LIMITS.muteMs]]);
  const good = { kind: "SendRequest", signed: lab.sign("c1", request(1)) } as const;
  assertEquals(lab.sendOwned("c2", "client", good, 100, "another"), null);
  assertEquals(lab.sendOwned("c1", "client", good, 100, "route0")?.kind, "request");
  assertEquals(lab.send("client", good, 100, "route0")?.kind, "request");
});

Deno.test("a publisher of garbage is muted alone: other publishers are heard, and so is its own peer connection", () => {
  const lab = ingressLab();
  for (let i = 0; i <= INGRESS_LIMITS.faultsPerWindow; i++) lab.take("published", [Uint8Array.of(9)], i, "r2");
  assertEquals(lab.refused()["muted"], 1);
  const announced = { kind: "PreVote", signed: lab.sign("r3", preVote("r3")), proof: null } as const;
  assertEquals(lab.send("published", announced, 100, "r2"), null);
  assertEquals(lab.send("published", announced, 100, "r3")?.kind, "packet");
  assertEquals(lab.send("peer", announced, 100, "r2")?.kind, "packet");
});

Deno.test("a client has its rate; strangers who use its name do not use it up", () => {
  const lab = ingressLab();
  for (let i = 0; i < 20; i++) {
    lab.send("client", { kind: "SendRequest", signed: lab.sign("c2", request(i)) }, 0, "stranger");
  }
  const signed = lab.sign("c1", request(1));
  let admitted = 0;
  for (let i = 0; i < INGRESS_LIMITS.requestBurst + 10; i++) {
    if (lab.send("client", { kind: "SendRequest", signed }) !== null) admitted++;
  }
  assertEquals(admitted, INGRESS_LIMITS.requestBurst);
  assertEquals(lab.refused()["rate:SendRequest"], 10);
  assertEquals(lab.send("client", { kind: "SendRequest", signed }, 1000)?.kind, "request");
});

Deno.test("what others hand in again of a client's, on routes of their own, uses up neither its requests nor its queries", () => {
  const lab = ingressLab();
  const challenge = lab.routes.challenge(c1, "home");
  lab.send("client", { kind: "ClientHello", signed: lab.sign("c1", { ...hello, challenge }) }, 0, "home");
  const query = { kind: "GetStatus", signed: lab.sign("c1", { kind: "GetStatus", client: c1, nonce: 1 }) } as const;
  const write = { kind: "SendRequest", signed: lab.sign("c1", request(1)) } as const;
  const { requestBurst, queryBurst } = INGRESS_LIMITS;
  for (let i = 0; i < requestBurst + 5; i++) lab.send("client", write, 1, `thief${i}`);
  for (let i = 0; i < queryBurst + 5; i++) lab.send("client", query, 1, `thief${i}`);
  assertEquals(lab.refused(), { "rate:GetStatus": 5, "rate:SendRequest": 5 });
  assertEquals(lab.served.length, 1 + queryBurst);
  assertEquals(lab.send("client", write, 1, "home")?.kind, "request");
  lab.send("client", query, 1, "home");
  assertEquals(lab.served.length, 2 + queryBurst);
});

Deno.test("greetings have a rate of their own, which neither queries nor replayed greetings use up", () => {
  const lab = ingressLab();
  const challenge = lab.routes.challenge(c1, "home");
  const signed = lab.sign("c1", { ...hello, challenge });
  const greet = (route = "home") => lab.send("client", { kind: "ClientHello", signed }, 0, route);
  const query = { kind: "GetStatus", signed: lab.sign("c1", { kind: "GetStatus", client: c1, nonce: 1 }) } as const;
  greet();
  const { queryBurst, helloBurst } = INGRESS_LIMITS;
  for (let i = 0; i < queryBurst + 1; i++) lab.send("client", query, 0, "home");
  for (let i = 0; i < helloBurst + 5; i++) greet(`thief${i}`);
  assertEquals(lab.refused(), { "rate:GetStatus": 1, "challenge:ClientHello": helloBurst, "rate:ClientHello": 5 });
  for (let i = 1; i < helloBurst; i++) greet();
  assertEquals(lab.refused()["rate:ClientHello"], 5);
  greet();
  assertEquals(lab.refused()["rate:ClientHello"], 6);
});

Deno.test("a deactivated replica hears only the operator and status", () => {
  const lab = ingressLab();
  lab.queries.active = false;
  const status = { kind: "GetStatus", client: c1, nonce: 1 } as const;
  const command = { kind: "SetActive", replica: replicaId("r1"), active: true, order: 1, nonce: 1 } as const;
  lab.send("client", { kind: "SendRequest", signed: lab.sign("c1", request()) });
  lab.send("published", { kind: "PreVote", signed: lab.sign("r2", preVote("r2")), proof: null });
  lab.send("client", { kind: "GetStatus", signed: lab.sign("c1", status) });
  lab.send("client", { kind: "SetActive", signed: lab.sign("operator", command) });
  assertEquals(lab.served, ["GetStatus", "SetActive"]);
  assertEquals(lab.refused(), { "inactive": 1, "inactive:SendRequest": 1 });
});

Deno.test("a peer is heard by what it signed and published from its own address, and by nothing else", () => {
  const lab = ingressLab();
  const packet = (by: string, name: string) =>
    ({ kind: "PreVote", signed: lab.sign(by, preVote(name)), proof: null }) as const;
  lab.send("peer", packet("r2", "r2"), 0, "aa");
  lab.send("published", packet("r2", "r2"), 0, "r3");
  lab.send("published", packet("r3", "r2"), 0, "r2");
  assertEquals(lab.heard, [], "replayed by another, or forged");
  lab.send("published", packet("r2", "r2"), 0, "r2");
  assertEquals(lab.heard, ["r2"]);
});

Deno.test("who asks for the status under a signature that nobody of the roster made is turned away; nobody else is", () => {
  const lab = ingressLab();
  const question = (client: string, nonce: number) => ({ kind: "GetStatus", client: clientId(client), nonce }) as const;
  lab.send("client", { kind: "GetStatus", signed: lab.sign("c1", question("c1", 1)) }, 0, "a1");
  lab.send("client", { kind: "SendRequest", signed: lab.sign("c2", request()) }, 0, "a2");
  lab.send("client", { kind: "ClientHello", signed: lab.sign("c2", hello) }, 0, "a3");
  assertEquals(lab.turnedAway, []);
  lab.send("client", { kind: "GetStatus", signed: lab.sign("c2", question("c1", 2)) }, 0, "a4");
  lab.send("client", { kind: "GetStatus", signed: lab.sign("c1", question("c99", 3)) }, 0, "a5");
  assertEquals(lab.turnedAway, ["a4", "a5"], "a forged signature, and an unknown client");
  for (let i = 0; i <= INGRESS_LIMITS.queryBurst; i++) {
    lab.send("client", { kind: "GetStatus", signed: lab.sign("c1", question("c1", 10 + i)) }, 0, "a6");
  }
  assertEquals(lab.turnedAway.length, 2, "over its rate is not unknown");
});
