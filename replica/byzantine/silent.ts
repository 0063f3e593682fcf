/**
 * A replica that receives everything and says nothing: no acks, votes or proposals to its peers, no answers to its clients. Its status can
 * still be queried, so that a drill can see it live.
 */
import type { Adversary, Victim } from "./adversary.ts";
import { ownCopy } from "./lies.ts";

/** Makes the adversary described above. */
export function silent({ config }: Victim): Adversary {
  return {
    corrupt: (outgoing) => outgoing.flatMap((each) => ownCopy(each, config.self)),
    answers: () => [],
  };
}
