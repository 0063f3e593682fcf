/** Packets of clients and the operator, from decoded to verified (§7.1, §7.5). */
import { trustsReplicas } from "../../protocol/config.ts";
import { asksForChange } from "../../protocol/epochs/epoch_end.ts";
import type { Request } from "../../protocol/message.ts";
import type { ClientPacket } from "../../protocol/packet.ts";
import type { SignatureClaim } from "../../protocol/signatures.ts";
import type { Signed, Verified } from "../../protocol/signed.ts";
import type { Received } from "../../transport/port.ts";
import type { QueryHandler, RequestPacketKind, UnorderedPacket } from "../answers/query_handler.ts";
import { askAgainAfter, turnedAwayFor } from "../core/clients/service.ts";
import { prospectOf } from "../core/screen.ts";
import type { CoreState } from "../core/state.ts";
import { INGRESS_LIMITS } from "../limits/ingress_limits.ts";
import { TokenBuckets } from "../limits/token_bucket.ts";
import { type Admission, DONE, dropped, excessive, faulty, forged } from "./admission.ts";
import type { Former } from "./former.ts";
import type { SignatureCheck } from "./signature_check.ts";
import { speakerOf } from "./source.ts";

/** The packets that a client of the roster signs: all but the operator's command. */
type OwnPacket = Exclude<ClientPacket, { readonly kind: "SetActive" }>;

type RequestPacket = Extract<ClientPacket, { readonly kind: RequestPacketKind }>;

/** Returns whether `packet` carries a request, to be ordered. */
const isRequest = <P extends Pick<ClientPacket, "kind">>(
  packet: P,
): packet is Extract<P, { readonly kind: RequestPacketKind }> =>
  packet.kind === "SendRequest" || packet.kind === "RegisterSession" || packet.kind === "UpdateLeader";

/** The source of the token for one packet. */
interface Budget {
  readonly buckets: TokenBuckets;
  readonly name: string;
}

/** Returns the tokens that a packet takes: of fast reads by their number too, and where they are queries like others, one for each. */
function tokensOf(packet: OwnPacket, asQueries: boolean): number {
  if (packet.kind !== "FastReads") return 1;
  const reads = packet.signed.message.queries.length;
  return asQueries ? reads : 1 + Math.floor(reads / INGRESS_LIMITS.readsPerToken);
}

/** Returns the claim of a client's packet: that the client it names has signed it. */
export const claimOf = ({ signed }: Pick<OwnPacket, "signed">): SignatureClaim => ({
  ...{ role: "client", signer: signed.message.client, kind: signed.message.kind, signed },
});

const isFault = (admission: Admission): boolean => "blame" in admission && admission.blame === "fault";

/** Judges clients' packets, each client within its own rates. */
export class ClientAdmission {
  readonly #state: CoreState;
  readonly #check: SignatureCheck;
  readonly #handler: QueryHandler;
  readonly #former: Former | null;
  readonly #requests = new TokenBuckets(INGRESS_LIMITS.requestsPerSecond, INGRESS_LIMITS.requestBurst);
  readonly #changes = new TokenBuckets(INGRESS_LIMITS.changesPerSecond, INGRESS_LIMITS.changeBurst);
  readonly #repeats = new TokenBuckets(INGRESS_LIMITS.repeatsPerSecond, INGRESS_LIMITS.repeatBurst);
  readonly #queries = new TokenBuckets(INGRESS_LIMITS.queriesPerSecond, INGRESS_LIMITS.queryBurst);
  readonly #fastReads = new TokenBuckets(INGRESS_LIMITS.fastReadsPerSecond, INGRESS_LIMITS.fastReadBurst);
  readonly #feeds = new TokenBuckets(INGRESS_LIMITS.feedsPerSecond, INGRESS_LIMITS.feedBurst);
  readonly #hellos = new TokenBuckets(INGRESS_LIMITS.hellosPerSecond, INGRESS_LIMITS.helloBurst);

  constructor(state: CoreState, check: SignatureCheck, handler: QueryHandler, former: Former | null = null) {
    this.#state = state;
    this.#check = check;
    this.#handler = handler;
    this.#former = former;
  }

