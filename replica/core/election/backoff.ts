/** Timeouts that outgrow the real delay (§6.11). */
import { doubledUpTo } from "../../../protocol/backoff.ts";
import type { ProtocolConstants } from "../../../protocol/config.ts";
import type { Millis } from "../../../protocol/ids.ts";

/** Returns the base election timeout, doubled for each of `failures`, up to its cap. */
export const backedOff = ({ electionTimeoutMs, electionTimeoutCapMs }: ProtocolConstants, failures: number): Millis =>
  doubledUpTo(electionTimeoutCapMs, electionTimeoutMs, failures);
