/** Crossing from one epoch into the next (§13.7): what is written, and what is handed on. */
import type { SignedRoster } from "../../crypto/roster/parse_roster.ts";
import { genesisBehind } from "../../protocol/epochs/epoch_end.ts";
import type { Digest } from "../../protocol/ids.ts";
import type { Request } from "../../protocol/message.ts";
import type { Hash } from "../../protocol/ports.ts";
import type { Signed } from "../../protocol/signed.ts";
import { itemsOf } from "../core/clients/waiting.ts";
import type { Ended } from "../core/epochs/epoch_state.ts";
import type { BeginEpoch } from "../core/log/durable_state.ts";
import type { CoreState } from "../core/state.ts";

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
  before: SignedRoster,
  next: SignedRoster,
): Signed<Request>[] {
  const keyIn = ({ roster }: SignedRoster, id: string) => roster.clients.find((client) => client.id === id)?.publicKey;
  const waiting = [...requests.pool.values(), ...requests.interventions.values()];
  const all = waiting.flatMap((queue) => [...itemsOf(queue)].map(({ request }) => request));
  return [...new Set(all)].filter(({ message: { client } }) =>
    config.clients.has(client) && keyIn(before, client) === keyIn(next, client)
  );
}