  admit(packet: ClientPacket, received: Received, now: number): Admission {
    const { kind } = packet;
    const { route } = received;
    const speaker = speakerOf(received);
    if (!this.#handler.active && kind !== "SetActive" && kind !== "GetStatus") return dropped(`inactive:${kind}`);
    if (kind === "SetActive") {
      return this.#check.isOperators(packet.signed) ? this.#serve(packet, route, now) : forged(`signature:${kind}`);
    }
    if (kind === "ClientHello" && packet.signed.message.replica !== this.#state.config.self) {
      return faulty(`misdirected:${kind}`);
    }
    const budget = this.#budgetOf(packet, route, now);
    if (this.#isFormer(packet, speaker, budget, now)) return this.#admitFormer(packet, route, now);
    if (isRequest(packet)) return this.#admitRequest(packet, budget, { route, speaker }, now);
    const { buckets, name } = budget;
    const refused = this.#authenticate(packet, speaker, buckets.allows(name, now));
    if (refused) {
      if (packet.kind === "GetStatus" && isFault(refused)) this.#handler.turnAway(packet.signed.message, route, now);
      return refused;
    }
    buckets.take(name, now, tokensOf(packet, buckets === this.#queries));
    return this.#serve(packet, route, now);
  }

  /** Returns whether a client of the epoch before signed a packet by a key that is not listed any more, within its rates. */
  #isFormer(packet: OwnPacket, speaker: string | null, { buckets, name }: Budget, now: number): boolean {
    const former = this.#former;
    const { client } = packet.signed.message;
    if (former === null || !former.clients.has(client)) return false;
    if (!buckets.allows(name, now) || !this.#queries.allows(name, now)) return false;
    const claim = claimOf(packet);
    if (this.#maySpeak(client, speaker) && this.#check.holds(claim)) return false;
    if (!former.check.holds(claim)) return false;
    this.#queries.take(name, now);
    return true;
  }

  /** §13.11: it gets the ends of epochs, a word that there is a later one, and nothing else. */
  #admitFormer(packet: OwnPacket, route: string, now: number): Admission {
    if (packet.kind === "GetEpochs") return this.#serve(packet, route, now);
    this.#handler.turnAway({ client: packet.signed.message.client, nonce: 0 }, route, now);
    return dropped(`former-client:${packet.kind}`);
  }

  /** §7.3k, §7.5h: what there is no room for costs no signature, nor does asking again and again for what is settled. */
  #admitRequest(
    packet: RequestPacket,
    { buckets, name }: Budget,
    { route, speaker }: { readonly route: string; readonly speaker: string | null },
    now: number,
  ): Admission {
    const { kind, signed, signed: { message } } = packet;
    const intervention = kind === "UpdateLeader";
    const prospect = prospectOf(this.#state, message, intervention);
    if (prospect === "over-quota") return this.#tooMuch(packet, route, excessive(`over-quota:${kind}`));
    if (prospect === "answer" && !this.#repeats.allows(name, now)) return excessive(`repeat:${kind}`);
    const isChange = asksForChange(signed);
    const withinRate = buckets.allows(name, now) && (!isChange || this.#changes.allows(name, now));
    const isMeasured = withinRate && prospect === "hold" && !intervention;
    const waitMs = isMeasured ? turnedAwayFor(this.#state, message, now) : null;
    if (waitMs !== null) {
      buckets.take(name, now);
      return this.#tooMuch(packet, route, dropped(`busy:${kind}`), waitMs);
    }
    const refused = this.#authenticate(packet, speaker, withinRate);
    if (refused) return withinRate ? refused : this.#tooMuch(packet, route, refused);
    buckets.take(name, now);
    if (isChange) this.#changes.take(name, now);
    if (prospect === "answer") this.#repeats.take(name, now);
    this.#handler.asks(message.client, route, now);
    const request = signed as Verified<Signed<Request>>;
    return { admitted: { kind: "request", request, intervention, via: null } };
  }

  /** Refuses a request and has its client told to ask again after `waitMs`. */
  #tooMuch(
    { signed }: RequestPacket,
    route: string,
    refusal: Admission,
    waitMs = askAgainAfter(this.#state, 0),
  ): Admission {
    this.#handler.busy(signed, route, waitMs);
    return refusal;
  }

  /** Tells the sender of a packet that there was no room to judge so, if it is a request (§7.3m). */
  overflowed(packet: ClientPacket, route: string): void {
    if (isRequest(packet)) this.#handler.busy(packet.signed, route, askAgainAfter(this.#state, 0));
  }

  #budgetOf(packet: OwnPacket, route: string, now: number): Budget {
    const { kind, signed: { message: { client } } } = packet;
    if (packet.kind === "ClientHello") {
      const name = this.#handler.greeter(client, route, packet.signed.message.challenge);
      return { buckets: this.#hellos, name };
    }
    const name = this.#handler.payer(client, route, now);
    return { buckets: this.#bucketsOf(kind, name === client), name };
  }

  /** Fast reads have a rate of their own over routes that their client greeted from alone: anyone can hand in its signed bytes elsewhere. */
  #bucketsOf(kind: OwnPacket["kind"], own: boolean): TokenBuckets {
    if (isRequest({ kind })) return this.#requests;
    if (kind === "GetFeed") return this.#feeds;
    return kind === "FastReads" && own && this.#state.config.constants.fastReads ? this.#fastReads : this.#queries;
  }

  /** Returns whether a connection may bring what `client` says: where nothing is signed, its own alone (§1.4). */
  #maySpeak(client: string, speaker: string | null): boolean {
    return speaker === client || !trustsReplicas(this.#state.config.constants);
  }

  /** Checks client and rate first, which cost nothing on the curve, then the signature (§7.5). */
  #authenticate({ kind, signed }: OwnPacket, speaker: string | null, withinRate: boolean): Admission | null {
    const { client } = signed.message;
    if (!this.#maySpeak(client, speaker)) return faulty(`speaker:${kind}`);
    const claim = claimOf({ signed });
    if (!this.#check.knows(claim)) return faulty(`unknown-client:${kind}`);
    if (!withinRate) return excessive(`rate:${kind}`);
    if (this.#check.holds(claim)) return null;
    // Who asks for status learns by the answer that its roster or key is another one.
    return (kind === "GetStatus" ? faulty : forged)(`signature:${kind}`);
  }

  #serve(packet: UnorderedPacket, route: string, now: number): Admission {
    const refused = this.#handler.serve(packet, route, now);
    if (refused === null) return DONE;
    const code = `${refused}:${packet.kind}`;
    return refused === "reply-budget" ? excessive(code) : dropped(code);
  }
}
