/** Processor time of a replica: constants, and the work that they are charged for. */
import type { Millis } from "../../../protocol/ids.ts";
import type { SignatureCheck } from "../../../replica/ingress/signature_check.ts";

export interface Costs {
  /** Checking and making one signature. */
  readonly verifyMs: Millis;
  readonly signMs: Millis;
  /** A turn of the event loop in which packets arrived, whatever their number. */
  readonly turnMs: Millis;
  /** Receiving, decrypting, decoding and handling a peer's packet, and sending one of one's own for it. */
  readonly packetMs: Millis;
  /** Writing one transaction. */
  readonly transactionMs: Millis;
  /** Executing an operation and answering it. */
  readonly operationMs: Millis;
}

/**
 * The costs on the machine of docs/performance.md. Its 2.4 ms an entry of four replicas are 8 checks, 3 signatures, 2 transactions, and 7 packets (the
 * entry, two responses of each other), each in a turn of its own; the same costs give 4.1 ms with seven, where 4.3 ms were measured. In a burst a packet
 * costs a fifth, as in bench/transport_bench.ts. Its 0.07 ms a write are a check and an operation.
 */
export const MEASURED: Costs = {
  verifyMs: 0.037,
  signMs: 0.03,
  turnMs: 0.2,
  packetMs: 0.05,
  transactionMs: 0.13,
  operationMs: 0.03,
};

export const NOTHING: Costs = { verifyMs: 0, signMs: 0, turnMs: 0, packetMs: 0, transactionMs: 0, operationMs: 0 };

/** Work done since it was last taken. */
export class Meter {
  verified = 0;
  signed = 0;
  turns = 0;
  packets = 0;
  transactions = 0;
  operations = 0;
  /** Time of all work, and signatures of replicas checked, so far. */
  spentMs: Millis = 0;
  checkedOfReplicas = 0;
  readonly #costs: Costs;

  constructor(costs: Costs) {
    this.#costs = costs;
  }

  /** Returns the time of the work since it was called last. */
  take(): Millis {
    const { verifyMs, signMs, turnMs, packetMs, transactionMs, operationMs } = this.#costs;
    const ms = this.verified * verifyMs + this.signed * signMs + this.turns * turnMs + this.packets * packetMs +
      this.transactions * transactionMs + this.operations * operationMs;
    [this.verified, this.signed, this.turns, this.packets] = [0, 0, 0, 0];
    [this.transactions, this.operations] = [0, 0];
    this.spentMs += ms;
    return ms;
  }
}

/** Returns `check`, which charges `meter` for each signature once: a replica remembers what it has checked. */
export function meteredCheck(check: SignatureCheck, meter: Meter): SignatureCheck {
  const known = new WeakSet<Uint8Array>();
  return {
    ...check,
    holds(claim) {
      const { signature } = claim.signed;
      if (known.has(signature)) return true;
      meter.verified++;
      if (claim.role === "replica") meter.checkedOfReplicas++;
      const holds = check.holds(claim);
      if (holds) known.add(signature);
      return holds;
    },
  };
}
