import { assert, assertEquals } from "@std/assert";
import { sha256Hex, unhex } from "../../crypto/digest.ts";
import { epochNameOf } from "../../crypto/roster/parse_roster.ts";
import { createVerifier } from "../../crypto/signing/signing.ts";
import { replicaId } from "../../protocol/ids.ts";
import type { Packet } from "../../protocol/packet.ts";
import { backend } from "../../tests/support/backends.ts";
import { receivedFrom } from "../../tests/support/epochs/epoch_lab.ts";
import { CHUNK, GENESIS, retiring } from "../../tests/support/epochs/retirement_lab.ts";
import { encodePacket } from "../../transport/codec/mod.ts";
import { INGRESS_LIMITS } from "../limits/ingress_limits.ts";

Deno.test("who leaves stops once Q members have published that they hold the genesis", async () => {
  const { run, says, from } = retiring();
  const begun = await run([
    [from("r1", says("r1", GENESIS))],
    [from("r2", says("r2", GENESIS + 5))],
    [from("r3", says("r3", GENESIS))],
    [from("r1", says("r1", GENESIS))],
  ]);
  assertEquals(begun.map(String), ["r1", "r2"], "two of three");
});

Deno.test("no word of a member counts twice, nor one below the genesis, of the epoch before, forged, or passed on by another", async () => {
  const { run, says, from } = retiring();
  const begun = await run([[
    ...[1, 2, 3].map(() => from("r1", says("r1", GENESIS))),
    from("r2", says("r2", GENESIS - 1)),
    from("r3", says("r3", GENESIS, "r1")), // another one's key
    from("r3", says("r3", GENESIS, "r3", 1)), // signed for the epoch before
    from("r3", says("r3", GENESIS), "published", 1), // names it
    from("r1", says("r2", GENESIS)), // its own word comes from itself
    from("r4@1", says("r4", GENESIS, "r4")),
  ]]);
  assertEquals(begun.map(String), ["r1"]);
});

Deno.test("garbage of peers, clients and former members neither ends it nor counts", async () => {
  const { run, chain } = retiring();
  const garbage = [[], [new Uint8Array(0)], [Uint8Array.of(255)], [new Uint8Array(70), new Uint8Array(1)]];
  const begun = await run([
    garbage.map((frames) => receivedFrom("r1", "peer", frames)),
    garbage.map((frames) => receivedFrom("r2", "published", frames)),
    garbage.map((frames) => receivedFrom("c1", "client", frames)),
    [receivedFrom("r1", "peer", encodePacket(chain.shown(1)))],
  ]);
  assertEquals(begun, []);
});

Deno.test("a liar has few signatures checked, however many words it forges", async () => {
  const { run, says, from, work } = retiring();
  const lie = from("r1", says("r1", GENESIS, "r2"));
  await run([Array.from({ length: 500 }, () => lie)]);
  assertEquals(work.verified, INGRESS_LIMITS.endBurst);
});

Deno.test("it serves chunks under its old key in the new epoch, within a rate, to whoever signs as a member", async () => {
  const { run, from, sent, chain, work } = retiring();
  const asks = (nonce: number, epoch = 2) => ({
    kind: "FetchChunks" as const,
    signed: chain.sign("r1", epoch, {
      ...{
        kind: "FetchChunks",
        replica: replicaId("r1"),
        nonce,
        digests: [sha256Hex(CHUNK), sha256Hex(new Uint8Array(1))],
      },
    }),
  });
  await run([
    [from("r1", asks(1, 1), "peer")],
    Array.from({ length: 100 }, (_, nonce) => from("r1", asks(nonce + 2), "peer")),
  ]);
  const answers = sent.flatMap(([peer, packet, epoch]) =>
    packet.kind === "FetchChunksResponse" ? [{ peer, packet, epoch }] : []
  );
  assertEquals(answers.length, INGRESS_LIMITS.chunkBurst - 1, "one question was not signed in this epoch");
  assert(work.verified <= INGRESS_LIMITS.chunkBurst);
  const { peer, packet: { signed, chunks }, epoch } = answers[0]!;
  assertEquals([peer, chunks, epoch], ["r1", [CHUNK], 2]);
  const verifier = createVerifier(backend, epochNameOf(chain.of(2)));
  const key = unhex(chain.keys.get("r4")!.publicKey);
  assert(verifier.verify("FetchChunksResponse", signed.body, signed.signature, key));
});

Deno.test("it shows the end of its epoch to whoever is still there", async () => {
  const { run, from, says, sent, chain } = retiring();
  await run([[from("r3", says("r3", 5, "r3", 1), "published", 1)], [], []], 500);
  assertEquals(sent.filter(([, { kind }]) => kind === "EpochEnd").map(([peer, packet]) => [peer, packet]), [
    ["r3", chain.shown(1)],
  ]);
});

Deno.test("in the crash profile it hears the members too, and they are told apart by their connections", async () => {
  const { run, says, from } = retiring({ profile: "crash" });
  const unsigned = (packet: Packet): Packet => ({
    ...packet,
    signed: { ...(packet as Extract<Packet, { kind: "AppendEntriesResponse" }>).signed, signature: new Uint8Array(64) },
  } as Packet);
  const begun = await run([[
    from("r1", unsigned(says("r1", GENESIS))),
    from("r1", unsigned(says("r2", GENESIS))),
  ]]);
  assertEquals(begun.map(String), ["r1"]);
});
