/**
 * libzmq numbers the anonymous connections of a ROUTER from a start it takes from rand(3), which it never seeds: all
 * processes count from the same number. And it aborts the process when a number it comes to is already the routing id that some
 * other connection claims. With the start known, one such claim and a few connections end any replica.
 */

const CALL = { srand: { parameters: ["u32"], result: "void" } } as const;

let seeded = false;

/**
 * Gives rand(3) a secret seed, once in a process; to be called before the first ROUTER is made. False where libc cannot be
 * loaded (another platform, no permission): numbers are then as predictable as libzmq leaves them.
 */
export function seedRoutingIds(): boolean {
  if (seeded) return true;
  if (Deno.build.os !== "linux") return false;
  try {
    const libc = Deno.dlopen("libc.so.6", CALL);
    const [seed = 0] = crypto.getRandomValues(new Uint32Array(1));
    libc.symbols.srand(seed);
    libc.close();
    seeded = true;
  } catch {
    return false;
  }
  return true;
}
