/**
 * A client's hellos, one to each replica. They keep the return route for answers alive across restarts of replicas, and say which session's
 * answers are wanted there. Each replica wants its own challenge for this connection repeated, and tells it where another one came (§7.2).
 */
import type { Signer } from "../../crypto/signing/signing.ts";
import { ALL_SESSIONS, type ClientId, type LogIndex, type ReplicaId } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { sealQuery } from "./envelope.ts";
import type { Outlet } from "./outlet.ts";

export interface HellosParts {
  readonly client: ClientId;
  readonly replicas: readonly ReplicaId[];
  readonly signer: Signer;
  readonly outlet: Outlet;
  readonly now: () => number;
  /** Interval of hellos while anything is pending, and otherwise. */
  readonly busyMs: number;
  readonly idleMs: number;
}

/** Challenge in a hello to a replica that has told none. */
const NO_CHALLENGE = new Uint8Array(LIMITS.nonceBytes);

export class Hellos {
  #parts: HellosParts;
  /** Time of the last hellos to all, on the client's clock. */
  #sentAt = -Infinity;
  /** The session in the last hellos to all. */
  #session = ALL_SESSIONS;
  /** The challenge that each replica told last. */
  readonly #challenges = new Map<string, Uint8Array>();
  /** Replicas that have not told a challenge since the last hellos to all: each may once, so that none can keep a client busy. */
  readonly #mayTell = new Set<string>();

  constructor(parts: HellosParts) {
    this.#parts = parts;
  }

  /** Takes in other replicas, of which none has told a challenge (§13.12), and says hello to them, for answers of `session`. */
  adopt(changes: Pick<HellosParts, "replicas" | "busyMs" | "idleMs">, session: LogIndex): void {
    this.#parts = { ...this.#parts, ...changes };
    this.#challenges.clear();
    this.#mayTell.clear();
    this.say(session);
  }

  /** Returns the time at which the next hellos are due, on the client's clock; the first are at once. */
  dueAt(busy: boolean): number {
    const { busyMs, idleMs } = this.#parts;
    return this.#sentAt + (busy ? busyMs : idleMs);
  }

  /** Says hello to all replicas, for answers of `session`. */
  say(session: LogIndex): void {
    this.#sentAt = this.#parts.now();
    this.#session = session;
    for (const replica of this.#parts.replicas) {
      this.#mayTell.add(replica);
      this.#sayTo(replica);
    }
  }

  /**
   * Says hello to all if that changes `session`. Called before a command is sent for the first time: a connection keeps the order, so that a
   * replica that takes the hello knows whom to answer before it can have the command. One that does not take it goes on as it was: with all
   * sessions, or with one before, and then it answers nothing until the next hello, which is due in `busyMs`, or until the client asks again,
   * as it does in any case where answers are missing; who asks is answered whatever its hello said.
   */
  sayChanged(session: LogIndex): void {
    if (session !== this.#session) this.say(session);
  }

  /** Returns whether `replica` may tell a challenge now. */
  mayTell(replica: string): boolean {
    return this.#mayTell.has(replica);
  }

  /** Takes the challenge that `replica` told and says hello with it; returns false if it was not to tell one. */
  told(replica: ReplicaId, challenge: Uint8Array): boolean {
    if (!this.#mayTell.delete(replica)) return false;
    this.#challenges.set(replica, challenge.slice());
    this.#sayTo(replica);
    return true;
  }

  #sayTo(replica: ReplicaId): void {
    const { client, signer, outlet } = this.#parts;
    const challenge = this.#challenges.get(replica) ?? NO_CHALLENGE;
    const session = this.#session;
    outlet.toOne(replica, sealQuery(signer, { kind: "ClientHello", client, replica, session, challenge }));
  }
}
