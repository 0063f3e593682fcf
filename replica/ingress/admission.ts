/** The verdict of ingress on one packet. */
import type { InputWithoutTime } from "../core/input.ts";

export type Admission =
  /** Goes to the core. */
  | { readonly admitted: InputWithoutTime }
  /** Dealt with outside the core. */
  | { readonly admitted: null }
  /** Dropped and counted under `refused`; `fault` counts against the route it arrived by. */
  | { readonly refused: string; readonly fault: boolean };

/** Refuses a packet that cannot come from an honest sender in this form. */
export const faulty = (code: string): Admission => ({ refused: code, fault: true });
/** Drops a packet that is late, repeated or over its rate, as an honest sender's may be. */
export const dropped = (code: string): Admission => ({ refused: code, fault: false });
export const DONE: Admission = { admitted: null };
