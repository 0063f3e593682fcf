/** The number of replicas that may fail. */
import { type Profile, quorumOf } from "../../../protocol/quorum.ts";

/** Returns the size of the smallest cluster that tolerates anything. */
export const leastReplicas = (profile: Profile): number => profile === "crash" ? 3 : 4;

/** Returns how many of `replicas` may be faulty, learners or down for good: f, or in the `crash` profile all but a quorum, none of them a liar. */
export function toleratedBy(replicas: number, profile: Profile): number {
  const { n, f, quorum } = quorumOf(replicas, profile);
  return profile === "crash" ? n - quorum : f;
}
