/** Text that the system hands over decoded, with what was no UTF-8 replaced. */
import { UsageError } from "../../errors.ts";

/** Stands in decoded text for bytes that are not UTF-8, and then nothing tells it from itself. */
export const REPLACEMENT = "\ufffd";

/** Wanted in place of bytes that are no UTF-8. */
export const WANTED_UTF8 = 'wanted UTF-8; other values go with --hex or --base64, or as "-" through standard input';

/**
 * Throws {@linkcode UsageError} if an argument has the replacement character: the system's bytes were no UTF-8 then, and two different ones would
 * be one key. Who means the character itself gives it through standard input, in the shell or as a value.
 */
export function refuseAltered(args: readonly string[]): void {
  const at = args.findIndex((arg) => arg.includes(REPLACEMENT));
  if (at < 0) return;
  const given = `${JSON.stringify(args[at])}, with bytes that are not UTF-8 where it shows ${REPLACEMENT}`;
  throw new UsageError(`argument ${at + 1} was given as ${given}; ${WANTED_UTF8}`);
}
