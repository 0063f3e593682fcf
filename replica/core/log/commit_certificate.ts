/** Commit certificates of lower points than the latest one: the same reports, with longer links (§5.6). */
import type { CommitCertificate } from "../../../protocol/certificate.ts";
import { type LogIndex, logIndex } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import type { CoreState } from "../state.ts";
import { entryAt, hashAt, slice } from "./log.ts";

/** Bytes of a link: its term and digest. */
const LINK_BYTES = 8 + 32;

/** Returns the bytes of the links of `certificate`, by far the largest part of a long one. */
export const bytesOfLinks = (certificate: CommitCertificate | null): number =>
  (certificate?.links.length ?? 0) * LINK_BYTES;

/** Returns a commit certificate extended downwards to exactly `index`; null if the log or the links do not reach. */
export function commitCertificateAt(state: CoreState, index: LogIndex): CommitCertificate | null {
  const { commitCertificate, checkpoints, log } = state;
  const above = checkpoints.commits.get(index) ?? commitCertificate;
  const hash = hashAt(log, index);
  if (above === null || above.index < index || hash === undefined) return null;
  const below = slice(log, index, above.index).map(({ entry: { term }, digest }) => ({ term, digest }));
  const links = [...below, ...above.links];
  return links.length <= LIMITS.maxLinks ? { ...above, index, hash, links } : null;
}

/**
 * Keeps `certificate`, under which the commit index has risen from `before`, for the checkpoints passed: by the time their snapshots are
 * written, the latest certificate may be too far above them for its links. What a snapshot has leapt over is on no log, and written by nobody here.
 */
export function keepForCheckpoints(
  { checkpoints, config, log }: CoreState,
  before: LogIndex,
  certificate: CommitCertificate,
): void {
  const { checkpointEvery } = config.constants;
  const from = Math.max(before, log.base.index);
  const first = from - from % checkpointEvery + checkpointEvery;
  for (let index = first; index <= certificate.index; index += checkpointEvery) {
    checkpoints.commits.set(logIndex(index), certificate);
  }
}

/**
 * Returns a commit certificate at or above `from` that a replica without any entry from there on can reach: it collects a bounded number of
 * entries and bytes before it has one (§8.1). Null if nothing from there on is committed.
 */
export function reachableCertificate(state: CoreState, from: LogIndex): CommitCertificate | null {
  const { commitCertificate, log } = state;
  if (commitCertificate === null || commitCertificate.index < from) return null;
  let [index, bytes] = [from, entryAt(log, from)?.entry.body.length ?? 0];
  while (index < commitCertificate.index && index - from < LIMITS.maxFetchEntries / 2) {
    bytes += entryAt(log, (index + 1) as LogIndex)?.entry.body.length ?? 0;
    if (bytes > LIMITS.maxFetchBytes / 2) break;
    index++;
  }
  return index === commitCertificate.index ? commitCertificate : commitCertificateAt(state, index) ?? commitCertificate;
}
