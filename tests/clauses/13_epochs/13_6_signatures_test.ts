/** §13.6 What is signed, and where it is good. */
import { assert, assertEquals } from "@std/assert";
import { unhex } from "../../../crypto/digest.ts";
import { epochNameOf } from "../../../crypto/roster/parse_roster.ts";
import { createVerifier } from "../../../crypto/signing/signing.ts";
import { clientId, replicaId, term } from "../../../protocol/ids.ts";
import { encodePacket, epochOf } from "../../../transport/codec/mod.ts";
import { backend } from "../../support/backends.ts";
import { EpochChain, epochIngress } from "../../support/epochs/epoch_lab.ts";

const chain = new EpochChain();
chain.advance();
chain.advance();
const EPOCHS = [1, 2, 3];

const preVoteIn = (epoch: number) =>
  chain.sign("r2", epoch, { kind: "PreVote", term: term(1), replica: replicaId("r2") } as const);

Deno.test("§13.6a nothing a replica signs in one epoch verifies in another; what clients sign is good in each", () => {
  const verifies = (key: string, kind: "PreVote" | "GetStatus", signed: { body: Uint8Array; signature: Uint8Array }) =>
    EPOCHS.filter((epoch) =>
      createVerifier(backend, epochNameOf(chain.of(epoch)))
        .verify(kind, signed.body, signed.signature, unhex(chain.keys.get(key)!.publicKey))
    );
  for (const epoch of EPOCHS) {
    assertEquals(verifies("r2", "PreVote", preVoteIn(epoch)), [epoch]);
    const asked = chain.sign("c1", epoch, { kind: "GetStatus", client: clientId("c1"), nonce: 1 } as const);
    assertEquals(verifies("c1", "GetStatus", asked), EPOCHS);
  }
  const { cluster } = chain.of(1).roster;
  const { body, signature } = preVoteIn(1);
  const key = unhex(chain.keys.get("r2")!.publicKey);
  assert(createVerifier(backend, cluster).verify("PreVote", body, signature, key), "epoch 1 is named by the cluster");
});

Deno.test("§13.6b packets of replicas name their epoch, by leaving it out in the first; questions for epochs, and ends, name none", () => {
  const packet = { kind: "PreVote", signed: preVoteIn(2), proof: null } as const;
  assertEquals(EPOCHS.map((epoch) => epochOf(encodePacket(packet, epoch))), EPOCHS);
  assertEquals(encodePacket(packet, 1)[0]!.length + 8, encodePacket(packet, 2)[0]!.length);
  for (const other of [chain.shown(1), { kind: "FetchEpoch", epoch: 1 } as const]) {
    assertEquals(epochOf(encodePacket(other, 2)), null);
  }
});

Deno.test("§13.6b what names another epoch is not looked into, mutes nobody, and is answered", () => {
  const lab = epochIngress(chain, 2);
  const forged = { ...preVoteIn(2), signature: new Uint8Array(64).fill(1) };
  for (let i = 0; i < 300; i++) {
    for (const named of [1, 3]) lab.send("r2", "published", { kind: "PreVote", signed: forged, proof: null }, i, named);
  }
  assertEquals([lab.work.verified, lab.muted], [0, []]);
  assertEquals(lab.sent.slice(0, 2), [["r2", chain.shown(1)], ["r2", { kind: "FetchEpoch", epoch: 2 }]]);
  assertEquals(
    lab.send("r2", "published", { kind: "PreVote", signed: preVoteIn(2), proof: null }, 300)?.kind,
    "packet",
  );
});
