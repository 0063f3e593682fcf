/** Mutants of leaders that hand over (§14). */
import { type Mutant, patch } from "../mutant.ts";

export const LEADERS: readonly Mutant[] = [
  {
    name: "hand-over-signed-undrained",
    kind: "liveness",
    clause: "§14.2",
    what: "a leader signs its HandOver while entries of its own are not committed",
    how:
      "The successor lacks them, its candidacy is refused by who has them, and the cluster is without a leader for a timeout.",
    patches: [
      patch(
        "tickHandOver",
        `const successor = lastIndex(state.log) === state.commitIndex ? successorOf(state) : null;`,
        `const successor = state.config.replicas.find((id) => id !== state.config.self) ?? null;`,
      ),
    ],
  },
  {
    name: "hand-over-to-itself",
    kind: "liveness",
    clause: "§14.2",
    what: "a leader that hands over names itself",
    how: "Nobody else is first in turn, and who is about to stop does not stand: a timeout without a leader each time.",
    patches: [
      patch(
        "successorOf",
        `return [...replicas.slice(own + 1), ...replicas.slice(0, own)].find(`,
        `return [...replicas.slice(own), ...replicas.slice(0, own)].find(`,
      ),
    ],
  },
  {
    name: "hand-over-signed-anew",
    kind: "liveness",
    clause: "§14.2",
    what: "a leader that is not succeeded in time signs another HandOver in the same term",
    how:
      "Two successors are named by the same leader, some count turns from one and some from the other, and votes split.",
    patches: [
      patch(
        "tickHandOver",
        `  if (leadership.handing?.signed) return tickSigned(context, leadership, leadership.handing);`,
        `  if (leadership.handing?.signed && now < leadership.handing.signed.at + electionTimeoutMs / 4) {
    return tickSigned(context, leadership, leadership.handing);
  }
  if (leadership.handing?.signed) leadership.handing = null;`,
      ),
      patch(
        "successorOf",
        `].find((id) =>`,
        `].toSorted((a, b) => (state.log.entries.length % 2 === 0 ? 1 : -1) * (a < b ? 1 : -1)).find((id) =>`,
      ),
    ],
  },
];
