/** Medians of several results of the same shape. */

/** Returns the median of numbers; the mean of the two in the middle where there is an even number of them. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/**
 * Returns a value of the same shape with the median of every number in it: each figure has a median of its own. Anything but numbers is that of
 * the first, and so is what the others lack.
 */
export function medianOf<T>(values: readonly T[]): T {
  const [first] = values;
  if (typeof first === "number") return median(values as readonly number[]) as T;
  if (typeof first !== "object" || first === null) return first as T;
  const medians = Object.entries(first).map(([name, value]) => {
    const all = values.map((each) => (each as Readonly<Record<string, unknown>>)[name]);
    return [name, all.every((each) => typeof each === typeof value) ? medianOf(all) : value];
  });
  return (Array.isArray(first) ? medians.map(([, value]) => value) : Object.fromEntries(medians)) as T;
}
