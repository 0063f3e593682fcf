/** Fingerprints of a step's outputs: short, and different if anything that a replica would do differs. */
import { sha256Hex } from "../../crypto/digest.ts";
import type { PersistOperation } from "../core/log/durable_state.ts";
import type { Outputs } from "../core/output.ts";
import type { Verdict } from "../core/verdict.ts";
import { CanonicalBytes } from "./canonical_bytes.ts";
import type { StepPrint } from "./format.ts";

/** 64 bits: a protection against bugs, not against forgers. */
const FINGERPRINT_DIGITS = 16;

const canonical = new CanonicalBytes();

/** Returns the fingerprint of any plain value. Throws `TypeError` on values that are not plain. */
export const fingerprint = (value: unknown): string => sha256Hex(canonical.encode(value)).slice(0, FINGERPRINT_DIGITS);

/** Returns the fingerprints of `outputs`. Events are left out: they are only text for the log. */
export function printOutputs({ verdict, persist, messages, replies }: Outputs): StepPrint {
  return {
    verdict: printVerdict(verdict),
    persist: printList(persist.map(withoutChunks)),
    messages: printList(messages),
    replies: printList(replies),
  };
}

/** Replaces chunks by their digests, which identify them completely. */
const withoutChunks = (operation: PersistOperation): unknown =>
  operation.op === "chunks" ? { ...operation, chunks: operation.chunks.map(({ digest }) => digest) } : operation;

/** Returns the print of a step in which the core threw. */
export function printFailure(error: unknown): StepPrint {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { verdict: `threw ${text}`, persist: null, messages: null, replies: null };
}

const printList = (values: readonly unknown[]): string | null => values.length === 0 ? null : fingerprint(values);

function printVerdict(verdict: Verdict): string {
  switch (verdict.verdict) {
    case "accept":
      return "accept";
    case "ignore":
      return `ignore ${verdict.code}`;
    case "reject":
      return `reject ${verdict.code} ${verdict.culprit ?? "-"}`;
    default:
      return verdict satisfies never;
  }
}
