/** A faulty replica that changes its behaviour now and then. */
import type { Millis } from "../../../protocol/ids.ts";
import type { Actor } from "./actor.ts";

/** Returns an actor that runs `actors` in turn, each for `turnMs` of virtual time; the others only listen meanwhile. */
export function inTurn(actors: readonly Actor[], turnMs: Millis): Actor {
  return (faultyReplica) => {
    const all = actors.map((actor) => actor(faultyReplica));
    const active = () => all[Math.floor(faultyReplica.colluders.now() / turnMs) % all.length]!;
    return {
      corrupt: (outgoing, now) => active().corrupt?.(outgoing, now) ?? outgoing,
      swallows(input) {
        const now = active();
        let swallowed = false;
        for (const each of all) {
          const wants = each.swallows?.(input) ?? false;
          if (each === now) swallowed = wants;
        }
        return swallowed;
      },
      answers: (reply) => active().answers?.(reply) ?? [reply],
      hints: (honest) => active().hints?.(honest) ?? honest,
      reads: (honest, query) => active().reads?.(honest, query) ?? honest,
    };
  };
}
