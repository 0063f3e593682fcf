/** A seeded source of key-value operations. Every value is written only once, so that a read shows which write it saw. */
import { decodeKvResult, type KvCommand } from "../../../state_machine/mod.ts";
import type { ClientPlan } from "./plan.ts";
import type { Rng } from "./rng.ts";

export type Operation = Extract<KvCommand, { readonly op: "put" | "get" | "cas" | "delete" }>;

const UTF8 = new TextEncoder();

export class OperationSource {
  readonly #plan: ClientPlan;
  readonly #rng: Rng;
  /** Last revision seen of each key. */
  readonly #revisions = new Map<string, number>();
  #count = 0;

  constructor(plan: ClientPlan, rng: Rng) {
    this.#plan = plan;
    this.#rng = rng;
  }

  next(): Operation {
    const { reads, cas, deletes, keys, id, process, valueBytes = 0 } = this.#plan;
    const key = `k${this.#rng.int(1, keys)}`;
    const value = UTF8.encode(`${id}.${process}.${++this.#count}`.padEnd(valueBytes));
    const draw = this.#rng.next();
    if (draw < reads) return { op: "get", key };
    if (draw < reads + cas) return { op: "cas", key, revision: this.#revisions.get(key) ?? 0, value };
    if (draw < reads + cas + deletes) return { op: "delete", key };
    return { op: "put", key, value };
  }

  /** Remembers the revision in `result`. */
  learn({ key }: Operation, result: Uint8Array): void {
    const outcome = decodeKvResult(result);
    if (outcome && "revision" in outcome) this.#revisions.set(key, outcome.revision);
    if (outcome?.status === "absent") this.#revisions.set(key, 0);
  }
}
