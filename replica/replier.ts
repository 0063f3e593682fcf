/** Signed answers to clients (§7.2). */
import type { Signer } from "../crypto/signing.ts";
import { encodeMessage, encodePacket } from "../transport/codec/mod.ts";
import type { ReplicaTransport } from "../transport/port.ts";
import type { QueryReply, Reply } from "./core/message.ts";
import type { ClientReply } from "./core/output.ts";
import type { CoreState } from "./core/state.ts";
import type { Routes } from "./routes.ts";

export interface ReplierParts {
  readonly state: CoreState;
  readonly signer: Signer;
  readonly transport: ReplicaTransport;
  readonly routes: Routes;
  /** Monotonic clock in milliseconds. */
  readonly now: () => number;
}

/** What a query is answered with. */
export interface QueryAnswer {
  readonly ok: boolean;
  readonly payload: Uint8Array;
}

export class Replier {
  readonly #parts: ReplierParts;

  constructor(parts: ReplierParts) {
    this.#parts = parts;
  }

  /** Sends a batch's answers to all routes of its client, under one signature. Nobody to send it to: nothing is signed. */
  reply({ client, answers }: ClientReply): void {
    const { state, transport, routes, now } = this.#parts;
    const targets = [...routes.of(client, now())];
    if (targets.length === 0) return;
    const { currentTerm: term } = state.hard;
    const reply: Reply = {
      kind: "Reply",
      replica: state.config.self,
      client,
      term,
      leader: state.term.leader,
      answers,
    };
    const frames = this.#seal(reply);
    for (const route of targets) transport.sendToClient(route, frames);
  }

  /** Answers a query over the route it came by. */
  answer(route: string, client: string, nonce: number, { ok, payload }: QueryAnswer): void {
    const { state, transport } = this.#parts;
    const reply: QueryReply = { kind: "QueryReply", replica: state.config.self, client, nonce, ok, payload };
    transport.sendToClient(route, this.#seal(reply));
  }

  #seal(message: Reply | QueryReply): Uint8Array[] {
    const body = encodeMessage(message);
    const signature = this.#parts.signer.sign(message.kind, body);
    if (message.kind === "Reply") return encodePacket({ kind: "Reply", signed: { message, body, signature } });
    return encodePacket({ kind: "QueryReply", signed: { message, body, signature } });
  }
}
