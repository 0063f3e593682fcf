/**
 * A word to clients that this replica cannot know: their roster is another one, or their key is not in this one. Without it they would wait
 * in silence, and could not tell a wrong `cluster.json` from a cluster that is down.
 *
 * Strangers can ask for it too, so it tells nothing but that a replica is here, which the connection told already: not the cluster, not
 * whether the name or the signature was wrong. It is not signed, so that it costs no work on the curve and binds to nothing; a client may
 * take it for a hint and never for an answer. Every second question is answered, so less goes out than came in.
 */
import { SIGNATURE_BYTES } from "../../protocol/bytes/sizes.ts";
import type { ReplicaId } from "../../protocol/ids.ts";
import type { GetStatus, QueryReply } from "../../protocol/message.ts";
import { encodeMessage, encodePacket } from "../../transport/codec/mod.ts";
import { INGRESS_LIMITS } from "../limits/ingress_limits.ts";
import { TokenBuckets } from "../limits/token_bucket.ts";

/** Questions for each answer. */
export const QUESTIONS_PER_ANSWER = 2;
/** All strangers share one budget. */
const EVERYBODY = "strangers";

export class TurnAway {
  readonly #self: ReplicaId;
  readonly #epoch: number;
  readonly #send: (route: string, frames: readonly Uint8Array[]) => void;
  readonly #answers = new TokenBuckets(INGRESS_LIMITS.refusalsPerSecond, INGRESS_LIMITS.refusalBurst);
  #questions = 0;

  constructor(self: ReplicaId, epoch: number, send: (route: string, frames: readonly Uint8Array[]) => void) {
    this.#self = self;
    this.#epoch = epoch;
    this.#send = send;
  }

  /** Takes a question whose signature nobody of the roster made, and answers it over `route` if it is its turn and within the rate. */
  take({ client, nonce }: Pick<GetStatus, "client" | "nonce">, route: string, now: number): void {
    this.#questions = (this.#questions + 1) % QUESTIONS_PER_ANSWER;
    if (this.#questions !== 0 || !this.#answers.spend(EVERYBODY, now)) return;
    const payload = new Uint8Array(0);
    const message: QueryReply = { kind: "QueryReply", replica: this.#self, client, nonce, ok: false, payload };
    const signed = { message, body: encodeMessage(message), signature: new Uint8Array(SIGNATURE_BYTES) };
    this.#send(route, encodePacket({ kind: "QueryReply", signed }, this.#epoch));
  }
}
