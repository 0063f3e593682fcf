/** §7.3: what is settled in the state that a replica has applied, one by one or all at once by a snapshot, it forwards to no leader. */
import type { LogIndex, ReplicaId } from "../../../../protocol/ids.ts";
import type { Packet } from "../../../../protocol/packet.ts";
import type { Judge } from "../judge.ts";
import { requestKey } from "./request_book.ts";

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
    const { client, seq } = packet.signed.message;
    const place = this.#executions.placeOf(requestKey(client, seq));
    const applied = this.#executions.appliedBy(from);
    this.#judge.clause(
      place === undefined || place > applied,
      "§7.3",
      () => `${from} forwards ${requestKey(client, seq)}, executed at ${place}, and has applied up to ${applied}`,
    );
  }
}
