/**
 * Fetches the entries between a checkpoint and a commit certificate. Only the end of a chain shows whether it leads to the certified hash,
 * so each source is asked for the whole of it: a wrong hash at the end then names the liar.
 */
import { sha256Hex } from "../../crypto/digest.ts";
import type { CommitCertificate } from "../../protocol/certificate.ts";
import type { Entry, Head } from "../../protocol/entry.ts";
import { chainEntry } from "../../protocol/hash_chain.ts";
import { offset, type ReplicaId } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { type EntriesAnswer, entryCodec } from "../../transport/codec/mod.ts";
import { pause } from "../loop/pause.ts";
import type { Gathering } from "./gathering.ts";
import type { Place } from "./scratch.ts";

/** Outcome of asking one source for the chain. */
type Chain = readonly Place[] | "dropped" | "failed";

const RETRY_MS = 100;
/** Bytes of an entry's index, term and length. */
const FRAMING_BYTES = 8 + 8 + 4;
/** Bytes of entries above which an answer has no room for another entry of any size. */
const FULL_BYTES = LIMITS.maxReplyBytes - LIMITS.maxEntryBytes - 256;

/**
 * Returns the places of the entries above `base` up to `certificate`, which the roster has proven. Null if a source has dropped some of
 * them and no other gave them, which means that there is a newer checkpoint. Throws {@linkcode NoSourceError}.
 */
export async function fetchEntries(
  gathering: Gathering,
  base: Head,
  certificate: CommitCertificate,
): Promise<readonly Place[] | null> {
  const { ledger, signal } = gathering;
  while (true) {
    let dropped = false;
    for (const replica of ledger.ready()) {
      const chain = await chainFrom(gathering, replica, base, certificate);
      if (typeof chain === "object") return chain;
      dropped ||= chain === "dropped";
    }
    signal.throwIfAborted();
    if (dropped) return null;
    ledger.assertHope(`the entries from index ${base.index + 1} to ${certificate.index}`);
    await pause(RETRY_MS, signal);
  }
}

async function chainFrom(
  gathering: Gathering,
  replica: ReplicaId,
  base: Head,
  { index: end, hash }: CommitCertificate,
): Promise<Chain> {
  const { sources, ledger, signal, scratch, reached, tell } = gathering;
  const places: Place[] = [];
  let head = base;
  while (head.index < end) {
    const from = offset(head.index, 1);
    const answer = await ledger.ask(replica, signal, (options) => sources.entries(replica, from, options));
    if (answer === null) return "failed";
    const fault = faultOf(answer, from, end);
    if (fault !== null) {
      ledger.exclude(replica, `${replica} ${fault}`);
      return "failed";
    }
    if (answer.entries.length === 0 && answer.base >= from) return "dropped";
    for (const entry of answer.entries.slice(0, end - head.index)) {
      head = { index: entry.index, hash: chainEntry(sha256Hex, head.hash, entry).hash };
      places.push(scratch.put(entryCodec.encode(entry)));
    }
    if (head.index < end && !isFull(answer.entries)) {
      ledger.failed(replica, `${replica} has not committed index ${head.index + 1} yet`);
      return "failed";
    }
    ledger.gave(replica, bytesOf(answer.entries), head.index > reached.index);
    reached.index = Math.max(reached.index, head.index);
    tell("entries", head.index - base.index, end - base.index);
  }
  if (head.hash === hash) return places;
  ledger.exclude(replica, `${replica} gave entries up to index ${end} that are not those a quorum committed`);
  return "failed";
}

/**
 * Describes an answer no honest replica gives: entries other than those asked for, or fewer than it has and can fit. Null if there is no
 * fault.
 */
function faultOf({ entries, base, commitIndex }: EntriesAnswer, from: number, end: number): string | null {
  if (entries.some(({ index }, i) => index !== from + i)) return "gave entries out of order";
  const wanted = Math.min(end, commitIndex) - from + 1;
  if (from <= base || entries.length >= wanted || isFull(entries)) return null;
  return `gave ${entries.length} entries from index ${from} on, and says that it has ${wanted}`;
}

const bytesOf = (entries: readonly Entry[]): number =>
  entries.reduce((sum, { body }) => sum + body.length + FRAMING_BYTES, 0);

/** Returns whether the answer may have no room for another entry. */
const isFull = (entries: readonly Entry[]): boolean =>
  entries.length === LIMITS.maxFetchEntries || bytesOf(entries) > FULL_BYTES;
