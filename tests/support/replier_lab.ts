/** The replier of one replica, with a manual clock and a network that only keeps what was sent to clients. */
import { sha256Hex, unhex } from "../../crypto/digest.ts";
import { provesPart } from "../../crypto/signing/reply_proof.ts";
import { createSigner, createVerifier } from "../../crypto/signing/signing.ts";
import { ALL_SESSIONS, clientId, type Digest, digest, logIndex } from "../../protocol/ids.ts";
import type { RegisterSession } from "../../protocol/message.ts";
import type { PartPacket } from "../../protocol/packet.ts";
import type { Signed } from "../../protocol/signed.ts";
import { Replier } from "../../replica/answers/replier.ts";
import { Routes } from "../../replica/answers/routes.ts";
import { createState } from "../../replica/core/create_state.ts";
import type { ClientReply, SessionAnswer } from "../../replica/core/output.ts";
import { countingBackend } from "../../replica/diagnostics/counting_backend.ts";
import { TallyByKind } from "../../replica/diagnostics/tally_by_kind.ts";
import { coreConfigOf } from "../../replica/replica_config.ts";
import { EMPTY_RECOVERED } from "../../replica/storage/empty.ts";
import { KvStore } from "../../state_machine/mod.ts";
import { decodeReplyPacket } from "../../transport/codec/mod.ts";
import type { ReplicaTransport } from "../../transport/port.ts";
import { backend } from "./backends.ts";
import { NO_CHANGES } from "./executors.ts";
import { makeRoster } from "./make_roster.ts";
import { HeldChunks } from "./snapshot_values.ts";

/** Stands for the digest of request `number`. */
export const requestName = (number: number): Digest => digest(number.toString(16).padStart(64, "0"));

type Told = Omit<ClientReply, "client"> & { readonly client: string };

/** Creates the replier of `r1`; `c1` and `c2` said hello from the routes of these names. */
export function replierLab() {
  const { roster, keys } = makeRoster();
  const ports = { hash: sha256Hex, machine: new KvStore(), changes: NO_CHANGES, chunks: new HeldChunks() };
  const state = createState(coreConfigOf(roster, roster.replicas[0]!, 1), EMPTY_RECOVERED, ports, 0);
  const { backend: counting, work } = countingBackend(backend);
  const signer = createSigner(counting, unhex(keys.get("r1")!.secretKey), roster.cluster);
  const verifier = createVerifier(backend, roster.cluster);
  const clock = { now: 0 };
  const routes = new Routes();
  const refused = new TallyByKind(64);
  const sent: { readonly route: string; readonly frames: readonly Uint8Array[] }[] = [];
  const transport = {
    sendToClient: (route: string, frames: readonly Uint8Array[]) => void sent.push({ route, frames }),
  } as Partial<ReplicaTransport> as ReplicaTransport;
  const replier = new Replier({ state, signer, transport, routes, refused, now: () => clock.now });
  const greet = (client: string, route: string, session: number = ALL_SESSIONS) =>
    routes.greet(clientId(client), route, logIndex(session), clock.now);
  for (const client of ["c1", "c2"]) greet(client, client);

  return {
    ...{ clock, greet, state },
    signed: () => work.signed,
    refused: () => refused.toRecord(),
    /** Returns the answer to a command of `session`, or to a register. */
    answer: (number: number, bytes: number, session: number | null = 1): SessionAnswer => ({
      ...{ request: requestName(number), outcome: "applied", index: logIndex(number + 1) },
      result: new Uint8Array(bytes),
      session: session === null ? null : logIndex(session),
    }),
    reply: (client: string, answers: readonly SessionAnswer[]) =>
      replier.reply([{ client: clientId(client), answers }]),
    /** Tells several clients at once. */
    replyAll: (...replies: readonly Told[]) =>
      replier.reply(replies.map((reply) => ({ ...reply, client: clientId(reply.client) }))),
    busy: (client: string, route: string, number: number, waitMs: number) =>
      replier.busy(route, registerNumbered(client, number), waitMs),
    asks: (client: string, route: string) => routes.asks(clientId(client), route, clock.now),
    /** Hands in a request over `route` that was settled before, with its answer. */
    ask(client: string, route: string, answer: SessionAnswer): void {
      routes.asks(clientId(client), route, clock.now);
      replier.reply([{ client: clientId(client), answers: [answer], again: true }]);
    },
    /** Returns whether a query with an answer of that many bytes was answered. */
    query: (client: string, route: string, bytes: () => number) =>
      null !== replier.answerWithinBudget(route, clientId(client), 1, () => {
        return { ok: true, payload: new Uint8Array(bytes()) };
      }),
    /** Returns whether so many fast reads with answers of that many bytes each were answered; {@linkcode flush} ends the turn. */
    read: (client: string, route: string, nonce: number, count: number, bytes: number) =>
      replier.read(route, clientId(client), nonce, () => Array(count).fill(new Uint8Array(bytes))) !== null,
    flush: () => replier.flush(),
    /** Returns the numbers of the requests in the replies to `route`, except forgotten ones. */
    replies: (route: string) => sent.filter((one) => one.route === route).map(({ frames }) => numbersOf(frames)),
    sent: () => sent.map(({ route, frames }) => ({ route, packet: decodeReplyPacket(frames) as PartPacket })),
    /** Returns of each reply sent, except forgotten ones, how many parts it has. */
    parts: () => sent.map(({ frames }) => (decodeReplyPacket(frames) as PartPacket).signed.message.parts),
    proves: (packet: PartPacket) => provesPart(packet, verifier, signer.publicKey),
    forget: () => void (sent.length = 0),
  };
}

/** Returns a register of `client`, its signature left out. */
const registerNumbered = (client: string, number: number): Signed<RegisterSession> => ({
  message: { kind: "RegisterSession", client: clientId(client), base: logIndex(0), nonce: new Uint8Array(16) },
  body: Uint8Array.of(number),
  signature: new Uint8Array(),
});

function numbersOf(frames: readonly Uint8Array[]): string {
  const packet = decodeReplyPacket(frames);
  return packet.kind === "Reply"
    ? packet.part.message.answers.map(({ request }) => parseInt(request, 16)).join(" ")
    : packet.kind;
}
