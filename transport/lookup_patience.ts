/** Longest time that the first look-up of the replicas' names may hold up a client's start, in milliseconds. */
const LOOKUP_PATIENCE_MS = 2000;

/** Resolves once all `lookups` have, or after two seconds: a resolver that does not answer is no reason not to start. */
export async function awaitLookups(lookups: readonly Promise<unknown>[]): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise((resolve) => timer = setTimeout(resolve, LOOKUP_PATIENCE_MS));
  await Promise.race([Promise.all(lookups), timeout]);
  clearTimeout(timer);
}
