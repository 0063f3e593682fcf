import type { Command } from "../command.ts";
import { errorReason } from "../command.ts";
import type { Codec } from "../framing/codec.ts";
import { Violation } from "../violation.ts";

/** Result of a handshake. */
export interface Established {
  readonly codec: Codec;
  /** The name that the admission gave the other side's key, null where nobody is authenticated. */
  readonly peer: string | null;
  /** The other side's public key in hexadecimal digits, where this side has asked for its admission; else null. */
  readonly key: string | null;
}

/** One side of a mechanism's handshake. It is told each command of the other side and says what to answer; it throws a violation on any other. */
export interface Handshake {
  /** Set once this side may send and receive messages. */
  readonly established: Established | null;
  /** True if the next command makes this side compute for somebody it does not know. */
  readonly isCostly: boolean;
  /** Returns the command that this side begins with, if it begins. */
  start(): Uint8Array | null;
  /** Takes a command's body. Returns the answer, if it has one. */
  take(body: Uint8Array): Uint8Array | null;
}

/** Throws on an ERROR: the other side has refused. */
export function throwOnError({ name, data }: Command): void {
  if (name !== "ERROR") return;
  throw new Violation("refused-by-peer", `Refused by the other side: ${JSON.stringify(errorReason(data))}`);
}

/** Returns the violation of a command that has no place here. */
export function outOfOrder({ name }: Command, wanted: string): Violation {
  return new Violation("handshake-order", `Command ${JSON.stringify(name)}, want ${wanted}`);
}
