/**
 * A replica that puts words into its clients' mouths. As leader it first orders requests twice and in another order than they came, then
 * ones that no client signed; as follower it forwards such requests; and it sends clients results that no replica computed (§3.2, §7.1,
 * §7.2, §12).
 */
import { joinRequests } from "../../protocol/entry_body.ts";
import { type ClientId, logIndex, offset, seq } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { Request as AnyRequest } from "../../protocol/message.ts";
import type { Signed } from "../../protocol/signed.ts";
import { peersOf } from "../core/context.ts";
import type { InputWithoutTime } from "../core/input.ts";
import type { ClientReply, Outgoing, SessionAnswer } from "../core/output.ts";
import type { Adversary, Victim } from "./adversary.ts";
import { Fork } from "./fork.ts";
import { accuses, createPace, forged, inTurn, othersOf, ownCopy } from "./lies.ts";

/** Genuine requests it remembers, to order them again. */
const REMEMBERED = 8;
/** Entries of one term that it only shuffles, before it forges; its followers do append those. */
const SHUFFLED_ENTRIES = 2;
/** Turns after which it forwards a request: each refusal is a fault held against its connection. */
const FORWARD_EVERY = 4;

type Request = Signed<AnyRequest>;

/** Makes the adversary described above. */
export function forgeClient(victim: Victim): Adversary {
  const { state, hash } = victim;
  const pace = createPace(victim);
  const known: Request[] = [];
  let forgeries = 0;
  let forwards = 0;
  let shuffled = 0;
  let answered = 0;
  const fork = new Fork(hash, (entry) => {
    const { requests } = entry;
    // Entries ordered in earlier terms stay: they may be committed, and its followers would only refuse changed ones.
    if (requests === null || requests.length === 0 || entry.term < state.hard.currentTerm) return entry;
    const instead = ++shuffled > SHUFFLED_ENTRIES
      ? [...requests.slice(1), forgery(victim, requests[0]!, forgeries++)]
      : shuffle(requests, known);
    requests.forEach((request) => remember(known, request));
    return { ...entry, body: joinRequests(instead), requests: instead };
  });

  const corrupt = (outgoing: readonly Outgoing[], now: number): Outgoing[] => {
    for (const { packet } of outgoing) {
      if (packet.kind !== "AppendEntries") continue;
      if (packet.signed.term !== fork.term) shuffled = 0;
      fork.extend(packet);
    }
    const kept = outgoing.flatMap((each) => deceive(victim, fork, each));
    const turn = pace(now);
    if (turn === null || turn % FORWARD_EVERY !== 0) return kept;
    const request = forwarded(victim, known, forwards++);
    return request === null
      ? kept
      : [...kept, { to: peersOf(state), packet: { kind: "ForwardedRequest", signed: request } }];
  };
  return {
    corrupt,
    swallows: (input) => hearsOfFork(fork, input) || overhear(known, input),
    answers: (reply) => [madeUp(reply, answered++)],
  };
}

/** Sends the fork to all others; its own core's responses about the chain that no one else has stay with it. */
function deceive({ config }: Victim, fork: Fork, outgoing: Outgoing): Outgoing[] {
  const { packet } = outgoing;
  if (accuses(packet, config.self)) return [];
  const to = othersOf(outgoing, config);
  const own = ownCopy(outgoing, config.self);
  if (packet.kind === "AppendEntries" && !fork.empty && packet.signed.term === fork.term) {
    const forged = to.length === 0 ? null : fork.forge(packet);
    return forged === null ? own : [...own, { to, packet: forged }];
  }
  const ofFork = packet.kind === "AppendEntriesResponse" && packet.signed.term === fork.term && !fork.empty;
  return ofFork ? own : [outgoing];
}

/** Returns whether its core must not receive `input`: no honest core could continue after others followed another chain of its own term. */
function hearsOfFork(fork: Fork, input: InputWithoutTime): boolean {
  if (fork.empty || input.kind !== "packet" || input.packet.kind !== "AppendEntriesResponse") return false;
  return input.packet.signed.message.term === fork.term;
}

