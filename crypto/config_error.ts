/** What is wrong with a file or an argument that a person gave. */

/** A key file, roster or argument is not what it must be. Processes end with exit code 2 on it. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** Runs `body`; puts `source`, mostly the name of a file, in front of the message of a `ConfigError` it throws. */
export function withSource<T>(source: string, body: () => T): T {
  try {
    return body();
  } catch (cause) {
    if (cause instanceof ConfigError) throw new ConfigError(`${source}: ${cause.message}`, { cause });
    throw cause;
  }
}
