/** The operator's commands at one replica (§11): obeyed or refused with a reason once, and not answered when they are replayed. */
import { OPERATOR_ID } from "../../crypto/keys/key_file.ts";
import type { SetActive } from "../../protocol/message.ts";
import { INGRESS_LIMITS } from "../limits/ingress_limits.ts";
import { TokenBuckets } from "../limits/token_bucket.ts";
import type { Activation } from "./activation.ts";
import { jsonAnswer, refusal } from "./queries.ts";
import type { Replier } from "./replier.ts";

export interface OperatorParts {
  readonly activation: Activation;
  readonly replier: Pick<Replier, "answer">;
  /** Called when a command was obeyed. */
  readonly onActivation: (active: boolean) => void;
}

export class OperatorHandler {
  readonly #parts: OperatorParts;
  readonly #refusals = new TokenBuckets(INGRESS_LIMITS.refusalsPerSecond, INGRESS_LIMITS.refusalBurst);
  /** The latest commands answered, in order. */
  readonly #answered = new Set<string>();

  constructor(parts: OperatorParts) {
    this.#parts = parts;
  }

  /** Serves a verified command, answering over `route`. Returns the code of why it was refused or left unanswered, or null. */
  serve(command: SetActive, route: string, now: number): string | null {
    const { activation, replier, onActivation } = this.#parts;
    const { replica, active, order, nonce } = command;
    const name = `${replica} ${active} ${order} ${nonce}`;
    if (this.#answered.has(name)) return "replay";
    const refused = activation.obey(command);
    if (refused !== null && !this.#refusals.allows(OPERATOR_ID, now)) return "rate";
    this.#remember(name);
    if (refused === null) {
      replier.answer(route, OPERATOR_ID, nonce, jsonAnswer({ active }));
      onActivation(active);
      return null;
    }
    this.#refusals.take(OPERATOR_ID, now);
    replier.answer(route, OPERATOR_ID, nonce, refusal(refused, { obeyed: activation.order }));
    return "refused";
  }

  #remember(name: string): void {
    this.#answered.add(name);
    for (const oldest of this.#answered) {
      if (this.#answered.size <= INGRESS_LIMITS.commandsRemembered) return;
      this.#answered.delete(oldest);
    }
  }
}
