import { assert, assertEquals } from "@std/assert";
import { clientId, type Digest, digest, logIndex, round, seq, term } from "../../protocol/ids.ts";
import type { AppendEntriesResponse, Request, SendRequest } from "../../protocol/message.ts";
import type { PacketOf, UnsignedPacket } from "../../protocol/packet.ts";
import type { Signed } from "../../protocol/signed.ts";
import {
  appendOf,
  CHECK,
  honestState,
  inputOf,
  PEERS,
  refusal,
  requestOf,
  rideOn,
  SELF,
  signAs,
} from "../../tests/support/byzantine_victim.ts";
import { openSessions, SESSION } from "../../tests/support/numbered_requests.ts";
import type { Outgoing, SessionAnswer } from "../core/output.ts";

const isGenuine = (signed: Signed<Request>): boolean =>
  CHECK.holds({ role: "client", signer: signed.message.client, kind: signed.message.kind, signed });

/** The packets that others receive with entries of one request each. */
function lead(entries: number) {
  const { victim, adversary } = rideOn("forge-client");
  let previous: Digest = victim.state.genesis.hash;
  const sent: Outgoing[] = [];
  for (let index = 0; index < entries; index++) {
    const { packet, hash } = appendOf(2, index, previous, [requestOf("c1", index + 1)]);
    previous = hash;
    sent.push(...adversary.corrupt!([{ to: [SELF, ...PEERS], packet }], 0));
  }
  const own = sent.filter(({ to }) => to.length === 1 && to[0] === SELF);
  const others = sent.flatMap(({ to, packet }) => to !== "all" && to[0] !== SELF ? [packet] : [])
    .filter((packet) => packet.kind === "AppendEntries");
  return { adversary, own, others };
}

const requestsOf = ({ entries }: Pick<PacketOf<"AppendEntries">, "entries">) =>
  entries[0]!.requests! as readonly Signed<SendRequest>[];

Deno.test("as leader it first orders what clients signed, twice and again, and keeps its own core on its own chain", () => {
  const { own, others } = lead(2);
  assertEquals(others.map((packet) => requestsOf(packet).map(({ message }) => Number(message.seq))), [[1, 1], [
    1,
    2,
    2,
  ]]);
  assert(others.every((packet) => requestsOf(packet).every(isGenuine)));
  assertEquals(others[1]!.signed.prevHash, others[0]!.signed.entryHashes[0]);
  assertEquals(own.length, 2);
});

Deno.test("then it puts in what no client signed, in every way there is; followers know each for a bad entry", () => {
  const { others } = lead(7);
  const forgeries = others.slice(2).map((packet) => requestsOf(packet)[0]!);
  assert(forgeries.every((request) => !isGenuine(request)));
  const [garbage, altered, renamed, renumbered] = forgeries;
  assertEquals([garbage!.message.command, altered!.message.command], [Uint8Array.of(3), Uint8Array.of(5)]);
  assertEquals(renamed!.message.client, clientId("c2"));
  assertEquals(renumbered!.message.seq, seq(7));
  const state = honestState();
  state.hard = { ...state.hard, currentTerm: others[0]!.signed.term };
  state.view.leader = SELF;
  assertEquals(others.map((packet) => refusal(state, packet)), [null, null, ...Array(5).fill("bad-entry")]);
});

Deno.test("its core does not hear that others follow the forged chain", () => {
  const { adversary } = lead(1);
  const genesis = { index: logIndex(0), hash: "00".repeat(32) as Digest };
  const responseOf = (inTerm: number) => {
    const message: AppendEntriesResponse = {
      kind: "AppendEntriesResponse",
      term: term(inTerm),
      replica: PEERS[0]!,
      acks: [genesis],
      prepared: { ...genesis, term: term(0) },
      commitIndex: genesis.index,
      commitHash: genesis.hash,
      round: round(1),
    };
    return inputOf({ kind: "AppendEntriesResponse", signed: signAs("r2", message) });
  };
  assertEquals([2, 3].map((inTerm) => adversary.swallows!(responseOf(inTerm))), [true, false]);
});

Deno.test("as follower it forwards forged requests, in the name of clients it knows, and now and then a genuine one", () => {
  const { adversary, speak } = rideOn("forge-client");
  adversary.swallows!(inputOf({ kind: "ForwardedRequest", signed: requestOf("c1", 1) }));
  const forwarded = speak(80).map(({ packet }): UnsignedPacket => packet);
  const state = honestState();
  state.view.role = "leader"; // nobody else takes forwarded requests
  openSessions(state.sessions, state.config.clients);
  state.appliedIndex = SESSION;
  const refusals = forwarded.map((packet) => refusal(state, packet));
  assertEquals(refusals.length, 20);
  assertEquals(refusals.filter((code) => code === null).length, 4);
  assert(refusals.every((code) => code === null || code === "signature:ForwardedRequest"));
});

Deno.test("no client gets a true answer", () => {
  const { answers } = rideOn("forge-client").adversary;
  const answer: SessionAnswer = {
    request: digest("ab".repeat(32)),
    outcome: "applied",
    index: logIndex(4),
    result: Uint8Array.of(8, 8),
    session: logIndex(1),
  };
  const told = [1, 2, 3].flatMap(() => answers!({ client: clientId("c1"), answers: [answer] }));
  assertEquals(told.map(({ client }) => String(client)), ["c1", "c1", "c1"]);
  assertEquals(told.map((reply) => reply.answers[0]), [
    { ...answer, result: Uint8Array.of(8, 9) },
    { ...answer, index: logIndex(1), outcome: "expired", result: new Uint8Array(0) },
    { ...answer, index: logIndex(5) },
  ]);
});
