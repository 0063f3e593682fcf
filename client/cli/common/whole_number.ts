/** Numbers on the command line. */
import { UsageError } from "../../errors.ts";

/** Parses a whole number from `min` to `max`. Throws {@linkcode UsageError}. */
export function wholeNumber(name: string, text: string, min: number, max: number): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  throw new UsageError(`${name} was given "${text}"; wanted a whole number from ${min} to ${max}`);
}
