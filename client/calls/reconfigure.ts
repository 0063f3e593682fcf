/** Changing the roster of a cluster (§13.2): hands the change in, and waits until enough of the new replicas have begun. */
import { changeOf } from "../../crypto/roster/change_judge.ts";
import type { SignedRoster } from "../../crypto/roster/parse_roster.ts";
import type { Roster } from "../../crypto/roster/roster_types.ts";
import { type ChangeRefusal, type ChangeResult, decodeChangeResult } from "../../protocol/operations/change.ts";
import { quorumOf } from "../../protocol/quorum.ts";
import { NoQuorumError, NotListedError, RefusedError, UsageError } from "../errors.ts";
import { pause } from "../loop/pause.ts";
import type { CallOptions, Executed } from "../loop/requests.ts";
import type { ClientTimings } from "../loop/timings.ts";
import { isRecord } from "./json_payload.ts";
import { requireNext } from "./require_next.ts";
import type { ReplicaStatus } from "./status_report.ts";

/** A step of a change. */
export type ReconfigureProgress =
  /** It is on the log, at this index, and final. */
  | { readonly stage: "ordered"; readonly index: number }
  /** A quorum of the epoch has stopped for it. */
  | { readonly stage: "ended"; readonly epoch: number }
  /** These replicas of the new roster say that they have begun. */
  | { readonly stage: "begun"; readonly epoch: number; readonly begun: readonly string[]; readonly wanted: number };

export interface ReconfigureOptions extends CallOptions {
  readonly onProgress?: (progress: ReconfigureProgress) => void;
}

type Tell = (progress: ReconfigureProgress) => void;

/** A change that is in force. */
export interface Reconfigured {
  readonly epoch: number;
  readonly digest: string;
  /** Index of the entry that ordered it; null if it was in force already. */
  readonly index: number | null;
  /** Replicas of it that say they have begun, Q at least; null if the new roster does not list this client, which cannot ask them. */
  readonly begun: readonly string[] | null;
}

export interface ReconfigureParts {
  /** Returns the roster in force, as far as the client knows; null if that has no signatures. */
  readonly current: () => SignedRoster | null;
  readonly timings: () => ClientTimings;
  readonly now: () => number;
  /** Has a change ordered. */
  readonly change: (command: Uint8Array, options: CallOptions) => Promise<Executed>;
  readonly status: (options: CallOptions) => Promise<readonly ReplicaStatus[]>;
  /** Asks replicas whether there is a later epoch. */
  readonly askForLater: () => void;
}

/** Pause between two questions whether replicas have begun, and time that they have to answer one. */
const LOOK_EVERY_MS = 100;
const LOOK_MS = 1000;

/** Returns the call `reconfigure` of a client. */
export const reconfigureCall =
  (parts: ReconfigureParts) => async (next: SignedRoster, options: ReconfigureOptions = {}): Promise<Reconfigured> => {
    const before = parts.current();
    if (before === null) {
      throw new UsageError(
        "reconfigure was given a client whose roster has no signatures; wanted one with a signed roster",
      );
    }
    const startedAt = parts.now();
    const timeoutMs = options.timeoutMs ?? parts.timings().timeoutMs;
    const isInForce = before.digest === next.digest;
    const index = isInForce ? null : await handIn(parts, before, next, { ...options, timeoutMs });
    const say = onChange(options.onProgress);
    if (index !== null) say({ stage: "ordered", index });
    // Where it is in force the epoch before ended long ago.
    const tell: Tell = (progress) => isInForce && progress.stage === "ended" ? undefined : say(progress);
    const begun = await beginning(parts, next, { ...options, timeoutMs }, startedAt, tell);
    return { epoch: next.roster.epoch, digest: next.digest, index, begun };
  };

/** Returns the index that the change is ordered at; null if it was in force. */
async function handIn(
  { change, current }: ReconfigureParts,
  before: SignedRoster,
  next: SignedRoster,
  options: CallOptions,
): Promise<number | null> {
  requireNext(before, next);
  try {
    const { result, index } = await change(changeOf(before, next), options);
    return indexOf(decodeChangeResult(result), index, next);
  } catch (error) {
    // Whoever is not listed any more hears no answer, but sees that the epoch ended with this very change.
    if (error instanceof NotListedError && current()?.digest === next.digest) return null;
    throw error;
  }
}

