/** Replicas that pass on what was said in an earlier epoch as if it were said in this one (§13.6). */
import type { Actor } from "../actor.ts";
import { createRhythm } from "../support/craft.ts";

/** Sends genuine packets of earlier epochs under the mark of its own. Their signatures are of another domain. */
const markLiar: Actor = (faultyReplica) => {
  const { colluders, config } = faultyReplica;
  const due = createRhythm(faultyReplica, config.constants.heartbeatMs / 2);
  return {
    corrupt(outgoing) {
      const earlier = due() ? colluders.earlier() : [];
      for (const id of earlier.length > 0 ? colluders.honest : []) {
        colluders.send(config.self, [id], { ...colluders.rng.pick(earlier) });
      }
      return outgoing;
    },
  };
};

export const MARK_LIARS: Readonly<Record<string, Actor>> = { "mark-liar": markLiar };
