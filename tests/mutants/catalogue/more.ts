/** Mutants beyond those the simulation was asked for: rules that every earlier design was found to break somewhere. */
import { type Mutant, type Patch, patch } from "../mutant.ts";
import { ANY_TERM_BEHIND_BASE } from "./second_layers.ts";

/** Packets leave before the transaction that they rest on is committed. */
export const PERSIST_LAST: readonly Patch[] = [
  patch(
    "persistAndSend",
    `  if (operations.length > 0 || intents.length > 0) ports.storage.commit(operations, intents, sendAhead);
  else sendAhead();
`,
    `  sendAhead();
`,
  ),
  patch(
    "persistAndSend",
    `  return own;
`,
    `  if (operations.length > 0 || intents.length > 0) ports.storage.commit(operations, intents);
  return own;
`,
  ),
];

export const MORE: readonly Mutant[] = [
  {
    name: "signing-before-persisting",
    kind: "safety",
    clause: "§4.1",
    what: "packets leave before the transaction they rest on is committed",
    how: "A crash between send and persist takes back an ack, a vote or an entry that others have already seen.",
    patches: PERSIST_LAST,
  },
  {
    name: "ack-ahead-of-the-disk",
    kind: "safety",
    clause: "§5.1",
    what: "acks leave with the leader's headers, while what they promise to keep is on its way to the disk",
    how:
      "A crash takes the entry or the certificate, and with it what others rely on: too few are left that know of a committed entry.",
    patches: [
      patch(
        "leavesAhead",
        `packet.kind === "AppendEntries" && packet.signed.term <= hard.currentTerm`,
        `(packet.kind === "AppendEntries" || packet.kind === "AppendEntriesResponse") && packet.signed.term <= hard.currentTerm`,
      ),
    ],
  },
  {
    name: "reply-before-durable",
    kind: "safety",
    clause: "§7.2",
    what: "committed entries are applied and answered before the new commit index is durable",
    how:
      "A replica answers a client, crashes before its transaction, and restarts with a lower commit index than it answered from.",
    patches: [
      patch(
        "createEffects",
        `      batch = persistAndSend(`,
        `      if (state.appliedIndex < state.commitIndex) {
        ports.reply(take({ kind: "apply", limit: APPLY_LIMIT }, now).replies);
      }
      batch = persistAndSend(`,
      ),
    ],
  },
  {
    name: "answers-before-replay",
    kind: "safety",
    clause: "§7.2",
    what: "a restarted replica answers, fast reads too, while it is still applying its log again, an entry at a time",
    how:
      "The whole cluster restarts; a fast read is answered by a quorum that has applied the same first part of the log.",
    needs: "fast reads, several replicas restarting at once",
    patches: [
      patch("answerAgain", `state.appliedIndex < state.replayUntil)`, `state.appliedIndex < 0)`),
      patch(
        "applyEntry",
        `    if (index <= state.replayUntil) continue;`,
        `    if (index < 0) continue;`,
      ),
      patch("queries:fastRead", `  if (state.appliedIndex < state.replayUntil)`, `  if (state.appliedIndex < 0)`),
      patch("APPLY_LIMIT", `const APPLY_LIMIT = 512;`, `const APPLY_LIMIT = 1;`),
    ],
  },
  {
    name: "votes-of-two-terms-accuse",
    kind: "safety",
    clause: "§9.1",
    what: "votes of one replica for different candidates are taken for a contradiction although their terms differ",
    how: "An honest replica votes for B, later for C in a higher term; a candidate that saw both accuses it.",
    patches: [
      patch(
        "watchVotes",
        `  if (known && known.message.term === term) {`,
        `  if (known) {`,
      ),
      patch(
        "twoVotes",
        `  if (a.voter !== culprit || b.voter !== culprit || a.term !== b.term) return false;`,
        `  if (a.voter !== culprit || b.voter !== culprit) return false;`,
      ),
    ],
  },
  {
    name: "commit-index-of-the-leader-believed",
    kind: "safety",
    clause: "§5.6",
    what: "a follower commits what its leader says is committed",
    how: "A Byzantine leader names a commitIndex above what a quorum reported, with other entries to each follower.",
    patches: [
      patch(
        "onAppendEntries",
        `  confirm(context, end);
`,
        `  confirm(context, end);
  const { log, commitIndex, view: { base } } = context.state;
  const index = Math.min(header.commitIndex, end) as LogIndex;
  if (base !== null && containsBase(context.state) && index > commitIndex) {
    const claimed = { term: header.term, index, hash: headAt(log, index).hash };
    advanceCommit(context, { kind: "commit", ...claimed, links: [], responses: [] });
  }
`,
        ["advanceCommit"],
      ),
    ],
  },
  {
    name: "repeated-votes-counted",
    kind: "safety",
    clause: "§2.4",
    what: "an election proof may hold one replica's vote several times",
    how: "A Byzantine candidate shows its own vote Q times and leads a term that nobody elected it for.",
    patches: [
      patch(
        "plausibleProof",
        `  if (!first || !isQuorum(members, votes.map((v) => v.message.voter))) return false;`,
        `  if (!first || votes.length < members.quorumSizes.quorum) return false;
  if (!votes.every(({ message }) => members.config.replicas.includes(message.voter))) return false;`,
      ),
    ],
  },
  {
    name: "forged-votes-believed",
    kind: "safety",
    clause: "§6.7",
    what: "the signatures of the votes in an election proof are not checked",
    how: "A Byzantine replica writes the votes of others itself and leads a term that nobody elected it for.",
    patches: [
      patch(
        "ofProof",
        `  ...proof.votes.map((v) => replica(v.message.voter, v)),
`,
        ``,
      ),
    ],
  },
  {
    name: "no-window",
    kind: "liveness",
    clause: "§5.2",
    what: "a follower appends and acks whatever its leader shows it, however far above the commit index",
    how:
      "A leader pours a chain without end over one follower, or over all of them and then falls silent; logs and disks fill, and acks further up than " +
      "anybody counts them certify nothing.",
    needs: "a leader that shows far more than is committed",
    patches: [
      patch(
        "windowEnd",
        `commitIndex + LIMITS.maxUncommittedEntries, base`,
        `commitIndex + LIMITS.maxInteger / 2, base`,
      ),
    ],
  },
  {
    name: "tail-kept-by-a-new-leader",
    kind: "liveness",
    clause: "§5.8",
    what: "a new leader keeps what lies behind its base on its log, and proposes behind that",
    how:
      "Its followers refuse entries of another term than its own, and suspect it; so they do with the next one, which has a tail as well.",
    patches: [patch("dropTail", `  truncate(context, after);`, `  truncate(context, lastIndex(state.log));`)],
  },
  {
    name: "any-term-behind-the-base",
    kind: "safety",
    clause: "§3.1",
    what: "a follower takes entries of any term behind its leader's base, if only their terms do not fall",
    how:
      "A faulty leader orders everything in terms of old: who waits for an entry of a term above its bar (§8.4) waits for as long as it leads.",
    needs: "a faulty leader that labels its entries with old terms",
    patches: [ANY_TERM_BEHIND_BASE],
  },
];
