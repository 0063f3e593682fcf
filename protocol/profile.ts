/** Profiles (§1.4): how far a cluster trusts its replicas, chosen once in its first roster. */

/**
 * `byzantine`: up to f replicas may lie; everything is signed, and commits take two phases. `crash`: replicas may crash, but none may lie; nothing
 * is signed, connections alone say who speaks, and commits take one phase, as in plain Raft.
 */
export type Profile = "byzantine" | "crash";

/** All profiles, the default first. */
export const PROFILES: readonly Profile[] = ["byzantine", "crash"];

/** Warning shown wherever a cluster of the `crash` profile is started, used or looked at. */
export const CRASH_WARNING =
  "profile crash: one lying replica can forge, lose and reorder everything; nothing is signed, nothing can be proved to others";
