/** §7.3: what is settled in the state that a replica has applied, one by one or all at once by a snapshot, it forwards to no leader. */
import type { LogIndex, ReplicaId } from "../../../../protocol/ids.ts";
import type { Packet } from "../../../../protocol/packet.ts";
import type { Judge } from "../judge.ts";
import { sha256Hex } from "../../../../crypto/digest.ts";
import { nameOf } from "./request_book.ts";

/** What was executed where. */
export interface Executions {
  /** Where the request was executed, by whoever was first. */
  placeOf(key: string): LogIndex | undefined;
  /** How far `at` has applied in its present life. */
  appliedBy(at: ReplicaId): number;
}

export class SettlingChecker {
  readonly #judge: Judge;
  readonly #executions: Executions;

  constructor(judge: Judge, executions: Executions) {
    this.#judge = judge;
    this.#executions = executions;
  }

  /** Honest `from` sends `packet`. */
  sent(from: ReplicaId, packet: Packet): void {
    if (packet.kind !== "ForwardedRequest") return;
    const { message, body } = packet.signed;
    const name = nameOf(message, sha256Hex(body));
    const place = this.#executions.placeOf(name);
    const applied = this.#executions.appliedBy(from);
    this.#judge.clause(
      place === undefined || place > applied,
      "§7.3",
      () => `${from} forwards ${name}, executed at ${place}, and has applied up to ${applied}`,
    );
  }
}
