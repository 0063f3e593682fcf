/** Reasons for which a replica takes no part in a quorum that has a leader. */
export const TROUBLES = {
  "disk-refuses": "its disk refuses writes",
  deactivated: "deactivated by the operator",
  learner: "a learner: it lost its disk",
  "fetching-state": "fetching the state",
  "hears-no-quorum": "hears no quorum",
  "knows-no-leader": "knows no leader",
} as const;
export type TroubleCode = keyof typeof TROUBLES;
