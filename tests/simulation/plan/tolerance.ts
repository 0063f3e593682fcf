/** How many replicas may fail, and whether as liars. */
import type { Profile } from "../../../protocol/profile.ts";
import { quorumOf } from "../../../protocol/quorum.ts";

/** Returns how many of `replicas` may be faulty, learners or down for good: f, or in the `crash` profile all but a quorum, none of them a liar. */
export function toleratedBy(replicas: number, profile: Profile): number {
  const { n, f, quorum } = quorumOf(replicas, profile);
  return profile === "crash" ? n - quorum : f;
}
