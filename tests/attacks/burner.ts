/** A process that takes as much processor time as an attacker, and attacks nobody. Operands: its share of one core, and seconds. */
const [share, seconds] = Deno.args.map(Number) as [number, number];
const SLICE_MS = 10;

const end = performance.now() + seconds * 1000;
while (performance.now() < end) {
  const begin = performance.now();
  while (performance.now() - begin < SLICE_MS * share);
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, SLICE_MS - (performance.now() - begin))));
}
