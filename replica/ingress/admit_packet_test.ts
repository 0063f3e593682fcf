import { assertEquals } from "@std/assert";
import { sha256Hex } from "../../crypto/digest.ts";
import type { Entry } from "../../protocol/entry.ts";
import { joinRequests } from "../../protocol/entry_body.ts";
import { chainEntry } from "../../protocol/hash_chain.ts";
import { clientId, logIndex, replicaId, round, seq, term } from "../../protocol/ids.ts";
import type { PreVote, RequestVote, Vote } from "../../protocol/message.ts";
import type { Signed } from "../../protocol/signed.ts";
import { ingressLab } from "../../tests/support/ingress_lab.ts";
import { entryOf } from "../../transport/codec/mod.ts";

type Lab = ReturnType<typeof ingressLab>;
const r2 = replicaId("r2");

const request = (lab: Lab, by: string, number: number) =>
  lab.sign(by, {
    kind: "SendRequest",
    client: clientId("c1"),
    session: logIndex(1),
    seq: seq(number),
    floor: seq(1),
    mode: "command",
    command: new Uint8Array(3),
  });

/** Ingress of a replica that follows r2 in term 1. */
function following(): Lab {
  const lab = ingressLab();
  lab.state.hard = { ...lab.state.hard, currentTerm: term(1) };
  lab.state.view.leader = r2;
  return lab;
}

/** An AppendEntries of r2, term 1, with these entry bodies from index 1 on. */
function append(lab: Lab, bodies: readonly Uint8Array[], signer = "r2") {
  const entries: Entry[] = bodies.map((body, i) => entryOf(logIndex(i + 1), term(1), body));
  let previous = lab.state.genesis.hash;
  const entryHashes = entries.map((entry) => previous = chainEntry(sha256Hex, previous, entry).hash);
  const signed = lab.sign(signer, {
    kind: "AppendEntries",
    term: term(1),
    leader: r2,
    round: round(1),
    prevIndex: logIndex(0),
    prevHash: lab.state.genesis.hash,
    entryHashes,
    commitIndex: logIndex(0),
  });
  return { kind: "AppendEntries", signed, entries, proof: null } as const;
}

Deno.test("entries with good client signatures pass; the first bad one is pointed at (§3.2)", () => {
  const lab = following();
  const good = joinRequests([request(lab, "c1", 1), request(lab, "c1", 2)]);
  const forged = joinRequests([request(lab, "c1", 3), request(lab, "c2", 4)]);
  const malformed = Uint8Array.of(0, 1, 7);
  assertEquals(lab.send("peer", append(lab, [joinRequests([]), good]))?.kind, "packet");
  const second = lab.send("peer", append(lab, [good, forged, malformed]));
  assertEquals(second?.kind === "bad-entry" && second.position, 1);
  const third = lab.send("peer", append(lab, [good, good, malformed, forged]));
  assertEquals(third?.kind === "bad-entry" && third.position, 2);
});

Deno.test("entries are looked at only behind a good header", () => {
  const lab = following();
  const requests = Array.from({ length: 20 }, (_, i) => request(lab, "c1", i + 1));
  assertEquals(lab.send("peer", append(lab, [joinRequests(requests)], "r3")), null);
  assertEquals(lab.work.verified, 1);
  assertEquals(lab.refused(), { "signature:AppendEntries": 1 });
});

Deno.test("evidence of a bad entry counts only if the last entry shown really is bad (§9.1)", () => {
  const lab = ingressLab();
  const good = joinRequests([request(lab, "c1", 1)]);
  const forged = joinRequests([request(lab, "c2", 2)]);
  const stranger = joinRequests([lab.sign("c1", {
    kind: "SendRequest",
    client: clientId("c99"),
    session: logIndex(1),
    seq: seq(1),
    floor: seq(1),
    mode: "command",
    command: new Uint8Array(1),
  })]);
  const evidence = (bodies: readonly Uint8Array[], shown = bodies.length) => {
    const { signed, entries } = append(lab, bodies);
    return {
      kind: "Evidence",
      evidence: { kind: "bad-entry", culprit: r2, header: signed, entries: entries.slice(0, shown) },
    } as const;
  };
  assertEquals(lab.send("peer", evidence([good])), null);
  assertEquals(lab.send("peer", evidence([forged, good])), null);
  assertEquals(lab.send("peer", evidence([good], 0)), null);
  assertEquals(lab.refused(), { "good-entry:Evidence": 2, "no-contradiction:Evidence": 1 });
  for (const bad of [forged, stranger, Uint8Array.of(3)]) {
    assertEquals(lab.send("published", evidence([good, bad]))?.kind, "packet");
  }
});

