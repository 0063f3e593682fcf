/** Ids of logs. */

/** Returns an id that tells a log from all others. */
export const freshLogId = (): string => crypto.getRandomValues(new Uint8Array(8)).toHex();
