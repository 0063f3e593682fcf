/** Mutants of log time (§15). */
import { type Mutant, patch } from "../mutant.ts";

export const TIME: readonly Mutant[] = [
  {
    name: "time-by-one-word",
    kind: "safety",
    clause: "§15.2",
    what: "log time is the highest that anybody stated",
    how: "A faulty replica states the far future, and that comes.",
    patches: [patch("clockQuorum", `n - quorum + 1`, `n - n + 1`)],
    scenario: "clock-liars",
  },
  {
    name: "time-by-a-quorum",
    kind: "safety",
    clause: "§15.2",
    what: "a whole quorum has to have stated a time for it to come",
    how: "Replicas that state nothing hold up time, and the state is not the one it has to be.",
    patches: [patch("clockQuorum", `n - quorum + 1`, `quorum`)],
    scenario: "clock-liars",
  },
  {
    name: "statements-go-back",
    kind: "safety",
    clause: "§15.2",
    what: "a statement counts though its replica stated more before",
    how: "A faulty leader orders the oldest statements of all over and over.",
    patches: [patch("applyStatements", `if (clock > statedBy(time, replica)) time`, `time`)],
    scenario: "clock-leaders",
  },
  {
    name: "time-of-its-own",
    kind: "safety",
    clause: "§15.2",
    what: "a replica takes its own clock's reading for log time",
    how: "Clocks run at different speeds: the state differs.",
    patches: [
      patch(
        "applyEntry",
        `applyTime(`,
        `if (statements !== undefined) state.sessions.time.now = Math.floor(state.logClock.reading);
  applyTime(`,
      ),
    ],
    scenario: "clock-rotation",
  },
  {
    name: "clock-runs-free",
    kind: "safety",
    clause: "§15.3",
    what: "a replica's clock is not cut off above log time",
    how:
      "While too few replicas run, time stands still and their clocks run on; then something is executed before time moves, and it moves by all of that.",
    patches: [patch("runClock", `time.now + LIMITS.clockLeadMs`, `Number.MAX_SAFE_INTEGER`)],
    scenario: "clock-stops",
  },
  {
    name: "clock-begins-anew",
    kind: "liveness",
    clause: "§15.3",
    what: "a replica that restarts begins to count at 0, and is not set to log time",
    how: "Replicas restart one after the other, and none of them has come to where time was.",
    patches: [
      patch("createState", `createLogClock(sessions.time.now, now)`, `createLogClock(0, now)`),
      patch("runClock", `Math.max(time.now, Math.min(reading, most))`, `Math.min(reading, most)`),
    ],
    scenario: "clock-rotation",
  },
  {
    name: "statements-unverified",
    kind: "safety",
    clause: "§15.1",
    what: "the signatures of what an entry's statements say are not looked at",
    how: "A faulty leader states the far future in the names of others.",
    patches: [patch("ofEntry", `(statements ?? [])`, `(statements ?? []).slice(0, 0)`)],
    scenario: "clock-leaders",
  },
  {
    name: "time-held-back-in-peace",
    kind: "liveness",
    clause: "§15.4",
    what: "a leader that orders nothing of what others state is suspected by nobody",
    how: "A faulty leader serves every client, and leaves out statements.",
    patches: [
      patch("holdsTimeBack", `logClock.lostMs >= requests.patience`, `logClock.lostMs >= 1e9 * requests.patience`),
    ],
    scenario: "clock-leaders",
  },
  {
    name: "lease-without-lead",
    kind: "safety",
    clause: "§15.6",
    what: "a lease ends once its time has passed in log time, without the lead that clocks may have",
    how: "Log time moves by that lead right behind a grant, once those run again that stood still.",
    patches: [patch("leases:deadlineOf", ` + LIMITS.clockLeadMs`, ``)],
    scenario: "clock-stops",
  },
  {
    name: "renewal-in-vain",
    kind: "safety",
    clause: "§15.6",
    what: "a lease that is renewed ends in the time it would have ended in",
    how: "A client renews a lease, and it ends too early for that.",
    patches: [patch("Leases.renew", `deadlineOf(lease.ttlMs, time)`, `Math.max(lease.deadline, time)`)],
    scenario: "leases",
  },
  {
    name: "restart-at-full-length",
    kind: "safety",
    clause: "§15.7",
    what: "a store that is restored has its leases last for their whole time again",
    how: "A replica restarts from a checkpoint: its leases end later than others', and its state is another.",
    patches: [
      patch(
        "KvStore.restore",
        `new Leases(state.leases)`,
        `new Leases({
      ...state.leases,
      leases: state.leases.leases.map((each) => each.with({ deadline: state.leases.time + each.ttlMs + 2000 })),
    })`,
      ),
    ],
    scenario: "leases",
  },
  {
    name: "leases-end-by-own-clocks",
    kind: "safety",
    clause: "§15.6",
    what: "a replica ends leases when its own clock says so",
    how: "Others have not come as far, or do so at another index.",
    patches: [
      patch(
        "tickTime",
        `  runClock(context);`,
        `  runClock(context);
  const own = Math.floor(state.logClock.reading);
  if (state.appliedIndex > 0) context.ports.machine.onTime?.(own, state.appliedIndex);`,
      ),
    ],
    scenario: "leases",
  },
  {
    name: "statements-cross-epochs",
    kind: "safety",
    clause: "§15.7",
    what: "what was stated in an epoch counts in the next",
    how: "A reading stated above log time before a stop-sign is part of the next epoch's state.",
    patches: [patch("dropUnlisted", `  time.stated.clear();\n`, ``)],
    changes: true,
  },
];