function indexOf(result: ChangeResult | null, index: number, next: SignedRoster): number | null {
  if (result === null) {
    throw new RefusedError("malformed", "reconfigure: the cluster answered with no result of a change");
  }
  if (result.refusal === null) return index;
  if (result.digest === next.digest) return null;
  throw new RefusedError(
    "change-refused",
    `reconfigure: the cluster refused it: ${REFUSALS[result.refusal](result, next)}`,
  );
}

type Facts = Pick<ChangeResult, "epoch" | "digest">;
type Words = (inForce: Facts, next: SignedRoster) => string;
const given: Words = ({ epoch, digest }, { roster }) =>
  `given one to epoch ${roster.epoch}, wanted one behind epoch ${epoch} with digest ${digest}`;

/** Words for what replicas find wrong with a change. */
const REFUSALS: Readonly<Record<ChangeRefusal, Words>> = {
  epoch: (inForce, next) => `another change came first: ${given(inForce, next)}. Prepare and sign it anew`,
  previous: (inForce, next) => `it follows another roster: ${given(inForce, next)}. Prepare and sign it anew`,
  signature: () => "a signature of an operator does not verify",
  operators: () => "too few of the operators signed it",
  difference: () => "what it makes of the roster in force is not what the operators signed",
  roster: () =>
    "what it leads to is no roster to the replicas; if it names a constant that is new, bring all of them up to date first",
  successor: () => "what it leads to may not follow the roster in force",
  malformed: () => "the replicas cannot read it; bring all of them up to date first",
};

/** Waits until Q replicas of the new roster say that they have begun. */
async function beginning(
  parts: ReconfigureParts,
  next: SignedRoster,
  { signal, timeoutMs }: CallOptions & { readonly timeoutMs: number },
  startedAt: number,
  tell: Tell,
): Promise<readonly string[] | null> {
  const { roster } = next;
  const wanted = quorumOf(roster.replicas.length, roster.constants.profile).quorum;
  const seen = new Set<string>();
  for (let leftMs = timeoutMs;;) {
    const found = await begunOf(parts, next, Math.max(1, Math.min(LOOK_MS, leftMs)), signal);
    if (hasReached(parts, roster)) tell({ stage: "ended", epoch: roster.epoch - 1 });
    if (found === null) return null;
    for (const id of found) seen.add(id);
    const begun = roster.replicas.map(({ id }) => `${id}`).filter((id) => seen.has(id));
    if (begun.length > 0) tell({ stage: "begun", epoch: roster.epoch, begun, wanted });
    if (begun.length >= wanted) return begun;
    leftMs = startedAt + timeoutMs - parts.now();
    if (leftMs <= 0) throw tooFew(begun.length, wanted, roster, timeoutMs);
    // Those that are gone say nothing by themselves. Asked before they crossed they would not be asked again for a while.
    if (!hasReached(parts, roster)) parts.askForLater();
    await pause(Math.min(LOOK_EVERY_MS, leftMs), signal ?? NEVER);
  }
}

const NEVER = new AbortController().signal;

const hasReached = ({ current }: ReconfigureParts, { epoch }: Roster): boolean =>
  (current()?.roster.epoch ?? 0) >= epoch;

/** Returns null once the roster in force does not list this client. */
async function begunOf(
  { status }: ReconfigureParts,
  { roster: { epoch } }: SignedRoster,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<string[] | null> {
  try {
    const lines = await status({ timeoutMs, ...(signal === undefined ? {} : { signal }) });
    // Whoever still fetches the state that the epoch began with serves nobody yet.
    const isIn = (line: ReplicaStatus) =>
      line.reachable && isRecord(line.status) && Number(line.status["epoch"]) >= epoch &&
      line.status["epochProgress"] !== "fetching";
    return lines.filter(isIn).map(({ replica }) => replica);
  } catch (error) {
    if (error instanceof NotListedError) return null;
    throw error;
  }
}

function tooFew(begun: number, wanted: number, { epoch, replicas }: Roster, waitedMs: number): NoQuorumError {
  const progress = { replicas: replicas.length, answered: begun, equal: begun, needed: wanted, waitedMs };
  const why =
    `The change to epoch ${epoch} is ordered and final, but too few of its replicas have begun: start those that are missing, and ask again`;
  return new NoQuorumError("reconfigure", progress, false, why);
}

/** Returns a teller that says each thing once. */
function onChange(tell: ReconfigureOptions["onProgress"]): Tell {
  const said = new Set<string>();
  return (progress) => {
    const text = JSON.stringify(progress);
    if (said.has(text)) return;
    said.add(text);
    tell?.(progress);
  };
}
