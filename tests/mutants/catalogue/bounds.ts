/** Mutants of what bounds a log, and of what a leader may put on it (§3.1, §5.2, §5.8). */
import { type Mutant, patch } from "../mutant.ts";
import { ANY_TERM_BEHIND_BASE } from "./second_layers.ts";

export const BOUNDS: readonly Mutant[] = [
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
