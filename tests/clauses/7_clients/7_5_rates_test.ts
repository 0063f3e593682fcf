/** §7.5: what beyond its rate or its quota costs no signature, and who sends too much of it is not read for a moment. */
import { assert, assertEquals } from "@std/assert";
import type { SendRequest } from "../../../protocol/entry.ts";
import { clientId, digest, logIndex, replicaId, term } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import { poolRequest } from "../../../replica/core/clients/request_pool.ts";
import { BACKLOG_UNIT_BYTES } from "../../../replica/ingress/backlog.ts";
import { INGRESS_LIMITS, PEER_RATES } from "../../../replica/limits/ingress_limits.ts";
import type { AnyPacket } from "../../../transport/codec/mod.ts";
import { ingressLab } from "../../support/ingress_lab.ts";
import { numberedRequest, openSessions, SESSION } from "../../support/numbered_requests.ts";
import { ElectionLab } from "../support/election_lab.ts";
import { knownOf, request } from "../support/forge.ts";

const c1 = clientId("c1");

/** Announces of r2, each of another term. */
const announce = (lab: ReturnType<typeof ingressLab>, number: number) =>
  ({
    kind: "PreVote",
    signed: lab.sign("r2", { kind: "PreVote", term: term(number), replica: replicaId("r2") }),
    proof: null,
  }) as const;

Deno.test("§7.5h a peer's packets of one kind have a rate, and cost nothing beyond it; other kinds and sources have their own", () => {
  const lab = ingressLab();
  const most = 2 * PEER_RATES.PreVote;
  const heard = Array.from({ length: most + 10 }, (_, i) => lab.send("published", announce(lab, i + 1), 0, "r2"));
  assertEquals([heard.filter((input) => input !== null).length, lab.work.verified], [most, most]);
  assertEquals(lab.refused(), { "rate:PreVote": 10 });
  assertEquals(lab.send("published", announce(lab, 1), 0, "r3")?.kind, "packet");
  const call = { kind: "RollCall", replica: replicaId("r2"), nonce: digest("00".repeat(32)) } as const;
  assertEquals(lab.send("peer", { kind: "RollCall", signed: lab.sign("r2", call) }, 0, "r2")?.kind, "packet");
  assertEquals(lab.send("published", announce(lab, 1), 1000, "r2")?.kind, "packet");
});

Deno.test("§7.5h who sends far more than it may is left unread for a moment, and heard again afterwards", () => {
  const lab = ingressLab();
  const { faultsPerWindow, excessWeight, excessMuteMs } = INGRESS_LIMITS;
  const excess = faultsPerWindow / excessWeight;
  const packet = announce(lab, 1);
  for (let i = 0; i < 2 * PEER_RATES.PreVote + excess - 1; i++) lab.send("published", packet, 0, "r2");
  assertEquals([lab.muted, lab.heldOff], [[], []]);
  lab.send("published", packet, 0, "r2");
  assertEquals(lab.muted, [["published r2", "rate:PreVote", excessMuteMs]]);
  lab.send("published", packet, 100, "r2");
  assertEquals(lab.heldOff, [["r2", excessMuteMs], ["r2", excessMuteMs - 100]]);
  assertEquals(lab.refused(), { "rate:PreVote": excess, muted: 1 });
  assertEquals(lab.send("published", packet, excessMuteMs, "r2")?.kind, "packet");
});

Deno.test("§7.5h §7.3c a request that its client's quota has no room for is dropped before its signature is checked", () => {
  const lab = ingressLab();
  lab.state.view.role = "leader";
  const { sessionsPerClient } = lab.state.config.constants;
  const registers = Array.from({ length: sessionsPerClient + 1 }, (_, i) =>
    lab.sign("c1", {
      kind: "RegisterSession",
      client: c1,
      base: logIndex(i === sessionsPerClient ? 1 : 0),
      nonce: new Uint8Array(16).fill(i),
    }));
  lab.state.appliedIndex = logIndex(1);
  for (const signed of registers.slice(0, -1)) poolRequest(lab.state, knownOf(signed));
  for (const kind of ["RegisterSession", "UpdateLeader"] as const) {
    assertEquals(lab.send("client", { kind, signed: registers.at(-1)! } as AnyPacket), null);
  }
  assertEquals(lab.send("peer", { kind: "ForwardedRequest", signed: registers.at(-1)! }), null);
  const code = "over-quota";
  assertEquals(lab.refused(), {
    [`${code}:ForwardedRequest`]: 1,
    [`${code}:RegisterSession`]: 1,
    [`${code}:UpdateLeader`]: 1,
  });
  assertEquals(lab.work.verified, 0);
});

