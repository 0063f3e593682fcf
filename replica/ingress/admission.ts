/** What ingress makes of one packet. */
import type { InputWithoutTime } from "../core/input.ts";

export type Admission =
  /** Goes to the core. */
  | { readonly admitted: InputWithoutTime }
  /** Dealt with outside the core. */
  | { readonly admitted: null }
  /** Dropped and counted under `refused`; `fault` counts against the route it came over. */
  | { readonly refused: string; readonly fault: boolean };

/** Cannot come from an honest sender in this form. */
export const faulty = (code: string): Admission => ({ refused: code, fault: true });
/** Late, repeated or too often: nothing that an honest sender's packet could not be. */
export const dropped = (code: string): Admission => ({ refused: code, fault: false });
export const DONE: Admission = { admitted: null };
