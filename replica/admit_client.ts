/** Packets of clients and the operator, from decoded to verified (§7.1, §7.5). */
import { type Admission, DONE, dropped, faulty } from "./admission.ts";
import type { ClientDesk, DeskPacket } from "./client_desk.ts";
import type { ClientId, ReplicaId } from "./core/ids.ts";
import type { Message, SendRequest, Signed, Verified } from "./core/message.ts";
import type { ClientPacket } from "./core/packet.ts";
import { INGRESS_LIMITS } from "./ingress_limits.ts";
import type { SignatureCheck } from "./signature_check.ts";
import { TokenBuckets } from "./token_bucket.ts";

/** Judges clients' packets, each client within its own rates. */
export class ClientAdmission {
  readonly #self: ReplicaId;
  readonly #check: SignatureCheck;
  readonly #desk: ClientDesk;
  readonly #requests = new TokenBuckets(INGRESS_LIMITS.requestsPerSecond, INGRESS_LIMITS.requestBurst);
  readonly #queries = new TokenBuckets(INGRESS_LIMITS.queriesPerSecond, INGRESS_LIMITS.queryBurst);

  constructor(self: ReplicaId, check: SignatureCheck, desk: ClientDesk) {
    this.#self = self;
    this.#check = check;
    this.#desk = desk;
  }

  admit(packet: ClientPacket, route: string, now: number): Admission {
    const { kind } = packet;
    if (!this.#desk.active && kind !== "SetActive" && kind !== "GetStatus") return dropped(`inactive:${kind}`);
    if (kind === "SetActive") {
      return this.#check.isOperators(packet.signed) ? this.#serve(packet, route, now) : faulty(`signature:${kind}`);
    }
    if (kind === "ClientHello" && packet.signed.message.replica !== this.#self) return faulty(`misdirected:${kind}`);
    const isRequest = kind === "SendRequest" || kind === "UpdateLeader";
    const { client } = packet.signed.message;
    const refused = this.#authenticate(client, kind, packet.signed, isRequest ? this.#requests : this.#queries, now);
    if (refused) return refused;
    if (!isRequest) return this.#serve(packet, route, now);
    const request = packet.signed as Verified<Signed<SendRequest>>;
    return { admitted: { kind: "request", request, intervention: kind === "UpdateLeader", via: null } };
  }

  /** Unknown clients and rates first; they cost nothing on the curve (§7.5). */
  #authenticate(
    client: ClientId,
    kind: ClientPacket["kind"],
    signed: Signed<Message>,
    buckets: TokenBuckets,
    now: number,
  ): Admission | null {
    const claim = { role: "client", signer: client, kind: signed.message.kind, signed } as const;
    if (!this.#check.knows(claim)) return faulty(`unknown-client:${kind}`);
    if (!buckets.allows(client, now)) return dropped(`rate:${kind}`);
    if (!this.#check.holds(claim)) return faulty(`signature:${kind}`);
    buckets.take(client, now);
    return null;
  }

  #serve(packet: DeskPacket, route: string, now: number): Admission {
    const refused = this.#desk.serve(packet, route, now);
    return refused === null ? DONE : dropped(`${refused}:${packet.kind}`);
  }
}
