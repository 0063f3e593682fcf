/** A client's request at a replica (§7.1–§7.3). */
import type { Answer, Request } from "../../../protocol/message.ts";
import { standingOf } from "../../../protocol/snapshot/session_table.ts";
import { type Context, send } from "../context.ts";
import type { RequestInput } from "../input.ts";
import { queuesRequests } from "../offices/requests_meanwhile.ts";
import { holdShown } from "../offices/shown.ts";
import { ACCEPT, ignore, reject, type Verdict } from "../verdict.ts";
import { mayPassOn } from "./forwarding_budget.ts";
import { intervene } from "./interventions.ts";
import { isQueued, poolRequest } from "./request_pool.ts";
import { sessionAnswer } from "./session_answer.ts";
import type { Known } from "./waiting.ts";

/** Answers a settled request from the session table; otherwise the leader queues it, and a follower forwards it. */
export function onRequest(context: Context, { request, intervention, via }: RequestInput): Verdict {
  const { state, ports } = context;
  const { message } = request;
  if (!state.config.clients.has(message.client)) return reject("unknown-client", null);
  const known: Known = { request, digest: ports.hash(request.body) };
  const found = standingOf(state.sessions, message, known.digest, state.appliedIndex);
  // A client may rest on an entry before this replica has applied it; without that nothing can be said, and nothing held (§7.3b).
  if (found.standing === "lagging") return ignore(message.kind === "SendRequest" ? "session-ahead" : "base-ahead");
  if ("answer" in found) {
    answerAgain(context, message, found.answer, via === null);
    return ignore(found.standing);
  }
  const leading = state.view.role === "leader";
  if (!leading && via !== null) return ignore("not-the-leader");
  const queues = queuesRequests(state);
  // A leader gets everything that is new; what it has, or gets from others, was shown (§14.7c).
  const shows = !leading || via !== null || intervention ||
    (message.kind === "SendRequest" && isQueued(state, message));
  if (queues && !poolRequest(state, known)) return ignore("over-quota");
  const isHeld = shows && holdShown(context, known);
  if (!queues && !intervention) return isHeld ? ACCEPT : passOn(context, request);
  if (intervention && via === null && !intervene(context, known)) return ignore("over-quota");
  return ACCEPT;
}

/** §7.2: a restarted replica answers only after it has applied again up to its durable commit index. */
function answerAgain({ state, out }: Context, message: Request, answer: Answer, direct: boolean): void {
  if (!direct || state.appliedIndex < state.replayUntil) return;
  out.replies.push({ client: message.client, answers: [sessionAnswer(message, answer)], again: true });
}

/** Forwards a request to the leader: a client with an outdated idea of the leader is served all the same. */
function passOn(context: Context, request: RequestInput["request"]): Verdict {
  const { view: { leader }, requests } = context.state;
  if (leader === null) return ACCEPT;
  if (!mayPassOn(requests.forwarding, context.now)) return ignore("passed-on-enough");
  send(context, [leader], { kind: "ForwardedRequest", signed: request });
  return ACCEPT;
}
