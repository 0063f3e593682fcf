/**
 * Fetches the ends of the epochs before a backup's (§13.13). From the earliest roster that the client has they prove themselves, so any source will do. What is before
 * that is as one source shows it; and where the client has no roster but the backup's own, so many have to tell the same genesis that not all are faulty.
 */
import type { RosterFile } from "../../../crypto/roster/parse_roster.ts";
import type { SignatureBackend } from "../../../crypto/signing/backend.ts";
import type { EpochEnd } from "../../../protocol/epochs/epoch_end.ts";
import type { ReplicaId } from "../../../protocol/ids.ts";
import { quorumOf } from "../../../protocol/quorum.ts";
import { epochEndCodec } from "../../../transport/codec/mod.ts";
import type { RosterFiles } from "../../client_types.ts";
import { pause } from "../../loop/pause.ts";
import type { Gathering } from "../gathering.ts";
import type { Place } from "../scratch.ts";
import { type Basis, Chain } from "./chain.ts";

/** The part of a backup's context that is there before its epoch is known. */
export interface Asking extends Pick<Gathering, "sources" | "ledger" | "scratch" | "signal" | "tell"> {
  readonly files: RosterFiles;
  readonly backend: SignatureBackend;
}

/** The ends before a backup. */
export interface Ends {
  readonly places: readonly Place[];
  /** The roster they were followed from. */
  readonly from: RosterFile;
  readonly basis: Basis;
  /** True if the ends prove the genesis, or enough replicas told it. */
  readonly isKnown: boolean;
}

/** A chain as one source showed it. */
interface Shown extends Omit<Ends, "isKnown"> {
  /** Epoch of its first end. */
  readonly first: number;
}

const RETRY_MS = 100;

/**
 * Returns the longest chain of ends that sources show. If `isLone`, what a single one shows is better than nothing. Throws {@linkcode NoSourceError}.
 */
export async function fetchEnds(asking: Asking, isLone: boolean): Promise<Ends> {
  const { ledger, signal, tell, backend, files: { current } } = asking;
  const { epoch, replicas, constants } = current.roster;
  if (epoch === 1) {
    return { places: [], from: current, basis: new Chain(current, backend).basisOf(epoch)!, isKnown: true };
  }
  const { weak } = quorumOf(replicas.length, constants.profile);
  const shown = new Map<ReplicaId, Shown>();
  while (true) {
    tell("epochs", 0, epoch - 1);
    for (const replica of ledger.ready()) {
      const found = await showing(asking, replica);
      if (found === null) continue;
      ledger.gave(replica, found.places.reduce((sum, { length }) => sum + length, 0), !shown.has(replica));
      shown.set(replica, found);
      const best = longest([...shown.values()], weak);
      if (best?.first === 1) return { ...best, isKnown: true };
    }
    const best = longest([...shown.values()], weak);
    if (best !== null) return { ...best, isKnown: true };
    const any = isLone ? longest([...shown.values()], 1) : null;
    if (any !== null) return { ...any, isKnown: false };
    signal.throwIfAborted();
    ledger.assertHope(`the ends of the epochs before ${epoch}`);
    await pause(RETRY_MS, signal);
  }
}

/** Returns the longest of the chains that are proven, or of those whose genesis so many sources told; null if there is none. */
function longest(shown: readonly Shown[], needed: number): Shown | null {
  const telling = ({ basis: { genesis } }: Shown) =>
    shown.filter(({ basis }) => basis.genesis.hash === genesis.hash).length;
  const proven = shown.filter(({ basis }) => basis.isProven);
  const all = proven.length > 0 ? proven : shown.filter((each) => telling(each) >= needed);
  return all.toSorted((a, b) => a.first - b.first)[0] ?? null;
}

/** Returns all ends that `replica` has; null if it has none, or gave none. */
async function showing(asking: Asking, replica: ReplicaId): Promise<Shown | null> {
  const { ledger, scratch, backend, files: { origin, current } } = asking;
  const { epoch } = current.roster;
  const first = await firstAt(asking, replica);
  if (first === null) return null;
  const from = first <= origin.roster.epoch ? origin : current;
  const chain = new Chain(from, backend);
  const places: Place[] = [];
  for (let next = first; next < epoch;) {
    const ends = await endsFrom(asking, replica, next);
    if (ends === null) return null;
    for (const end of ends.slice(0, epoch - next)) {
      if (!chain.take(end)) {
        ledger.exclude(replica, `${replica} showed an end of an epoch that is not proven`);
        return null;
      }
      places.push(scratch.put(epochEndCodec.encode(end)));
    }
    next += ends.length;
  }
  const basis = chain.basisOf(epoch);
  return basis === null ? null : { places, from, basis, first };
}

/** Returns the first epoch whose end `replica` has, as those behind it are kept too; null if it gave no answer. */
async function firstAt(asking: Asking, replica: ReplicaId): Promise<number | null> {
  const { ledger, signal, sources, files: { current: { roster } } } = asking;
  let [low, high, probe] = [1, roster.epoch - 1, 1];
  while (low < high) {
    const ends = await ledger.ask(replica, signal, (options) => sources.ends(replica, probe, options));
    if (ends === null) return null;
    if (ends.length > 0) high = probe;
    else low = probe + 1;
    probe = Math.floor((low + high) / 2);
  }
  return low;
}

/** Returns ends from `epoch` on, one at least; null if there are none. */
async function endsFrom(
  { ledger, signal, sources }: Asking,
  replica: ReplicaId,
  epoch: number,
): Promise<readonly EpochEnd[] | null> {
  const ends = await ledger.ask(replica, signal, (options) => sources.ends(replica, epoch, options));
  if (ends === null || ends[0]?.epoch === epoch) return ends;
  ledger.failed(replica, `${replica} gave no end of epoch ${epoch}`);
  return null;
}
