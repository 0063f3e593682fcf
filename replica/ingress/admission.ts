/** The verdict of ingress on one packet. */
import type { InputWithoutTime } from "../core/input.ts";

/** Blame that a refusal lays on where the packet came from. */
export type Blame =
  /** Nothing: an honest sender's packet may be late or repeated. */
  | "none"
  /** It sends more than it may; honest senders do so for a moment. */
  | "excess"
  /** No honest sender sends this in this form. */
  | "fault"
  /** A fault of whoever handed it in: nobody who signs with its own key, or looks at what others signed, sends a signature that is none. */
  | "forgery";

export type Admission =
  /** Goes to the core. */
  | { readonly admitted: InputWithoutTime }
  /** Dealt with outside the core. */
  | { readonly admitted: null }
  | Refusal;

/** Dropped, and counted under `refused`; the blame goes to the source it came from. */
export interface Refusal {
  readonly refused: string;
  readonly blame: Blame;
}

/** Refuses a packet that cannot come from an honest sender in this form. */
export const faulty = (code: string): Admission => ({ refused: code, blame: "fault" });
/** Refuses a packet of which a signature does not hold that its sender made or could have checked. */
export const forged = (code: string): Admission => ({ refused: code, blame: "forgery" });
/** Drops a packet that is late or repeated, as an honest sender's may be. */
export const dropped = (code: string): Admission => ({ refused: code, blame: "none" });
/** Drops a packet beyond what its source may send. */
export const excessive = (code: string): Admission => ({ refused: code, blame: "excess" });
export const DONE: Admission = { admitted: null };
