/** Mutants that hang: nothing wrong is ever signed, but what should happen does not. */
import { type Mutant, patch } from "../mutant.ts";

export const LIVENESS: readonly Mutant[] = [
  {
    name: "news-lost-as-late",
    kind: "liveness",
    clause: "§5.4",
    what:
      "a response that reports a certificate above the commit index is put off as late, and what is put off is never judged",
    how:
      "Each replica counts acks into a certificate and reports it; nobody hears the reports, and nothing is committed.",
    patches: [
      patch(
        "isLateResponse",
        `  if (prepared.term === term && prepared.index > Math.max(state.commitIndex, record?.report?.index ?? 0)) return false;
`,
        `  if (prepared.index < 0) return false;
`,
      ),
      patch(
        "LateResponses.due",
        `return due.map(([, { response }]) => response);`,
        `return due.slice(due.length).map(([, { response }]) => response);`,
      ),
    ],
  },
  {
    name: "heartbeat-replay-accepted",
    kind: "liveness",
    clause: "§5.1",
    what: "an AppendEntries heard before restarts the election timer like a new one",
    how: "The leader is silent for good and its old heartbeats are replayed to the followers, to whom everything is " +
      "committed: none of them ever suspects by its timer.",
    needs: "a silent leader, its heartbeats replayed for longer than a timeout, no client that intervenes",
    patches: [
      patch(
        "hearRound",
        `  if (round <= view.lastRound) return;
  view.lastRound = round;`,
        `  view.lastRound = Math.max(round, view.lastRound) as typeof round;`,
      ),
    ],
  },
  {
    name: "heartbeats-clear-suspicion",
    kind: "liveness",
    clause: "§6.1",
    what: "a newer heartbeat restarts the election timer although the log holds something uncommitted",
    how: "A leader shows entries to too few for a quorum and heartbeats on: nothing is committed and nobody suspects.",
    needs: "a leader that withholds and goes on with heartbeats, no client that intervenes",
    patches: [
      patch(
        "hearRound",
        `  if (!hasUncommitted(context)) restartElectionTimer(context);`,
        `  hasUncommitted(context);
  restartElectionTimer(context);`,
      ),
    ],
  },
  {
    name: "other-commits-clear-patience",
    kind: "liveness",
    clause: "§6.1",
    what: "any entry applied restarts patience for every request under intervention",
    how: "A leader serves all clients but one, whose request stays pending for ever.",
    needs: "a leader that drops one client's requests, and other clients it serves",
    patches: [
      patch(
        "interventions:settle",
        `  if (served === Infinity) return;
  requests.served = true;`,
        `  if (served < Infinity) requests.served = true;`,
      ),
      patch(
        "interventions:settle",
        `    if (intervention.since < served || intervention.restarts >= LIMITS.maxPatienceRestarts) continue;`,
        `    if (intervention.restarts < -LIMITS.maxPatienceRestarts) continue;
    intervention.expired = false;`,
      ),
    ],
  },
  {
    name: "busy-postpones-every-intervention",
    kind: "liveness",
    clause: "§7.3",
    what: "a client whose leader is busy waits before it intervenes, for the lowest seq of its session too",
    how: "A faulty leader says busy to everybody for ever, heartbeats on, and nobody hears of it.",
    needs: "a leader that is busy for ever",
    scenario: "busy-leaders",
    patches: [
      patch("overload:turnAway", `waitMs, isBehindAnother(session, request), now`, `waitMs, true, now`),
    ],
  },
  {
    name: "starved-time-counts",
    kind: "liveness",
    clause: "§14.9",
    what: "a replica that did not get to run counts that time against its leader",
    how:
      "The machine is suspended for a minute: when it goes on everybody suspects at once, and there is an election under a good leader.",
    scenario: "starved",
    patches: [patch("takeLateness", `  clock.starvedMs += leftOut;`, `  clock.starvedMs += Math.min(leftOut, 0);`)],
  },
  {
    name: "no-leader-self-suspicion",
    kind: "liveness",
    clause: "§6.1",
    what: "a leader never suspects itself",
    how:
      "Terms t, t, t + 1 with a silent Byzantine replica: the leader of t has too few followers to commit, and without " +
      "its PreVote nobody has a quorum for another term.",
    patches: [
      patch(
        "suspicionReason",
        `  if (judgedTime(state, now) >= election.deadline) return view.leader`,
        `  if (view.role === "leader") return null;
  if (judgedTime(state, now) >= election.deadline) return view.leader`,
      ),
    ],
  },
  {
    name: "pre-votes-of-the-exact-term",
    kind: "liveness",
    clause: "§6.3",
    what: "a PreVote supports only the very term it names",
    how:
      "Honest replicas are left in terms x + 1, x, x with a silent Byzantine one: their PreVotes never name the same " +
      "term three times.",
    patches: [
      patch(
        "noteCertificate",
        `  const term = kthHighest([...election.support.values()].map((p) => p.message.term), quorumSizes.quorum);`,
        `  const terms = [...election.support.values()].map((p) => p.message.term);
  const term = kthHighest(terms.filter((t) => terms.filter((other) => other === t).length >= quorumSizes.quorum), 1);`,
      ),
      patch(
        "tickCandidacy",
        `.filter(({ message }) => message.term >= held.term)`,
        `.filter(({ message }) => message.term === held.term)`,
      ),
      patch(
        "plausiblePreVotes",
        `    preVotes.every(({ message }) => message.term >= term);`,
        `    preVotes.every(({ message }) => message.term === term);`,
      ),
    ],
  },
  {
    name: "no-turns",
    kind: "liveness",
    clause: "§6.10",
    what: "candidates campaign and voters answer at once, whoever's turn it is",
    how:
      "With one replica silent every vote of the others counts, and all of them vote for themselves at the same moment; " +
      "or a Byzantine one is always first and then stalls.",
    patches: [
      patch(
        "turnAt",
        `  return begin + k * (election.timeout / (2 * quorumSizes.n));`,
        `  return begin + 0 * k * (election.timeout / (2 * quorumSizes.n));`,
      ),
    ],
  },
  {
    name: "no-repeat-of-responses",
    kind: "liveness",
    clause: "§5.7",
    what: "a response is published once and never again",
    how:
      "The last reports of a quorum are lost on their way to A, then all is quiet: A never learns that its entries are " +
      "committed, while nobody else has a reason to say anything.",
    needs: "loss until the traffic ends, then a demand that all honest replicas commit the same",
    patches: [
      patch("wantsRepeat", `  if (hard.currentTerm === 0) return false;`, `  if (hard.currentTerm >= 0) return false;`),
      patch("answerRepetition", `  if (unheard && now >=`, `  if (!unheard && unheard && now >=`),
    ],
  },
  {
    name: "response-without-head-after-restart",
    kind: "liveness",
    clause: "§5.4",
    what: "a restarted replica's responses leave out the head it acked before, until it acks a newer one",
    how:
      "A quorum restarts between acking e and hearing each other: nobody repeats the acks of e, which stays uncommitted in " +
      "its term for as long as its leader proposes nothing more.",
    patches: [
      patch(
        "listAcks",
        `  return [...heads, hard.ack];`,
        `  return hard.ack === publication.restored ? heads : [...heads, hard.ack];`,
      ),
      patch(
        "createState",
        `      listed: hard.ack?.index ?? logIndex(0),`,
        `      restored: recovered.hardState.ack,
      listed: hard.ack?.index ?? logIndex(0),`,
      ),
    ],
  },
  {
    name: "refusal-ends-a-candidacy",
    kind: "liveness",
    clause: "§6.5",
    what: "a candidate gives up on the first refusal, whatever certificate comes with it",
    how: "A Byzantine voter refuses every honest candidate at once, before the votes of the others arrive.",
    patches: [
      patch(
        "screenRefusal",
        `  if (!outranks(certificate, state.prepared)) return ignore("not-higher");`,
        `  if (certificate.term < 0 && !outranks(certificate, state.prepared)) return ignore("not-higher");`,
      ),
      patch(
        "onVoteRefusal",
        `  if (!concernsCandidacy(state, signed.message)) return ignore("no-candidacy");`,
        `  if (!concernsCandidacy(state, signed.message)) return ignore("no-candidacy");
  state.election.candidacy = null;`,
      ),
    ],
  },
];
