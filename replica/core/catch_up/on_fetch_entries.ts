/** Serving a peer that catches up (§8.1), from any chain this replica holds. */
import type { ChainedEntry, Head } from "../../../protocol/entry.ts";
import { type LogIndex, offset } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import type { FetchEntries } from "../../../protocol/message.ts";
import { type Context, send } from "../context.ts";
import { bytesOfLinks, reachableCertificate } from "../log/commit_certificate.ts";
import { contains, lastIndex, slice } from "../log/log.ts";
import { hasBudget, spend } from "../replication/pace.ts";
import type { CoreState } from "../state.ts";
import { ACCEPT, ignore, type Verdict } from "../verdict.ts";

/** Answers with entries of the chain through `head`, and the commit certificate if it lies on that chain. */
export function onFetchEntries(context: Context, request: FetchEntries): Verdict {
  const { state, now } = context;
  const { replica, nonce, from, head, maxBytes } = request;
  if (!hasBudget(state.catchUp.served, replica, now)) return ignore("asked-too-often");
  if (from === 0) return ignore("chain-not-held");
  if (needsSnapshot(state, from)) return showCheckpoint(context, request);
  const chain = chainThrough(state, offset(from, -1), head);
  if (chain === null) return ignore("chain-not-held");
  const entries = fitting(chain, Math.min(maxBytes, LIMITS.maxAppendBytes)).map(({ entry }) => entry);
  const certificate = reachableCertificate(state, from);
  const bytes = entries.reduce((sum, { body }) => sum + body.length, 0) + bytesOfLinks(certificate);
  spend(state.catchUp.served, replica, bytes);
  send(context, [replica], {
    kind: "FetchEntriesResponse",
    signed: { kind: "FetchEntriesResponse", replica: state.config.self, nonce, from },
    entries,
    certificate,
    checkpoint: null,
  });
  return ACCEPT;
}

/** §8.3: entries from `from` on have been dropped here, or more of them are committed than the asker takes before it has a certificate. */
function needsSnapshot({ log, commitIndex, checkpoints: { stableProof } }: CoreState, from: LogIndex): boolean {
  if (stableProof === null || from > stableProof.stable.index) return false;
  return from <= log.base.index || commitIndex - from >= LIMITS.maxFetchEntries / 2;
}

function showCheckpoint(context: Context, { replica, nonce, from }: FetchEntries): Verdict {
  const { state } = context;
  const { stableProof } = state.checkpoints;
  spend(state.catchUp.served, replica, bytesOfLinks(stableProof?.commit ?? null));
  send(context, [replica], {
    kind: "FetchEntriesResponse",
    signed: { kind: "FetchEntriesResponse", replica: state.config.self, nonce, from },
    entries: [],
    certificate: null,
    checkpoint: stableProof,
  });
  return ACCEPT;
}

/** Returns the entries after `after` of the chain that passes through `head`, or null if this replica does not hold it. */
function chainThrough({ log, branch }: CoreState, after: LogIndex, head: Head): ChainedEntry[] | null {
  const last = Math.min(lastIndex(log), after + LIMITS.maxAppendEntries) as LogIndex;
  if (contains(log, head)) return after >= log.base.index ? slice(log, after, last) : null;
  const at = branch.findIndex(({ entry, hash }) => entry.index === head.index && hash === head.hash);
  if (at < 0) return null;
  const below = slice(log, after, offset(branch[0]!.entry.index, -1));
  return [...below, ...branch.slice(0, at + 1).filter(({ entry }) => entry.index > after)];
}

function fitting(chain: readonly ChainedEntry[], maxBytes: number): ChainedEntry[] {
  let bytes = 0;
  const most = chain.slice(0, LIMITS.maxAppendEntries);
  const cut = most.findIndex(({ entry }, i) => (bytes += entry.body.length) > maxBytes && i > 0);
  return cut < 0 ? [...most] : most.slice(0, cut);
}
