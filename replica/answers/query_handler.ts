/** The services of a replica to clients besides ordering requests: a route for answers, and queries. */
import type { ClientId, Millis } from "../../protocol/ids.ts";
import type { ClientHello, FastReads, GetStatus, Request } from "../../protocol/message.ts";
import type { ClientPacket } from "../../protocol/packet.ts";
import type { ChunkReader, RosterChanges, StateMachine } from "../../protocol/ports.ts";
import type { Signed } from "../../protocol/signed.ts";
import { helloAnswerCodec } from "../../transport/codec/mod.ts";
import type { CoreState } from "../core/state.ts";
import type { StatusReporter } from "../status/status.ts";
import type { EpochArchive } from "../storage/port.ts";
import type { Activation } from "./activation.ts";
import { chunksHeld, committedEntries, endsFrom, latestCheckpoint } from "./backup_queries.ts";
import { HeldFeeds } from "./held_feeds.ts";
import { OperatorHandler } from "./operator_handler.ts";
import { committedCommand, fastReads, jsonAnswer, wholeDenied } from "./queries.ts";
import type { QueryAnswer, Replier } from "./replier.ts";
import { payerOf, type Routes } from "./routes.ts";
import type { TurnAway } from "./turn_away.ts";

/** Packets whose body is a request. */
export type RequestPacketKind = "SendRequest" | "RegisterSession" | "UpdateLeader";
/** Nonce of the answer to a hello, which has none; no query of a client has this one. */
const HELLO_NONCE = 0;

/** A verified packet that is not a request. */
export type UnorderedPacket = Exclude<ClientPacket, { readonly kind: RequestPacketKind }>;
type QueryPacket = Exclude<UnorderedPacket, { readonly kind: "ClientHello" | "SetActive" | "FastReads" | "GetFeed" }>;

export interface QueryHandler {
  /** True while this replica takes part in the protocol; otherwise it serves only SetActive and GetStatus. */
  readonly active: boolean;
  /** Returns the name whose rate a packet of `client` over `route` spends: {@linkcode Routes.payer}. */
  payer(client: ClientId, route: string, now: number): string;
  /** Returns the name whose rate a hello with `challenge` spends: its client's own only where it was made for this route. */
  greeter(client: ClientId, route: string, challenge: Uint8Array): string;
  /** Takes note of a verified request over `route`: what it asks for again is answered there. */
  asks(client: ClientId, route: string, now: number): void;
  /** Serves `packet`, answering over `route`. Returns the code of why it refused, or null. */
  serve(packet: UnorderedPacket, route: string, now: number): string | null;
  /** Has the sender of a request over `route` told that it is not taken, and to ask again after `waitMs`. */
  busy(request: Signed<Request>, route: string, waitMs: Millis): void;
  /** Takes a question that nobody of the roster signed. */
  turnAway(question: Pick<GetStatus, "client" | "nonce">, route: string, now: number): void;
  /** Answers questions that waited for something to happen (§7.6); to be called at the end of each turn. */
  turnEnds(now: number): void;
}

export interface QueryHandlerParts {
  readonly state: CoreState;
  readonly machine: StateMachine;
  readonly changes: RosterChanges;
  readonly epochs: EpochArchive;
  /** Chunks of snapshots on this replica's disk. */
  readonly chunks: Pick<ChunkReader, "read">;
  readonly routes: Routes;
  readonly replier: Replier;
  readonly status: StatusReporter;
  readonly activation: Activation;
  readonly turnAway: TurnAway;
  /** Returns whether this replica takes part in the protocol. */
  readonly takesPart: () => boolean;
  /** Called when the operator's command was obeyed. */
  readonly onActivation: (active: boolean) => void;
}

/**
 * Returns the query handler of one replica. It is called between steps only, when the whole state is durable, so that its signed answers
 * may rest on it (I8).
 */
export function createQueryHandler(parts: QueryHandlerParts): QueryHandler {
  const { routes, replier, takesPart } = parts;
  const operator = new OperatorHandler(parts);
  const feeds = new HeldFeeds(parts);
  return {
    get active() {
      return takesPart();
    },
    payer: (client, route, now) => routes.payer(client, route, now),
    asks: (client, route, now) => routes.asks(client, route, now),
    greeter: (client, route, challenge) => payerOf(client, routes.isFor(client, route, challenge)),
    busy: (request, route, waitMs) => replier.busy(route, request, waitMs),
    turnAway: (question, route, now) => parts.turnAway.take(question, route, now),
    turnEnds: (now) => feeds.look(now),
    serve(packet, route, now) {
      if (packet.kind === "ClientHello") {
        return greet(parts, packet.signed.message, route, now);
      }
      if (packet.kind === "SetActive") return operator.serve(packet.signed.message, route, now);
      if (packet.kind === "FastReads") return read(parts, packet.signed.message, route);
      if (packet.kind === "GetFeed") return feeds.ask(packet.signed.message, route, now);
      const { client, nonce } = packet.signed.message;
      const answer = replier.answerWithinBudget(route, client, nonce, () => answerOf(parts, packet, now));
      if (answer === null) return "reply-budget";
      return answer.ok ? null : "refused";
    },
  };
}

/** A hello with the route's challenge keeps the route; any other is answered with it, within the client's budget (§7.2). */
function greet(
  { routes, replier, state }: QueryHandlerParts,
  hello: ClientHello,
  route: string,
  now: number,
): string | null {
  const { client, challenge, session } = hello;
  if (routes.isFor(client, route, challenge)) {
    routes.greet(client, route, session, now);
    return null;
  }
  const answer = { challenge: routes.challenge(client, route), appliedIndex: state.appliedIndex };
  const told = replier.answerWithinBudget(route, client, HELLO_NONCE, () => {
    return { ok: true, payload: helloAnswerCodec.encode(answer) };
  });
  return told === null ? "reply-budget" : "challenge";
}

/** Answers to fast reads go with what else the turn has for clients (§7.4). */
function read(
  parts: QueryHandlerParts,
  { client, nonce, queries }: FastReads,
  route: string,
): string | null {
  const payloads = parts.replier.read(route, client, nonce, () => fastReads(parts.state, parts, client, queries));
  if (payloads === null) return "reply-budget";
  return payloads.length === 0 ? "refused" : null;
}

/** Questions whose answers hold what others wrote, whatever its key; certificates, digests and rosters hold none of that. */
const SHOWS_ALL: Partial<Record<QueryPacket["kind"], string>> = {
  GetCommittedCommand: "an entry of the log",
  GetChunks: "a backup",
  GetEntries: "a backup",
};

function answerOf(
  { state, chunks, changes, epochs, status }: QueryHandlerParts,
  packet: QueryPacket,
  now: number,
): QueryAnswer {
  const what = SHOWS_ALL[packet.kind];
  const denied = what === undefined ? null : wholeDenied(changes, packet.signed.message.client, what);
  if (denied !== null) return denied;
  switch (packet.kind) {
    case "GetCommittedCommand":
      return committedCommand(state, changes, packet.signed.message.index);
    case "GetStatus":
      return jsonAnswer(status.report(now));
    case "GetCheckpoint":
      return latestCheckpoint(state);
    case "GetChunks":
      return chunksHeld(chunks, packet.signed.message.digests);
    case "GetEntries":
      return committedEntries(state, packet.signed.message.from);
    case "GetEpochs":
      return endsFrom(epochs, packet.signed.message.epoch);
    default:
      return packet satisfies never;
  }
}
