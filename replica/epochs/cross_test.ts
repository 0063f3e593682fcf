import { assertEquals } from "@std/assert";
import { sha256Hex } from "../../crypto/digest.ts";
import type { SignedRoster } from "../../crypto/roster/parse_roster.ts";
import { genesisBehind } from "../../protocol/epochs/epoch_end.ts";
import { nextGenesis } from "../../protocol/hash_chain.ts";
import { clientId, logIndex, seq } from "../../protocol/ids.ts";
import type { Request } from "../../protocol/message.ts";
import type { Signed, Verified } from "../../protocol/signed.ts";
import { KvStore } from "../../state_machine/mod.ts";
import { EpochChain, epochIngress, newKeyFor } from "../../tests/support/epochs/epoch_lab.ts";
import { openSessions } from "../../tests/support/numbered_requests.ts";
import { HeldChunks } from "../../tests/support/snapshot_values.ts";
import type { CoreState } from "../core/state.ts";
import { step } from "../core/step.ts";
import { beginningOf, waitingIn } from "./cross.ts";

const chain = new EpochChain();
const rotated = newKeyFor(chain.of(1).roster, "client", "c1");
const [kept, next, gone] = [
  chain.signedNext(),
  chain.signedNext(({ clients: [c1, c2], ...roster }) => ({
    ...roster,
    clients: [{ ...c1!, publicKey: rotated.publicKey, curveKey: rotated.curvePublicKey }, c2!],
  })),
  chain.signedNext(({ clients: [c1], ...roster }) => ({ ...roster, clients: [c1!] })),
];

/** Returns a core of epoch 1 in which a request of each client waits, held once as an intervention. */
function waiting(): CoreState {
  const { state, changes } = epochIngress(chain, 1);
  openSessions(state.sessions, [clientId("c1"), clientId("c2")]);
  const ports = { hash: sha256Hex, machine: new KvStore(), changes, chunks: new HeldChunks() };
  for (const client of ["c1", "c2"]) {
    const request = chain.sign(
      client,
      1,
      {
        ...{ kind: "SendRequest", client: clientId(client), session: logIndex(1), seq: seq(2), floor: seq(1) },
        ...{ mode: "command", command: Uint8Array.of(1) },
      } as const,
    ) as Verified<Signed<Request>>;
    for (let i = 0; i < 2; i++) step(state, { kind: "request", request, intervention: true, via: null, now: 1 }, ports);
  }
  return state;
}

const clientsIn = (to: SignedRoster): string[] =>
  waitingIn(waiting(), chain.of(1), to).map(({ message }) => String(message.client));

Deno.test("requests that wait are handed on once, of clients that are listed with the same key", () => {
  assertEquals(clientsIn(kept), ["c1", "c2"]);
  assertEquals(clientsIn(next), ["c2"], "another key");
  assertEquals(clientsIn(gone), ["c1"], "not listed");
});

Deno.test("the genesis is that of the end's point and state, and of the very roster", () => {
  const end = chain.endTo(kept);
  const { stable } = end.proof;
  assertEquals(
    genesisBehind(sha256Hex, kept.digest, end),
    nextGenesis(sha256Hex, 2, kept.digest, stable, stable.stateDigest),
  );
  assertEquals(
    genesisBehind(sha256Hex, kept.digest, end).hash === genesisBehind(sha256Hex, next.digest, end).hash,
    false,
  );
});

Deno.test("who has no bar goes on as a learner, and whoever has one as a member", () => {
  const end = chain.endTo(kept);
  const nonce = sha256Hex(Uint8Array.of(1));
  const { hard } = epochIngress(chain, 1).state;
  const recoveryIn = (recovery: typeof hard.recovery) =>
    beginningOf({ hard: { ...hard, recovery } }, { end, held: true }, sha256Hex, kept.digest).recovery;
  assertEquals(recoveryIn(null), null);
  assertEquals(recoveryIn({ nonce, bar: null }), { nonce, bar: null });
  assertEquals(recoveryIn({ nonce, bar: 0 as never }), null);
});
