/** §7.5, §12: packets that are refused before a single signature is checked, however many signatures they carry. */
import { assert, assertEquals } from "@std/assert";
import type { ElectionProof } from "../../../protocol/certificate.ts";
import { replicaId, term } from "../../../protocol/ids.ts";
import type { Packet } from "../../../protocol/packet.ts";
import { freshEntries, screen } from "../../../replica/core/screen.ts";
import { ElectionLab } from "../support/election_lab.ts";
import * as forge from "../support/forge.ts";
import { Lab, sentOf } from "../support/lab.ts";

const CHAIN = forge.grow(forge.GENESIS, 4, 1);
const END = forge.endOf(CHAIN);

/** Returns a follower of r1 in term 1, with `CHAIN` on its log. */
function following(): Lab {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN);
  return lab;
}

const codeOf = (lab: Lab, packet: Packet): string => {
  const { verdict } = screen(lab.state, packet);
  return verdict.verdict === "accept" ? "accept" : verdict.code;
};

/** Returns a proof whose votes are one replica's, many times over. */
function repeatedVotes(term: number): ElectionProof {
  const proof = forge.electionProof("r4", term, ["r4", "r1", "r3"]);
  return { ...proof, votes: Array.from({ length: 64 }, () => proof.votes[0]!) };
}

Deno.test("§7.5d entries of a replica that does not lead this term are not looked at", () => {
  const entries = forge.grow(END, 3, 1, "usurped");
  assertEquals(codeOf(following(), forge.appendEntries("r4", 1, entries, { prev: END })), "not-the-leader");
});

Deno.test("§7.5d §6.7 before the leader is proved its header is enough to ask for the proof", () => {
  const lab = new Lab();
  const packet = forge.appendEntries("r1", 1, CHAIN, { prev: forge.GENESIS });
  const screened = screen(lab.state, packet);
  assertEquals(screened.verdict.verdict, "accept");
  assert(screened.packet.kind === "AppendEntries" && screened.packet.entries.length === 0);
  const [asked] = sentOf(lab.receive(screened.packet), "ResendRequest");
  assertEquals(asked!.signed.message.proofWanted, true);
});

Deno.test("§5.2 a header whose entries were left out, because its proof came in the same batch, is asked for again", () => {
  const lab = following();
  const header = forge.appendEntries("r1", 1, forge.grow(END, 2, 1), { prev: END, round: 9 });
  const [asked] = sentOf(lab.receive({ ...header, entries: [] }), "ResendRequest");
  assertEquals([asked!.signed.message.proofWanted, asked!.signed.message.match], [false, END]);
});

Deno.test("§7.5d entries that are on the log already were checked when they got there", () => {
  const lab = following();
  const again = forge.appendEntries("r1", 1, CHAIN, { prev: forge.GENESIS, round: 2 });
  const more = forge.appendEntries("r1", 1, forge.grow(END, 2, 1), { prev: END, round: 3 });
  assertEquals([freshEntries(lab.state, again), freshEntries(lab.state, more)], [[], [0, 1]]);
});

Deno.test("§7.5d §2.4a a proof with one replica's vote many times over is dropped unverified", () => {
  const lab = following();
  const screened = screen(lab.state, {
    kind: "PreVote",
    signed: forge.preVote("r4", 9).signed,
    proof: repeatedVotes(8),
  });
  assert(screened.packet.kind === "PreVote" && screened.packet.proof === null);
  const append = forge.appendEntries("r4", 8, [], { prev: END, proof: repeatedVotes(8) });
  const judged = screen(lab.state, append);
  assert(judged.packet.kind === "AppendEntries" && judged.packet.proof === null);
});

Deno.test("§7.5d §6.5 a RequestVote without a quorum of PreVotes or a certificate for its base is refused unverified", () => {
  const lab = following();
  const good = forge.requestVote("r4", 2, ["r1", "r3", "r4"]);
  const repeated = Array.from({ length: 64 }, () => good.preVotes[0]!);
  assertEquals(codeOf(lab, good), "accept");
  assertEquals(codeOf(lab, { ...good, preVotes: repeated }), "no-pre-vote-certificate");
  assertEquals(
    codeOf(lab, { ...good, certificate: forge.prepareCertificate(1, END, ["r4"]) }),
    "base-without-certificate",
  );
});

Deno.test("§7.5d refusals and fetched entries that nobody waits for are ignored unverified", () => {
  const lab = following();
  const certificate = forge.commitCertificate(1, END, ["r1", "r3", "r4"]);
  assertEquals(codeOf(lab, forge.voteRefusal("r4", 2, "r2", certificate)), "no-candidacy");
  const deferred = { kind: "VoteDeferred", term: term(2), candidate: replicaId("r2"), voter: replicaId("r4") } as const;
  assertEquals(codeOf(lab, { kind: "VoteDeferred", signed: forge.signAs("r4", deferred) }), "no-candidacy");
  const unasked = forge.fetchEntriesResponse("r4", { nonce: 1, from: forge.GENESIS.index }, CHAIN, certificate);
  assertEquals(codeOf(lab, unasked), "not-asked-for");
});

Deno.test("§7.5d §7.3 a forwarded request is taken by a leader, unless it is settled, queued or ordered already", () => {
  const lab = new ElectionLab();
  const forwarded = (number: number) => screen(lab.state, { kind: "ForwardedRequest", signed: forge.request(number) });
  const code = (number: number) => {
    const { verdict } = forwarded(number);
    return verdict.verdict === "accept" ? "accept" : verdict.code;
  };
  assertEquals(code(0), "not-the-leader");
  lab.lead(1);
  assertEquals(code(0), "accept");
  lab.feed({ kind: "ForwardedRequest", signed: forge.request(0) });
  assertEquals([code(0), code(1)], ["known-request", "accept"]);
  lab.commit(forge.endOf(lab.state.log.entries));
  assertEquals([code(0), code(1)], ["settled", "accept"]);
});
