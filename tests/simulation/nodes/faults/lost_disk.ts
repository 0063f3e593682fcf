/** The disk of a replica that lost its own. */
import type { Digest } from "../../../../protocol/ids.ts";
import { MemoryDisk } from "../../../../replica/storage/memory/memory_disk.ts";

/** Returns an empty disk on which a recovery named `nonce` has begun, as `replica --recover` creates it (§8.4). */
export function lostDisk(nonce: Digest): MemoryDisk {
  const disk = new MemoryDisk();
  const hardState = { ...disk.hardState, recovery: { nonce, bar: null } };
  disk.write({ op: "hard-state", state: hardState });
  disk.tip = { ...disk.tip, hardState };
  return disk;
}
