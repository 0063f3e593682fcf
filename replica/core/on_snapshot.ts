/** A turn of work on snapshots, which are written and installed a little at a time (§8.2, §8.3). */
import { installSnapshot } from "./catch_up/install_snapshot.ts";
import { writeSnapshot } from "./checkpoints/checkpoints.ts";
import type { Context } from "./context.ts";
import { ACCEPT, type Verdict } from "./verdict.ts";

/** Installs a completely fetched snapshot first: one being written is of no use then (§8.3). */
export function onSnapshot(context: Context, maxBytes: number): Verdict {
  const { transfer } = context.state;
  if (transfer?.complete) installSnapshot(context, transfer);
  else writeSnapshot(context, maxBytes);
  return ACCEPT;
}
