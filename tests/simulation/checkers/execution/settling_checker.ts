/** §7.3: a replica forwards no request that is settled in the state it has applied, one by one or all at once by a snapshot. */
import { sha256Hex } from "../../../../crypto/digest.ts";
import type { LogIndex, ReplicaId } from "../../../../protocol/ids.ts";
import type { Packet } from "../../../../protocol/packet.ts";
import type { Judge } from "../judge.ts";
import { nameOf } from "./request_book.ts";

/** The executions of a run so far. */
export interface Executions {
  /** Returns the index at which the first replica executed the request. */
  placeOf(key: string): LogIndex | undefined;
  /** Returns the index that `at` has applied up to since it last started. */
  appliedBy(at: ReplicaId): number;
}

export class SettlingChecker {
  readonly #judge: Judge;
  readonly #executions: Executions;

  constructor(judge: Judge, executions: Executions) {
    this.#judge = judge;
    this.#executions = executions;
  }

  /** Judges `packet`, sent by honest `from`. */
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
