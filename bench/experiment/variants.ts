/** The systems of the experiment, and BFT Raft with one thing less each. */
import type { Profile } from "../../protocol/quorum.ts";
import type { Free } from "./free_signatures.ts";

/** A cluster of ours, with or without one thing. */
export interface Variant {
  readonly name: string;
  readonly profile: Profile;
  readonly replicas: number;
  readonly free: Free;
  readonly plaintext: boolean;
  /** True if data directories are in memory, where `fsync` costs nothing. */
  readonly memory: boolean;
}

const PLAIN = { free: "none", plaintext: false, memory: false } as const;
const BYZANTINE: Variant = { ...PLAIN, name: "byzantine, 4", profile: "byzantine", replicas: 4 };

/** Name of etcd among the systems. */
export const ETCD = "etcd, 3";

/** The systems that are compared as wholes, but for etcd. */
export const SYSTEMS: readonly Variant[] = [
  { ...PLAIN, name: "crash, 3", profile: "crash", replicas: 3 },
  BYZANTINE,
];

/** BFT Raft with one feature taken out, or with one more than before: all with four replicas, so that nothing else differs. */
export const FEATURES: readonly Variant[] = [
  { ...BYZANTINE, name: "no CURVE", plaintext: true },
  { ...BYZANTINE, name: "no fsync", memory: true },
  { ...BYZANTINE, name: "no client sig.", free: "clients" },
  { ...BYZANTINE, name: "no signatures", free: "all" },
  { ...BYZANTINE, name: "crash, 4", profile: "crash" },
];

/** Every variant once. */
export const VARIANTS: readonly Variant[] = [...SYSTEMS, ...FEATURES];
/** The variant that features are taken out of. */
export const WHOLE: Variant = BYZANTINE;
