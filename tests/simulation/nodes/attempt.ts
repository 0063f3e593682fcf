/** Does what may end a node, as an end of an epoch that it is shown goes to its disk at once. Returns null, and tells `failed`, if it did. */
export function attempt<T>(failed: (error: Error) => void, action: () => T): T | null {
  try {
    return action();
  } catch (error) {
    failed(error as Error);
    return null;
  }
}