Deno.test("evidence counts only if its culprit signed all of it, whoever it names (§9.1b)", () => {
  const lab = ingressLab();
  const base = { term: term(0), index: logIndex(0), hash: lab.state.genesis.hash };
  const vote = (by: string, candidate: string): Signed<Vote> => {
    const named = { candidate: replicaId(candidate), voter: r2 };
    return lab.sign(by, { kind: "Vote", term: term(1), granted: true, base, ...named } satisfies Vote);
  };
  const twoVotes = (first: string, second: string) =>
    ({
      kind: "Evidence",
      evidence: { kind: "double-vote", culprit: r2, first: vote(first, "r3"), second: vote(second, "r4") },
    }) as const;
  assertEquals([lab.send("peer", twoVotes("r2", "r3")), lab.send("peer", twoVotes("r3", "r2"))], [null, null]);
  const { signed: header, entries } = append(lab, [Uint8Array.of(3)], "r3");
  const badEntry = { kind: "Evidence", evidence: { kind: "bad-entry", culprit: r2, header, entries } } as const;
  assertEquals(lab.send("peer", badEntry), null);
  assertEquals(lab.refused(), { "signature:Evidence": 3 });
  assertEquals(lab.send("peer", twoVotes("r2", "r2"))?.kind, "packet");
});

Deno.test("a packet counts only if all that is shown in it is signed by whom it names (§2.3a, §6.5)", () => {
  const lab = ingressLab();
  const [one, none] = [term(1), { term: term(0), index: logIndex(0), hash: lab.state.genesis.hash }];
  const requestVote = (signers: Readonly<Record<string, string>>) => {
    const preVotes = Object.entries(signers).map(([replica, by]): Signed<PreVote> =>
      lab.sign(by, { kind: "PreVote", term: one, replica: replicaId(replica) } satisfies PreVote)
    );
    const message: RequestVote = { kind: "RequestVote", term: one, candidate: r2, base: none };
    const certificate = { kind: "prepare", ...none, responses: [] } as const;
    return { kind: "RequestVote", signed: lab.sign("r2", message), certificate, preVotes } as const;
  };
  assertEquals(lab.send("peer", requestVote({ r2: "r2", r3: "r3", r4: "r2" })), null);
  assertEquals(lab.refused(), { "signature:RequestVote": 1 });
  assertEquals(lab.send("peer", requestVote({ r2: "r2", r3: "r3", r4: "r4" }))?.kind, "packet");
});

Deno.test("a leader's second bad entry is a fault and no news (§7.5)", () => {
  const lab = following();
  const { signed: header, entries, ...packet } = append(lab, [Uint8Array.of(3)]);
  assertEquals(lab.send("peer", { ...packet, signed: header, entries })?.kind, "bad-entry");
  lab.state.evidence.push({ kind: "bad-entry", culprit: r2, header, entries });
  assertEquals(lab.send("peer", { ...packet, signed: header, entries }), null);
  assertEquals(lab.refused(), { "bad-entry:AppendEntries": 1 });
});

Deno.test("a stale packet is dropped before its signatures are looked at, and is no fault of its route", () => {
  const lab = ingressLab();
  lab.state.hard = { ...lab.state.hard, currentTerm: term(5) };
  for (let i = 0; i < 100; i++) lab.send("peer", append(lab, []));
  assertEquals(lab.refused(), { "stale-term:AppendEntries": 100 });
  assertEquals(lab.work.verified, 0);
});

Deno.test("who asks for the end of this very epoch has it refused like anyone, where nothing is signed too", () => {
  for (const profile of ["byzantine", "crash"] as const) {
    const lab = ingressLab({ profile });
    assertEquals(lab.send("peer", { kind: "FetchEpoch", epoch: 1 }) ?? null, null, profile);
  }
});
