/** The error for a faulty file or argument supplied by the user. */

/** An invalid key file, roster or argument; the message says what was given and what is wanted. Processes exit with code 2 on it. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** Runs `body`; a `ConfigError` it throws is rethrown with `source`, usually a file name, in front of its message. */
export function withSource<T>(source: string, body: () => T): T {
  try {
    return body();
  } catch (cause) {
    if (cause instanceof ConfigError) throw new ConfigError(`${source}: ${cause.message}`, { cause });
    throw cause;
  }
}

/**
 * Throws `ConfigError` if an argument has U+FFFD, which the system puts in place of bytes that are not UTF-8: the name meant is another one, and
 * nobody can tell which.
 */
export function refuseAltered(args: readonly string[]): void {
  const altered = args.find((arg) => arg.includes("\ufffd"));
  if (altered === undefined) return;
  throw new ConfigError(
    `${JSON.stringify(altered)}: given bytes that are not UTF-8 where it shows \ufffd, wanted UTF-8`,
  );
}
