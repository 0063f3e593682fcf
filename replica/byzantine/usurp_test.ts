import { assert, assertEquals } from "@std/assert";
import { sha256Hex } from "../../crypto/digest.ts";
import { electedBy } from "../../protocol/certify.ts";
import { logIndex, term } from "../../protocol/ids.ts";
import type { Vote } from "../../protocol/message.ts";
import type { UnsignedPacketOf } from "../../protocol/packet.ts";
import { appendOf, honestState, PEERS, refusal, rideOn, SELF, signAs } from "../../tests/support/byzantine_victim.ts";
import { genesisCertificate } from "../core/create_state.ts";

type Ride = ReturnType<typeof rideOn>;

function claims(ride: Ride, heartbeats: number): UnsignedPacketOf<"AppendEntries">[] {
  return ride.speak(heartbeats).flatMap(({ to, packet }) => {
    if (packet.kind !== "AppendEntries") return [];
    assertEquals(to, PEERS);
    return [packet];
  });
}

const voteFor = ({ victim: { state } }: Ride, inTerm: number, voter: string): Vote => ({
  kind: "Vote",
  term: term(inTerm),
  candidate: SELF,
  voter: voter as Vote["voter"],
  granted: true,
  base: { term: term(0), index: logIndex(0), hash: state.genesis.hash },
});

Deno.test("it claims its own term and higher ones; nothing it shows elects it", () => {
  const ride = rideOn("usurp");
  const own = signAs(SELF, voteFor(ride, 1, SELF));
  ride.victim.state.votesSeen.set(SELF, own); // as its core does when the vote it sent itself comes back
  const made = claims(ride, 36);
  assert(made.length > 20);
  assertEquals(Math.min(...made.map(({ signed }) => signed.term)), 1);
  assert(new Set(made.map(({ signed }) => signed.term)).size > 3);
  const state = honestState();
  for (const packet of made) {
    const structure = packet.proof === null ? null : electedBy(state, sha256Hex, packet.proof);
    // If only the signatures are wrong, the check must find them to be.
    if (structure !== null) assertEquals(refusal(state, packet), "signature:AppendEntries");
  }
  const votes = made.map(({ proof }) => proof?.votes.map(({ message }) => message.voter).join(" ") ?? "none");
  assert(["none", "r1", "r1 r1 r1", "r1 r2 r3 r4"].every((lie) => votes.includes(lie)), votes.join("; "));
});

Deno.test("it asks itself for its own signature on a vote, once a term", () => {
  const ride = rideOn("usurp");
  const toItself = () => ride.speak(1).filter(({ packet }) => packet.kind === "Vote");
  assertEquals(toItself().map(({ to }) => to), [[SELF]]);
  ride.victim.state.votesSeen.set(SELF, signAs(SELF, voteFor(ride, 2, SELF)));
  assertEquals(toItself(), []);
});

Deno.test("when its certificate moves on it votes anew, so that what it shows still gets as far as its signatures", () => {
  const ride = rideOn("usurp");
  const { state } = ride.victim;
  state.votesSeen.set(SELF, signAs(SELF, voteFor(ride, 2, SELF)));
  state.prepared = { ...state.prepared, index: logIndex(1) };
  const votes = ride.speak(1).flatMap(({ packet }) => packet.kind === "Vote" ? [packet.signed] : []);
  assertEquals(votes.map((vote) => [vote.term as number, vote.base.index as number]), [[3, 1]]);
});

Deno.test("once it has led it leads that term on, from where it was, with the proof it had", () => {
  const ride = rideOn("usurp");
  const { state } = ride.victim;
  const votes = ["r1", "r2", "r3"].map((voter) => signAs(voter, voteFor(ride, 3, voter)));
  state.electionProof = { base: genesisCertificate(state.genesis), votes };
  state.hard = { ...state.hard, currentTerm: term(3) };
  const { packet, hash } = appendOf(3, 0, state.genesis.hash, []);
  ride.adversary.corrupt!([{ to: PEERS, packet }], 0);
  state.hard = { ...state.hard, currentTerm: term(4) };
  const old = claims(ride, 18).filter(({ signed }) => signed.term === 3 && signed.prevIndex > 0);
  assertEquals(old.map(({ signed }) => Number(signed.prevIndex)), [1, 2]);
  assertEquals(old[0]!.signed.prevHash, hash);
  assert(old.every(({ proof, signed }) => proof === state.electionProof && signed.round > packet.signed.round));
  const honest = honestState();
  honest.hard = { ...honest.hard, currentTerm: term(4) };
  assertEquals(refusal(honest, old[0]!), "stale-term:AppendEntries");
});
