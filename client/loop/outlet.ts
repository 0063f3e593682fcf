/** Destination of a client's frames. */
import type { Frames } from "./envelope.ts";

/** Sends to replicas by roster id; never waits. */
export interface Outlet {
  toOne(replica: string, frames: Frames): void;
  toAll(frames: Frames): void;
}