/** Remembers requests that reach this replica, from clients, passed on, or in entries: of the latest the next seq is not settled yet. */
function overhear(known: Request[], input: InputWithoutTime): false {
  if (input.kind === "request") remember(known, input.request);
  if (input.kind === "packet" && input.packet.kind === "AppendEntries") {
    for (const { requests } of input.packet.entries) requests?.forEach((request) => remember(known, request));
  }
  if (input.kind === "packet" && input.packet.kind === "ForwardedRequest") remember(known, input.packet.signed);
  return false;
}

function remember(known: Request[], request: Request): void {
  known.push(request);
  if (known.length > REMEMBERED) known.shift();
}

/** Returns the same requests in reverse order, twice, among some that were ordered before. All of it is validly signed. */
function shuffle(requests: readonly Request[], known: readonly Request[]): Request[] {
  const backwards = [...requests].reverse();
  const all = [...known, ...backwards, ...backwards].slice(0, LIMITS.maxEntryRequests);
  return joinedSize(all) <= LIMITS.maxEntryBytes ? all : backwards;
}

const joinedSize = (requests: readonly Request[]): number =>
  requests.reduce((sum, { body }) => sum + body.length + 100, 0);

/** Requests that their client never signed, taken in turn. */
const FORGERIES: readonly ((victim: Victim, genuine: Request) => Request)[] = [
  /** The genuine request with an invalid signature. */
  (_, { message }) => forged(message),
  /** Another command, or another nonce, under the genuine signature. */
  (_, { message, signature }) => forged(changed(message), signature),
  /** The genuine signature under another client's name. */
  ({ config }, { message, signature }) =>
    forged({ ...message, client: anotherClient(config.clients, message.client) }, signature),
  /** The same command once more, under another number, or the same register with another base. */
  (_, { message, signature }) => forged(renumbered(message), signature),
];

const forgery = (victim: Victim, genuine: Request, turn: number): Request => inTurn(FORGERIES, turn)(victim, genuine);

/** Returns a forged request to forward; now and then a genuine one, for the second time. Null while no client is known at all. */
function forwarded(victim: Victim, known: readonly Request[], turn: number): Request | null {
  const genuine = known.at(-1);
  if (genuine !== undefined) return turn % 5 === 4 ? genuine : forgery(victim, genuine, turn);
  const [client] = victim.config.clients;
  if (client === undefined) return null;
  return forged({
    kind: "SendRequest",
    client,
    session: logIndex(1),
    seq: seq(turn + 1),
    floor: seq(1),
    mode: "command",
    command: new Uint8Array([turn % 256]),
  });
}

function changed(message: AnyRequest): AnyRequest {
  if (message.kind === "RegisterSession") return { ...message, nonce: altered(message.nonce) };
  // The worst that can be made of a query, or of a group, is a command of the same bytes.
  return message.mode === "command"
    ? { ...message, command: altered(message.command) }
    : { ...message, mode: "command" };
}

const renumbered = (message: AnyRequest): AnyRequest =>
  message.kind === "SendRequest"
    ? { ...message, seq: seq(Math.min(message.seq + 1, LIMITS.maxInteger)) }
    : { ...message, base: logIndex(Math.min(message.base + 1, LIMITS.maxInteger)) };

function altered(command: Uint8Array): Uint8Array {
  if (command.length === 0) return Uint8Array.of(1);
  const copy = command.slice();
  copy[copy.length - 1]! ^= 1;
  return copy;
}

const anotherClient = (clients: ReadonlySet<ClientId>, client: ClientId): ClientId =>
  [...clients].find((id) => id !== client) ?? client;

/** Returns answers to the requests that were made, none of them true. */
function madeUp({ client, answers }: ClientReply, turn: number): ClientReply {
  const lie = (answer: SessionAnswer): SessionAnswer => {
    switch (turn % 3) {
      case 0:
        return { ...answer, result: altered(answer.result) };
      case 1:
        return { ...answer, index: logIndex(1), outcome: "expired", result: new Uint8Array(0) };
      default:
        return { ...answer, index: offset(answer.index, 1) };
    }
  };
  return { client, answers: answers.map(lie) };
}
