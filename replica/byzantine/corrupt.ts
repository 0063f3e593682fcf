/** The port through which a faulty replica changes what its honest core wanted to send. */
import type { Outgoing } from "../core/output.ts";

/** What is sent instead of `outgoing`; it is signed with the replica's own key afterwards. */
export type Corrupt = (outgoing: readonly Outgoing[]) => readonly Outgoing[];
