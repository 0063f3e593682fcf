/** A voter and source that makes lagging candidates keep prepared entries aside (§6.5, §6.8), and then brings them back by a snapshot. */
import type { Certificate } from "../../../../protocol/certificate.ts";
import { offset } from "../../../../protocol/ids.ts";
import type { FetchEntries } from "../../../../protocol/message.ts";
import { compareRank } from "../../../../protocol/rank.ts";
import type { Actor, FaultyReplica } from "../actor.ts";
import { createRhythm, honestStates, type Running, runningCandidates, Speaker } from "../support/craft.ts";

/** Interval at which it looks for candidates. */
const LOOK_MS = 10;

/**
 * Refuses every candidate at once with the highest certificate there is, and serves the entries under it even if others have dropped them;
 * its core is honest otherwise, and shows its checkpoint to replicas that then ask for what is committed.
 */
const branchLender: Actor = (faultyReplica) => {
  const speaker = new Speaker(faultyReplica);
  const due = createRhythm(faultyReplica, LOOK_MS);
  return {
    corrupt(outgoing) {
      if (due()) { for (const running of runningCandidates(faultyReplica)) refuse(faultyReplica, speaker, running); }
      return outgoing;
    },
    swallows(input) {
      if (input.kind !== "packet" || input.packet.kind !== "FetchEntries") return false;
      return lend(faultyReplica, speaker, input.packet.signed.message);
    },
  };
};

function refuse(faultyReplica: FaultyReplica, speaker: Speaker, { candidate, term, state }: Running): void {
  const known = honestStates(faultyReplica).map(([, { prepared }]) => prepared).filter(({ kind }) =>
    kind === "prepare"
  );
  const certificate = known.sort((a, b) => compareRank(b, a))[0];
  if (certificate === undefined || compareRank(certificate, state.prepared) <= 0) return;
  const beat = Math.floor(faultyReplica.colluders.now() / 100);
  if (!speaker.first(`refusal ${candidate} ${term} ${certificate.term} ${certificate.index} ${beat}`)) return;
  const signed = { kind: "VoteRefusal", term, candidate, voter: speaker.self } as const;
  speaker.say([candidate], { kind: "VoteRefusal", signed, certificate });
}

/** Serves entries under a certificate shown to a candidate; false if the request is for something else. */
function lend({ colluders }: FaultyReplica, speaker: Speaker, { replica, nonce, from, head }: FetchEntries): boolean {
  const wanted: Certificate | null = colluders.peek(replica)?.catchUp.active?.certificate ?? null;
  const chain = wanted?.hash === head.hash ? colluders.archive.chain(head, offset(from, -1)) : null;
  if (chain === null) return false;
  const signed = { kind: "FetchEntriesResponse", replica: speaker.self, nonce, from } as const;
  const entries = chain.map(({ entry }) => entry);
  speaker.say([replica], { kind: "FetchEntriesResponse", signed, entries, certificate: null, checkpoint: null });
  return true;
}

export const BRANCH_LENDERS: Readonly<Record<string, Actor>> = { "branch-lender": branchLender };
