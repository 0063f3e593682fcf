/** Crossing from one epoch into the next (§13.7): what is written, and what is handed on. */
import { type EpochEnd, genesisBehind } from "../../protocol/epochs/epoch_end.ts";
import type { Digest } from "../../protocol/ids.ts";
import type { Request } from "../../protocol/message.ts";
import type { Hash } from "../../protocol/ports.ts";
import type { Signed } from "../../protocol/signed.ts";
import type { SessionBounds } from "../../protocol/snapshot/session_types.ts";
import { epochEndCodec } from "../../transport/codec/mod.ts";
import type { Restored } from "../core/catch_up/install_snapshot.ts";
import { itemsOf } from "../core/clients/waiting.ts";
import type { Ended } from "../core/epochs/epoch_state.ts";
import type { BeginEpoch } from "../core/log/durable_state.ts";
import type { CoreState } from "../core/state.ts";
import type { EpochArchive, Storage } from "../storage/port.ts";

/** A roster as it is kept and named. */
export interface KeptRoster {
  readonly epoch: number;
  readonly digest: Digest;
  readonly bytes: Uint8Array;
}

/** The clients that a roster lists, and their keys. */
interface Listing {
  readonly roster: { readonly clients: readonly { readonly id: string; readonly publicKey: string }[] };
}

/** Returns the operation that begins the next epoch on the disk. A learner that has its bar is a full member there; one that has none calls the roll again (§13.9). */
export function beginningOf(
  { hard: { recovery } }: Pick<CoreState, "hard">,
  { end, held }: Ended,
  hash: Hash,
  digest: Digest,
): BeginEpoch {
  const stillLost = recovery !== null && recovery.bar === null;
  const genesis = genesisBehind(hash, digest, end);
  return { op: "begin-epoch", genesis, held, recovery: stillLost ? recovery : null };
}

/** Returns the requests that wait in a core that has ended, of clients that the next roster lists with the same key (§13.7). */
export function waitingIn(
  { requests, config }: CoreState,
  before: Listing,
  next: Listing,
): Signed<Request>[] {
  const keyIn = ({ roster }: Listing, id: string) => roster.clients.find((client) => client.id === id)?.publicKey;
  const waiting = [...requests.pool.values(), ...requests.interventions.values()];
  const all = waiting.flatMap((queue) => [...itemsOf(queue)].map(({ request }) => request));
  return [...new Set(all)].filter(({ message: { client } }) =>
    config.clients.has(client) && keyIn(before, client) === keyIn(next, client)
  );
}

/** Returns the replicated state of a core that has ended with it, for the next one (§13.5): the machine has it already. */
export function carriedFrom(
  { sessions: { clients, time }, checkpoints, ended }: CoreState,
  roster: { readonly constants: SessionBounds },
): Restored | null {
  if (ended === null || !ended.held) return null;
  const genesis = ended.end.entry.index;
  return { sessions: { bounds: roster.constants, genesis, clients, time }, digests: checkpoints.stableDigests };
}

/** §13.7: keeps the end and the next roster, which are durable before the next epoch begins on the disk. */
export function archiveEnd(epochs: EpochArchive, end: EpochEnd, before: Uint8Array, next: KeptRoster): void {
  epochs.put(end.epoch, before, epochEndCodec.encode(end));
  epochs.put(next.epoch, next.bytes, null);
}

/** Begins the epoch of `given` on a disk that took no part before, without the state (§13.8). */
export function beginWithout(
  storage: Pick<Storage, "epochs" | "commit" | "load">,
  hash: Hash,
  end: EpochEnd,
  before: Uint8Array,
  given: KeptRoster,
): void {
  archiveEnd(storage.epochs, end, before, given);
  const { recovery } = storage.load().hardState; // one that lost its disk does not know what it has signed in this epoch either
  const lost = recovery === null ? null : { ...recovery, bar: null };
  storage.commit(
    [{ op: "begin-epoch", genesis: genesisBehind(hash, given.digest, end), held: false, recovery: lost }],
    [],
  );
}
