/** Commit certificates of lower points than the latest one: the same reports, with longer links (§5.6). */
import type { CommitCertificate } from "./certificate.ts";
import type { LogIndex } from "./ids.ts";
import { LIMITS } from "./limits.ts";
import { entryAt, hashAt, slice } from "./log.ts";
import type { CoreState } from "./state.ts";

/** Of a link: its term and digest. */
const LINK_BYTES = 8 + 32;

/** Bytes of the links of `certificate`, by far the most of a long one. */
export const bytesOfLinks = (certificate: CommitCertificate | null): number =>
  (certificate?.links.length ?? 0) * LINK_BYTES;

/** The latest commit certificate, lengthened downwards to exactly `index`; null where the log or the links do not reach. */
export function commitCertificateAt({ commitCertificate, log }: CoreState, index: LogIndex): CommitCertificate | null {
  const hash = hashAt(log, index);
  if (commitCertificate === null || commitCertificate.index < index || hash === undefined) return null;
  const below = slice(log, index, commitCertificate.index).map(({ entry: { term }, digest }) => ({ term, digest }));
  const links = [...below, ...commitCertificate.links];
  return links.length <= LIMITS.maxLinks ? { ...commitCertificate, index, hash, links } : null;
}

/**
 * A commit certificate at or above `from` that a replica which holds nothing from there on can reach: it collects a bounded number of
 * entries and bytes before it has one (§8.1). Null where nothing from there on is committed.
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
