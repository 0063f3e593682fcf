/** §6.7, §2.2, §2.3: an election proof is only as good as every single signature in it. */
import { assert, assertEquals } from "@std/assert";
import type { ElectionProof } from "../../../protocol/certificate.ts";
import type { PacketOf } from "../../../protocol/packet.ts";
import { listSignatures } from "../../../protocol/signatures.ts";
import { admitPacket } from "../../../replica/ingress/admit_packet.ts";
import { FAKE_CHECK } from "../../simulation/network/fake_crypto.ts";
import * as forge from "../support/forge.ts";
import { Lab } from "../support/lab.ts";

const HEAD = forge.endOf(forge.grow(forge.GENESIS, 2, 1));
const PEERS = ["r1", "r3", "r4"];
const PROOF = forge.electionProof("r3", 2, PEERS, forge.prepareCertificate(1, HEAD, PEERS));

type Carrier = PacketOf<"AppendEntries"> | PacketOf<"PreVote">;

/** Returns both packets that carry an election proof. */
const carriersOf = (proof: ElectionProof): Carrier[] => [
  forge.appendEntries("r3", 2, [], { proof }),
  forge.preVote("r3", 3, proof),
];

/** Returns the ingress verdict on `packet`, and the leader of the term that r2 then knows. */
function outcomeOf(packet: Carrier) {
  const lab = new Lab();
  const admission = admitPacket(lab.state, FAKE_CHECK, packet.kind === "PreVote" ? "published" : "peer", packet);
  if ("admitted" in admission && admission.admitted !== null) lab.run([admission.admitted]);
  const { hard: { currentTerm }, view: { leader } } = lab.state;
  return { refused: "refused" in admission ? admission.refused : null, term: Number(currentTerm), leader };
}

Deno.test("§6.7 a proof whose votes and base are signed by those they name installs its leader", () => {
  for (const packet of carriersOf(PROOF)) {
    assertEquals(outcomeOf(packet), { refused: null, term: 2, leader: "r3" });
  }
});

Deno.test("§6.7b §2.3a one vote that its voter did not sign, wherever it stands, and nobody is elected", () => {
  const [victim, ...genuine] = PROOF.votes;
  const { voter, base } = victim!.message;
  const forgeries = {
    "signed by the candidate": forge.signAs("r3", victim!.message),
    "a signature of nobody": { ...victim!, signature: new Uint8Array(64) },
    "another vote's signature": { ...victim!, signature: genuine[0]!.signature },
    "the voter's signature of another vote": { ...victim!, signature: forge.vote(voter, 2, "r4", base).signature },
  };
  for (const [what, forged] of Object.entries(forgeries)) {
    for (const votes of [[forged, ...genuine], [...genuine, forged]]) {
      for (const packet of carriersOf({ ...PROOF, votes })) {
        const refused = `signature:${packet.kind}`;
        assertEquals(outcomeOf(packet), { refused, term: 0, leader: null }, `${what} in ${packet.kind}`);
      }
    }
  }
});

Deno.test("§6.7b a response of the base that its replica did not sign spoils the proof as well", () => {
  const [first, ...rest] = PROOF.base.responses;
  const responses = [...rest, forge.signAs("r3", first!.message)];
  const base = { ...PROOF.base, responses } as ElectionProof["base"];
  for (const packet of carriersOf({ ...PROOF, base })) {
    assertEquals(outcomeOf(packet), { refused: `signature:${packet.kind}`, term: 0, leader: null });
  }
});

Deno.test("§6.7 the signatures to check are the packet's own, each of the base's responses and each vote", () => {
  for (const packet of carriersOf(PROOF)) {
    const claims = listSignatures(packet);
    assertEquals(claims.map(({ signer, kind }) => `${kind} ${signer}`), [
      `${packet.kind} r3`,
      ...PEERS.map((id) => `AppendEntriesResponse ${id}`),
      ...PEERS.map((id) => `Vote ${id}`),
    ]);
    assertEquals(claims.map(({ signed }) => signed), [packet.signed, ...PROOF.base.responses, ...PROOF.votes]);
    assert(claims.every(({ role }) => role === "replica"));
  }
});
