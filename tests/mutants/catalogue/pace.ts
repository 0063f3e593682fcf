/** Mutants of what waits, and of the pace expected of leaders (§14.7, §14.8). */
import { type Mutant, patch } from "../mutant.ts";

const ON_LOG = `shown.committed || state.log.entries.some(({ entry }) =>
    entry.requests?.some(({ message }) =>
      message.client === client && message.session === shown.request.message.session &&
      message.seq === shown.request.message.seq))`;

export const PACE: readonly Mutant[] = [
  {
    name: "shown-on-log-counts-as-served",
    kind: "liveness",
    clause: "§14.7",
    what: "a shown request waits no more once it is on the replica's log",
    how:
      "A slow leader shows its entries early to one follower of three: the other two are no quorum without it, and it stays.",
    patches: [patch("lose", `shown.committed`, ON_LOG)],
    scenario: "partial-showers",
  },
  {
    name: "shown-counts-before-passed-on",
    kind: "liveness",
    clause: "§14.7",
    what: "what the pace of passing on keeps back counts against the leader already",
    how: "More clients show than a follower may pass on: each waits there, and an honest leader is found too slow.",
    patches: [
      patch(
        "passOnShown",
        `} else if (!mayPassOn(requests.forwardingShown, now)) return false;`,
        `} else if (!mayPassOn(requests.forwardingShown, now)) {
    shown.since ??= judgedTime(state, now);
    return false;
  }`,
      ),
    ],
    scenario: "framing-crowds",
  },
  {
    name: "floor-of-request-believed",
    kind: "liveness",
    clause: "§14.7",
    what: "a follower holds a request as shown if that says that nothing is below it",
    how:
      "A client shows one far ahead, which waits at the leader for all that it has queued below, and says that nothing is.",
    patches: [
      patch(
        "holdShown",
        `if (!canBeShown(state, message)) return false;`,
        `if (config.constants.paceMs === 0 || message.kind !== "SendRequest") return false;
  if (view.role === "leader" ? !canBeShown(state, message) : message.seq !== message.floor) return false;`,
      ),
    ],
    scenario: "framers",
  },
  {
    name: "urgent-not-first",
    kind: "liveness",
    clause: "§14.7",
    what: "a leader takes what it was shown in its client's usual turn",
    how:
      "A client queues something in many sessions and shows the last in turn: under load that waits for longer than half a pace.",
    patches: [patch("sharesOf", `indebted ? [] : urgentOf(state.requests, client)`, `[]`)],
    scenario: "framers",
  },
  {
    name: "any-commit-forgives",
    kind: "liveness",
    clause: "§14.8",
    what: "whatever is executed forgives everybody what they have lost",
    how: "A leader leaves out one client and orders all the time what its colluder sends.",
    patches: [
      patch(
        "applyEntry",
        `state.pace.executed = true;`,
        `state.pace.executed = true;
      for (const loss of state.pace.losses.values()) loss.lostMs = 0;`,
      ),
    ],
    scenario: "censors",
  },
  {
    name: "loss-carried-to-next-leader",
    kind: "liveness",
    clause: "§14.8",
    what: "what clients lost under one leader, and the due that came of it, is held against the next one",
    how: "A slow leader is deposed, and its honest successor with it at once.",
    patches: [
      patch(
        "expectPace",
        `  pace.due = null;
  for (const loss of pace.losses.values()) loss.lostMs = 0;`,
        ``,
      ),
    ],
    scenario: "slow-leaders",
  },
  {
    name: "pace-never-doubles",
    kind: "liveness",
    clause: "§14.8",
    what: "the pace stays what the roster says, whatever leaders achieve",
    how: "With links too long for that pace leaders change without end.",
    patches: [patch("countTooSlow", `2 * pace.inForceMs`, `pace.inForceMs`)],
    scenario: "long-links",
  },
  {
    name: "one-slow-leader-doubles",
    kind: "liveness",
    clause: "§14.8",
    what: "one leader that is too slow eases the pace for all",
    how: "A slow leader makes it so easy by itself, one office after the other, that it is found too late.",
    patches: [patch("countTooSlow", `leaders >= quorumSizes.weak`, `leaders >= 1`)],
    scenario: "slow-leaders",
  },
  {
    name: "due-forgotten-at-once",
    kind: "liveness",
    clause: "§14.8",
    what: "a due is forgotten with what was lost, as soon as nothing is overdue",
    how:
      "Clocks differ, and a leader lets each request wait for so long that one replica alone has had enough, again and again.",
    patches: [
      patch("lose", `LIMITS.forgivenShare * (passedMs - overdueMs)`, `(passedMs > overdueMs ? lostMs : 0)`),
      patch("holdDue", `judged >= pace.lostAt + LIMITS.dueLapsesPaces * pace.inForceMs`, `judged > pace.lostAt`),
    ],
    scenario: "uneven-clocks",
  },
];
