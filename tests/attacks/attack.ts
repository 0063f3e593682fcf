/** An attack: a program that does harm to the replicas of a running cluster for a while. */
import type { Scene } from "./support/scene.ts";

/** Parties by what they have: nothing, the key of client c1, or the key and the addresses of replica r4. */
export const PARTIES = ["outsider", "client", "insider"] as const;
export type Party = typeof PARTIES[number];

export interface Attack {
  /** Its name on the command line and in the table. */
  readonly name: string;
  readonly party: Party;
  /** Describes it, for the table. */
  readonly what: string;
  /** True if it is made on a cluster in clear, where strangers get further. */
  readonly plaintext?: true;
  /** True if it is made on a cluster with fast reads. */
  readonly fastReads?: true;
  /** True if it calls {@linkcode Scene.begin} itself, once it is ready; else its time runs from its start. */
  readonly prepares?: true;
  /** Attacks until {@linkcode Scene.isOver}. What it did is counted with {@linkcode Scene.count}. */
  run(scene: Scene): Promise<void>;
}
