import { assert, assertEquals } from "@std/assert";
import type { Certificate } from "../../../protocol/certificate.ts";
import type { ChainedEntry } from "../../../protocol/entry.ts";
import { logIndex, replicaId, term } from "../../../protocol/ids.ts";
import type { PacketOf } from "../../../protocol/packet.ts";
import { certified } from "../../../protocol/rank.ts";
import { ElectionLab, votePacket } from "../support/election_lab.ts";
import {
  acksOf,
  endOf,
  GENESIS,
  GENESIS_CERTIFICATE,
  grow,
  prepareCertificate,
  rankOf,
  requestVote,
  signAs,
} from "../support/forge.ts";

const ALL = ["r2", "r3", "r4"];
const CHAIN = grow(GENESIS, 3, 1);
const OTHER = grow(GENESIS, 2, 2, "other");
const THREE = endOf(CHAIN);

/** Returns r1 holding the certificate of entry 3 of term 1, its log then moved to another branch by r3, leader of term 2. */
function moved(): ElectionLab {
  const lab = new ElectionLab();
  lab.follow("r2", 1);
  lab.append(GENESIS, CHAIN);
  lab.prepare(THREE);
  lab.follow("r3", 2);
  lab.append(GENESIS, OTHER);
  assertEquals(endOf(lab.state.log.entries), endOf(OTHER));
  return lab;
}

Deno.test("§6.8a a replica whose log moves to another branch keeps the entries under its highest certificate, also on disk", () => {
  const lab = moved();
  for (const restart of [false, true]) {
    if (restart) lab.restart();
    assertEquals(certified(lab.state.prepared), rankOf(1, THREE));
    assertEquals(lab.state.branch.map(({ hash }) => hash), CHAIN.map(({ hash }) => hash));
  }
});

Deno.test("§6.8 it refuses candidates of lower rank though its log holds nothing of the branch", () => {
  const lab = moved();
  lab.suspect();
  lab.feed(requestVote("r3", 6, ALL));
  lab.elapse(10);
  assertEquals(lab.take("VoteRefusal").map(({ packet }) => certified(packet.certificate)), [rankOf(1, THREE)]);
});

Deno.test("§6.8a §6.6 a candidate leads from that branch: its log then contains the base's hash at the base's index", () => {
  for (const restart of [false, true]) {
    const lab = moved();
    if (restart) lab.restart();
    lab.campaign(3);
    const base = rankOf(1, THREE);
    assertEquals(lab.state.election.candidacy!.base, base);
    lab.feed(votePacket("r2", 3, "r1", base), votePacket("r3", 3, "r1", base));
    assertEquals(lab.state.view.role, "leader");
    assertEquals(lab.state.log.entries.slice(0, 3).map(({ hash }) => hash), CHAIN.map(({ hash }) => hash));
    assertEquals(lab.state.branch, []);
    lab.restart(); // and the disk says the same
    assertEquals(lab.state.log.entries.length, 4);
  }
});

Deno.test("§6.8a the branch goes only when a higher-ranked certificate replaces it", () => {
  const lab = moved();
  lab.feed(...acksOf(ALL, 1, endOf(CHAIN.slice(0, 2))));
  assertEquals(lab.state.branch.length, 3);
  lab.feed(...acksOf(ALL, 2, endOf(OTHER.slice(0, 1))));
  assertEquals([certified(lab.state.prepared), lab.state.branch], [rankOf(2, endOf(OTHER.slice(0, 1))), []]);
});

Deno.test("§6.8a or when its entries lie at or below the commit index", () => {
  const lab = new ElectionLab();
  lab.follow("r2", 1);
  lab.append(GENESIS, CHAIN);
  lab.prepare(endOf(CHAIN.slice(0, 2)));
  lab.follow("r3", 2);
  lab.append(GENESIS, grow(GENESIS, 1, 2, "other"));
  assertEquals(lab.state.branch.length, 2);
  lab.follow("r4", 3, [], { base: prepareCertificate(1, THREE, ALL) });
  lab.append(GENESIS, CHAIN); // the branch was the chain that went on, after all
  lab.commit(THREE);
  assertEquals([lab.state.commitIndex, lab.state.branch], [3, []]);
});

Deno.test("§6.8d rank never goes down, whatever certificates arrive late", () => {
  const lab = moved();
  lab.feed(...acksOf(ALL, 2, endOf(OTHER)));
  const rank = certified(lab.state.prepared);
  assertEquals(rank, rankOf(2, endOf(OTHER)));
  lab.feed(...acksOf(ALL, 1, THREE), ...acksOf(ALL, 2, endOf(OTHER.slice(0, 1))));
  assertEquals(certified(lab.state.prepared), rank);
  lab.restart();
  assertEquals(certified(lab.state.prepared), rank);
});

Deno.test("§6.5f a refusal is advice: the candidate fetches what it shows, goes on counting, and leads from the voted base", () => {
  const lab = new ElectionLab();
  lab.campaign(2);
  lab.feed(refusal("r3", prepareCertificate(1, THREE, ALL)));
  assert(lab.wait(500, () => lab.state.catchUp.active !== null));
  const [asked] = lab.take("FetchEntries");
  const { head, nonce } = asked!.packet.signed.message;
  assertEquals([asked!.to, head], [["r3"], THREE]);
  lab.feed(served("r3", nonce, CHAIN));
  assertEquals(certified(lab.state.prepared), rankOf(1, THREE)); // for a later term
  lab.feed(votePacket("r2", 2, "r1"), votePacket("r4", 2, "r1"));
  assertEquals([lab.state.view.role, lab.state.view.base], ["leader", rankOf(0, GENESIS)]);
});

Deno.test("§6.5 refusals never count as votes, and one that shows no higher valid certificate changes nothing", () => {
  const lab = new ElectionLab();
  lab.campaign(2);
  const short = prepareCertificate(1, THREE, ALL.slice(1));
  assertEquals(lab.feed(...ALL.map((id) => refusal(id, short))), "bad-certificate");
  assertEquals(lab.feed(...ALL.map((id) => refusal(id, GENESIS_CERTIFICATE))), "not-higher");
  assertEquals([lab.state.view.role, lab.state.catchUp.wanted], ["candidate", null]);
});

/** Returns the refusal of r1's candidacy in term 2 by `voter`. */
function refusal(voter: string, certificate: Certificate): PacketOf<"VoteRefusal"> {
  const message = { kind: "VoteRefusal", term: term(2), candidate: replicaId("r1"), voter: replicaId(voter) } as const;
  return { kind: "VoteRefusal", signed: signAs(voter, message), certificate };
}

/** Returns the answer of `source` to a FetchEntries from index 1. */
function served(source: string, nonce: number, chain: readonly ChainedEntry[]): PacketOf<"FetchEntriesResponse"> {
  const message = { kind: "FetchEntriesResponse", replica: replicaId(source), nonce, from: logIndex(1) } as const;
  const entries = chain.map(({ entry }) => entry);
  return {
    kind: "FetchEntriesResponse",
    signed: signAs(source, message),
    entries,
    certificate: null,
    checkpoint: null,
  };
}
