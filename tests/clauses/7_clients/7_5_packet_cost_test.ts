/** §7.5, §9.1: what one packet can cost, whoever sends it. */
import { assert, assertEquals } from "@std/assert";
import { sha256Hex } from "../../../crypto/digest.ts";
import type { Entry } from "../../../protocol/entry.ts";
import { joinRequests } from "../../../protocol/entry_body.ts";
import { chainEntry } from "../../../protocol/hash_chain.ts";
import { clientId, logIndex, replicaId, round, seq, term } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import { UNFINISHED } from "../../../replica/ingress/ingress.ts";
import { INGRESS_LIMITS } from "../../../replica/limits/ingress_limits.ts";
import { encodePacket, entryOf } from "../../../transport/codec/mod.ts";
import { ingressLab } from "../../support/ingress_lab.ts";

type Lab = ReturnType<typeof ingressLab>;
const r2 = replicaId("r2");

/** Ingress of a replica that follows r2 in term 1. */
function following(): Lab {
  const lab = ingressLab();
  lab.state.hard = { ...lab.state.hard, currentTerm: term(1) };
  lab.state.view.leader = r2;
  return lab;
}

/** Entries from index 1 on, `count` requests in each, signed by whom it says. */
function entriesOf(lab: Lab, count: number, entries = 1, by = "c1", first = 0): Entry[] {
  return Array.from({ length: entries }, (_, at) => {
    const requests = Array.from({ length: count }, (_, i) =>
      lab.sign(by, {
        kind: "SendRequest",
        client: clientId("c1"),
        session: logIndex(1),
        seq: seq(first + at * count + i + 1),
        floor: seq(1),
        mode: "command",
        command: new Uint8Array(1),
      }));
    return entryOf(logIndex(at + 1), term(1), joinRequests(requests));
  });
}

/** A header that r2 signed over `entries`. */
function headerOf(lab: Lab, entries: readonly Entry[]) {
  let previous = lab.state.genesis.hash;
  const entryHashes = entries.map((entry) => previous = chainEntry(sha256Hex, previous, entry).hash);
  return lab.sign("r2", {
    ...{ kind: "AppendEntries", term: term(1), leader: r2, round: round(1), commitIndex: logIndex(0) },
    ...{ prevIndex: logIndex(0), prevHash: lab.state.genesis.hash, entryHashes },
  });
}

Deno.test("§7.5e entries that the signed header does not name cost no client signature, and are a fault of their sender", () => {
  const lab = following();
  const header = headerOf(lab, entriesOf(lab, 0));
  const foreign = entriesOf(lab, LIMITS.maxEntryRequests);
  const packet = { kind: "AppendEntries", signed: header, entries: foreign, proof: null } as const;
  for (let i = 0; i <= INGRESS_LIMITS.faultsPerWindow; i++) assertEquals(lab.send("peer", packet), null);
  assertEquals(lab.work.verified, 1, "only the header's own");
  assertEquals(lab.refused(), { "hashes:AppendEntries": INGRESS_LIMITS.faultsPerWindow, muted: 1 });
});

Deno.test("§7.5e §9.1 nor does evidence whose header does not cover its entries; who sends it is muted", () => {
  const lab = following();
  const header = headerOf(lab, entriesOf(lab, 0));
  const entries = entriesOf(lab, LIMITS.maxEntryRequests, 1, "c2");
  const packet = { kind: "Evidence", evidence: { kind: "bad-entry", culprit: r2, header, entries } } as const;
  for (let i = 0; i < 200; i++) assertEquals(lab.send("published", packet), null);
  assertEquals(lab.work.verified, 0);
  const { faultsPerWindow } = INGRESS_LIMITS;
  assertEquals(lab.refused(), { "no-contradiction:Evidence": faultsPerWindow, muted: 200 - faultsPerWindow });
});

Deno.test("§7.5g evidence that proves nothing counts by what it cost: one large piece mutes its route", () => {
  const lab = following();
  const evidence = () => {
    const entries = entriesOf(lab, LIMITS.maxEntryRequests);
    return { kind: "bad-entry", culprit: r2, header: headerOf(lab, entries), entries } as const;
  };
  const packet = { kind: "Evidence", evidence: evidence() } as const;
  assertEquals([lab.send("peer", packet), lab.send("peer", packet)], [null, null]);
  assertEquals(lab.refused(), { "good-entry:Evidence": 1, muted: 1 });
});

Deno.test("§7.5g all evidence has one budget of signatures, however many routes it comes by", () => {
  const lab = following();
  let sent = 0;
  for (let i = 0; i < 8; i++, sent++) {
    const entries = entriesOf(lab, LIMITS.maxEntryRequests, 1, "c1", i * LIMITS.maxEntryRequests);
    const evidence = { kind: "bad-entry", culprit: r2, header: headerOf(lab, entries), entries } as const;
    lab.send("peer", { kind: "Evidence", evidence }, 0, `route ${i}`);
  }
  assertEquals(lab.refused(), { "good-entry:Evidence": 2, "rate:Evidence": 6 });
  assert(lab.work.verified <= INGRESS_LIMITS.evidenceSignatureBurst, `${lab.work.verified} signatures`);
});

Deno.test("§7.5f a packet of many signatures is judged in parts, and comes out the same", () => {
  const lab = following();
  const entries = entriesOf(lab, 100, 3);
  const packet = { kind: "AppendEntries", signed: headerOf(lab, entries), entries, proof: null } as const;
  const received = { channel: "peer", route: "aa", frames: encodePacket(packet) } as const;
  const parts: number[] = [];
  for (let taken: unknown = UNFINISHED; taken === UNFINISHED;) {
    const before = lab.work.verified;
    taken = lab.part(received, 64);
    parts.push(lab.work.verified - before);
    if (taken !== UNFINISHED) assertEquals((taken as { kind: string }).kind, "packet");
  }
  assertEquals(parts, [64, 64, 64, 64, 45]);
});

Deno.test("§7.5f a bad signature is found in a later part all the same", () => {
  const lab = following();
  const entries = [...entriesOf(lab, 100, 2), ...entriesOf(lab, 1, 3, "c2").slice(2)];
  const packet = { kind: "AppendEntries", signed: headerOf(lab, entries), entries, proof: null } as const;
  const received = { channel: "peer", route: "aa", frames: encodePacket(packet) } as const;
  let taken = lab.part(received, 64);
  for (; taken === UNFINISHED;) taken = lab.part(received, 64);
  assert(taken !== null && taken.kind === "bad-entry" && taken.position === 2);
});
