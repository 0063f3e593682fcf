/** A client's request at a replica (§7.1–§7.3). */
import { type Context, send } from "../context.ts";
import type { RequestInput } from "../input.ts";
import { intervene } from "./interventions.ts";
import type { Answer } from "../../../protocol/message.ts";
import type { LogIndex } from "../../../protocol/ids.ts";
import { poolRequest } from "./request_pool.ts";
import { floorOf, statusOf } from "../../../protocol/snapshot/session_table.ts";
import { ACCEPT, ignore, reject, type Verdict } from "../verdict.ts";

/** Answers a settled request from the session table; otherwise the leader queues it, and a follower forwards it. */
export function onRequest(context: Context, { request, intervention, via }: RequestInput): Verdict {
  const { state } = context;
  const { client, seq } = request.message;
  if (!state.config.clients.has(client)) return reject("unknown-client", null);
  const found = statusOf(state.sessions, client, seq);
  if (found.status === "answered") return answerAgain(context, request.message.client, found.answer, via === null);
  if (found.status === "expired") {
    return answerAgain(context, client, expired(context, request.message), via === null);
  }
  if (seq >= request.message.floor + state.config.constants.sessionWindow) return ignore("outside-window");
  const leading = state.view.role === "leader";
  if (!leading && via !== null) return ignore("not-the-leader");
  if (leading && !poolRequest(state, request)) return ignore("below-own-floor");
  if (!leading && !intervention) passOn(context, request);
  if (intervention && via === null && !intervene(context, request)) return ignore("below-own-floor");
  return ACCEPT;
}

/** §7.2: a restarted replica answers only after it has applied again up to its durable commit index. */
function answerAgain(
  { state, out }: Context,
  client: RequestInput["request"]["message"]["client"],
  answer: Answer,
  direct: boolean,
): Verdict {
  if (direct && state.appliedIndex >= state.replayUntil) out.replies.push({ client, answers: [answer] });
  return ignore("settled");
}

/** Returns the answer to a seq below the window, which this replica never orders again; index 0 means that no entry settled it now. */
function expired({ state }: Context, { client, seq }: RequestInput["request"]["message"]): Answer {
  const floor = floorOf(state.sessions, client);
  return { seq, index: 0 as LogIndex, outcome: "expired", result: new Uint8Array(0), floor };
}

/** Forwards a request to the leader: a client with an outdated idea of the leader is served all the same. */
function passOn(context: Context, request: RequestInput["request"]): void {
  const { leader } = context.state.view;
  if (leader !== null) send(context, [leader], { kind: "ForwardedRequest", signed: request });
}
