/** §13.14 Epochs where replicas sign nothing. */
import { assertEquals } from "@std/assert";
import { sha256Hex } from "../../../crypto/digest.ts";
import { changeOf } from "../../../crypto/roster/change_judge.ts";
import { verifyEnd } from "../../../crypto/roster/verify_end.ts";
import { joinRequests } from "../../../protocol/entry_body.ts";
import { type EpochEnd, nextAfter } from "../../../protocol/epochs/epoch_end.ts";
import { chainEntry } from "../../../protocol/hash_chain.ts";
import { encodePacket, entryOf } from "../../../transport/codec/mod.ts";
import { backend } from "../../support/backends.ts";
import { EpochChain, epochIngress } from "../../support/epochs/epoch_lab.ts";

const chain = new EpochChain({ profile: "crash" });
chain.advance((roster) => ({ ...roster, replicas: roster.replicas.slice(0, 3) }));

const bare = <T extends { readonly signature: Uint8Array }>(all: readonly T[]): T[] =>
  all.map((each) => ({ ...each, signature: new Uint8Array(64) }));

/** Returns an end as it is told where nothing is signed. */
const unsigned = (end: EpochEnd): EpochEnd => ({
  ...end,
  proof: {
    stable: { ...end.proof.stable, checkpoints: bare(end.proof.stable.checkpoints) },
    commit: { ...end.proof.commit, responses: bare(end.proof.commit.responses) },
  },
});
const shown = { ...chain.shown(1), end: unsigned(chain.ends[0]!) };

/** Returns an end that is as good as the other, but for one bit of what the operator signed. */
function tampered(): EpochEnd {
  const command = changeOf(chain.of(1), chain.of(2));
  const request = chain.requestOf("c1", command.with(130, command[130]! ^ 1));
  const { before, proof, ...end } = shown.end;
  const entry = entryOf(end.entry.index, end.entry.term, joinRequests([request]));
  const { hash } = chainEntry(sha256Hex, before, entry);
  const named = <T extends { readonly message: object }>(all: readonly T[]): T[] =>
    all.map((each) => ({ ...each, message: { ...each.message, hash } }));
  return {
    ...{ ...end, before, entry },
    proof: {
      stable: { ...proof.stable, hash, checkpoints: named(proof.stable.checkpoints) },
      commit: {
        ...proof.commit,
        hash,
        responses: proof.commit.responses.map((each) => ({
          ...each,
          message: { ...each.message, prepared: { ...each.message.prepared, hash } },
        })),
      },
    },
  };
}

Deno.test("§13.14a an end is believed from a replica whose connection is open, and from nobody else", () => {
  const fresh = () => epochIngress(chain, 1);
  // r4 is shown an end that names it: nobody of its own is in that, as r1, r2 and r3 said it.
  for (const owner of ["r2", "r3", "r4", "r5@7"]) {
    const lab = fresh();
    lab.state.hard = { ...lab.state.hard, recovery: { nonce: sha256Hex(new Uint8Array(1)), bar: null } };
    assertEquals(lab.send(owner, "peer", shown)?.kind, "packet", owner);
  }
  const lab = fresh();
  assertEquals(lab.take({ channel: "peer", route: "nobody", frames: encodePacket(shown) }), null);
  assertEquals(lab.refused(), { "speaker:EpochEnd": 1 });
});

Deno.test("§13.14a … if the operators' signatures hold, for replicas, new members and clients", () => {
  const { state, changes } = epochIngress(chain, 1);
  assertEquals(nextAfter(state, sha256Hex, changes, shown.end)?.digest, chain.of(2).digest);
  assertEquals(verifyEnd(chain.of(1), shown.end, backend)?.digest, chain.of(2).digest);
  const wrong = tampered();
  assertEquals([nextAfter(state, sha256Hex, changes, wrong), verifyEnd(chain.of(1), wrong, backend)], [null, null]);
  assertEquals(
    changes.judge((wrong.entry.requests![0]!.message as { command: Uint8Array }).command).refusal,
    "signature",
  );
});