Deno.test("§7.5h asking again for what is settled has a rate of its own, and costs no signature beyond it", () => {
  const lab = ingressLab();
  openSessions(lab.state.sessions, [c1]);
  lab.state.appliedIndex = logIndex(SESSION + 1);
  const { repeatBurst, repeatsPerSecond } = INGRESS_LIMITS;
  const ask = (message: SendRequest, now = 0) =>
    lab.send("client", { kind: "SendRequest", signed: lab.sign("c1", message) }, now);
  const settled = { ...numberedRequest("c1", 0, 0, Uint8Array.of(1)), session: logIndex(SESSION + 1) };
  const asked = Array.from({ length: repeatBurst + 5 }, () => ask(settled));
  assertEquals(asked.filter((input) => input !== null).length, repeatBurst);
  assertEquals([lab.refused(), lab.work.verified], [{ "repeat:SendRequest": 5 }, 1]);
  assertEquals(ask(numberedRequest("c1", 0, 0, Uint8Array.of(2)))?.kind, "request");
  assertEquals(ask(settled, 1000 / repeatsPerSecond)?.kind, "request");
});

Deno.test("§7.5h what is refused counts by its size too: a few packets of 4 MiB mute as many small ones do", () => {
  const lab = ingressLab();
  const large = [new Uint8Array(LIMITS.maxPacketBytes - 1)];
  const { faultsPerWindow, excessWeight } = INGRESS_LIMITS;
  const most = Math.ceil(faultsPerWindow / (excessWeight * Math.floor(large[0]!.length / BACKLOG_UNIT_BYTES)));
  for (let i = 0; i < 2 * most; i++) lab.take("peer", large, i);
  assertEquals([most < 8, lab.refused()["muted"]! >= most], [true, true]);
});

Deno.test("§7.5i a replica passes on half of the requests that its leader takes of it", () => {
  const lab = new ElectionLab({ constants: { electionTimeoutMs: 10_000 } });
  lab.follow("r2", 1);
  const passed = (afterMs: number) => {
    lab.now += afterMs;
    for (let i = 0; i < 1000; i++) lab.request(request(1), false);
    return lab.take("ForwardedRequest").length;
  };
  assertEquals(
    [passed(0), passed(1000), passed(500), passed(60_000)],
    [1, 1 / 2, 1 / 4, 1].map((part) => part * PEER_RATES.ForwardedRequest),
  );
  assertEquals(lab.request(request(1), false), "passed-on-enough");
});

Deno.test("§7.5i what that pace keeps back of interventions goes later, clients in turn", () => {
  const lab = new ElectionLab({ constants: { electionTimeoutMs: 10_000, sessionWindow: 128 } });
  lab.follow("r2", 1);
  for (let i = 0; i < LIMITS.forwardBurst; i++) lab.request(request(1), false);
  for (let seq = 1; seq <= 60; seq++) assertEquals(lab.request(request(seq)), "accept");
  assertEquals(lab.request(request(1, "", "c2")), "accept");
  lab.take("ForwardedRequest");
  lab.elapse(30);
  const clients = lab.take("ForwardedRequest").map(({ packet }) => packet.signed.message.client);
  assert(clients.length <= 7 && clients.includes(clientId("c2")), `passed on: ${clients}`);
  lab.elapse(1000);
  const seqs = lab.take("ForwardedRequest").flatMap(({ packet: { signed: { message } } }) =>
    "seq" in message ? [message.seq] : []
  );
  assertEquals(Math.max(...seqs), request(60).message.seq);
});
