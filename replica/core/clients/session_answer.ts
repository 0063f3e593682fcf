/** Answers with the session they are about, so that the shell knows whom to tell (§7.2). */
import type { Answer, Request } from "../../../protocol/message.ts";
import type { SessionAnswer } from "../output.ts";

/** Returns `answer`, which settles `request`, with the request's session. */
export const sessionAnswer = (request: Request, answer: Answer): SessionAnswer => ({
  ...answer,
  session: request.kind === "SendRequest" ? request.session : null,
});
