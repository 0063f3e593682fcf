/** The faulty behaviours of a node, applied one after the other; none for an honest one. */
import type { Millis } from "../../../protocol/ids.ts";
import type { QueryAnswer } from "../../../replica/answers/replier.ts";
import type { InputWithoutTime } from "../../../replica/core/input.ts";
import type { ClientReply, Outgoing } from "../../../replica/core/output.ts";
import type { LeaderHint, SimAdversary } from "../actors/actor.ts";

export class NodeAdversaries {
  constructor(readonly all: readonly SimAdversary[] = []) {}

  /** Returns the answer to a fast read whose honest answer is `honest`. */
  reads(honest: QueryAnswer, query: Uint8Array): QueryAnswer {
    return this.all.reduce((answer, { reads }) => reads ? reads(answer, query) : answer, honest);
  }

  /** Returns what clients are told of leader and term. */
  hint(honest: LeaderHint): LeaderHint {
    return this.all.reduce((told, { hints }) => hints ? hints(told) : told, honest);
  }

  /** Returns what is sent in place of `outgoing`. */
  corrupted(outgoing: readonly Outgoing[], now: Millis): readonly Outgoing[] {
    return this.all.reduce((sent, { corrupt }) => corrupt ? corrupt(sent, now) : sent, outgoing);
  }

  /** Returns what is answered in place of a reply. */
  answers(reply: ClientReply): readonly ClientReply[] {
    return this.all.reduce<readonly ClientReply[]>((told, { answers }) => answers ? told.flatMap(answers) : told, [
      reply,
    ]);
  }

  /** Returns whether any of them keeps an input from the core. Each is asked, since they also listen this way. */
  swallows(input: InputWithoutTime): boolean {
    let swallowed = false;
    for (const { swallows } of this.all) swallowed = (swallows?.(input) ?? false) || swallowed;
    return swallowed;
  }
}
