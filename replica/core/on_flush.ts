/** The end of a batch of inputs: packets leave. */
import { noteService } from "./clients/service.ts";
import type { Context } from "./context.ts";
import { stopsProposing, tickHandOver } from "./offices/hand_over.ts";
import { release } from "./outbox.ts";
import { publishResponse, wantsRepeat } from "./replication/acks.ts";
import { proposeRequests, replicate } from "./replication/replication.ts";
import { ACCEPT, type Verdict } from "./verdict.ts";

export function onFlush(context: Context): Verdict {
  const { state, now } = context;
  if (state.leadership) {
    tickHandOver(context, state.leadership);
    if (!stopsProposing(state.leadership)) proposeRequests(context, state.leadership);
    replicate(context, state.leadership);
    noteService(state, now);
  }
  const repeat = now >= state.publication.repeatAt && wantsRepeat(state);
  if (state.publication.due || repeat) publishResponse(context);
  release(context);
  return ACCEPT;
}
