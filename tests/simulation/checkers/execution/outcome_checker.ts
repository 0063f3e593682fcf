/** Every outcome that an honest replica tells is what the committed chain makes of the request (§7.1). */
import { equalBytes } from "../../../../protocol/bytes/equal_bytes.ts";
import type { Answer, RegisterSession, SendRequest } from "../../../../protocol/message.ts";
import type { RunFacts } from "../../observer.ts";
import { demand } from "../judge.ts";
import type { ExecutedRequest } from "./reference_sessions.ts";
import type { ReferenceState } from "./reference_state.ts";
import type { RequestBook, SignedRequest } from "./request_book.ts";

export interface OutcomeSources {
  readonly facts: RunFacts;
  readonly requests: RequestBook;
  readonly reference: ReferenceState;
}

type Text = () => string;

export class OutcomeChecker {
  readonly #sources: OutcomeSources;
  /** Commands that some client was told were never executed. */
  readonly #unexecuted = new Set<string>();

  constructor(sources: OutcomeSources) {
    this.#sources = sources;
  }

  /** Demands that `answer` is true at the index it names: of the entry, or of what the replica has applied. */
  demandTrue({ message, name }: SignedRequest, answer: Answer, text: Text): void {
    const { reference } = this.#sources;
    demand(reference.reach(answer.index), "I5", () => `${text()}, which is not committed`);
    demand(answer.outcome === "applied" || answer.result.length === 0, "§7.2", () => `${text()}, with a result`);
    if (message.kind === "RegisterSession") this.#ofRegister(message, answer, text);
    else this.#ofCommand(message, name, answer, text);
  }

  /** Checks that nothing told to be unexecuted was ever executed. */
  finish(): void {
    const { sessions } = this.#sources.reference;
    for (const name of this.#unexecuted) {
      const executed = sessions.executionOf(name);
      demand(
        executed === undefined,
        "§7.1",
        () => `${name} was told to be unexecuted, and is executed at ${executed?.index}`,
      );
    }
  }

  #ofRegister({ client }: RegisterSession, { request, outcome, index }: Answer, text: Text): void {
    const { sessions } = this.#sources.reference;
    const opened = sessions.openedBy(request, index);
    if (outcome === "applied") {
      return demand(opened === index, "I6", () => `${text()}, it opened ${opened ?? "nothing"}`);
    }
    demand(outcome === "void", "§7.1", () => `${text()}, which is said of commands`);
    const open = opened !== undefined && sessions.isOpen(client, opened, index);
    demand(!open, "§7.1", () => `${text()}, and its session ${opened} is open`);
  }

  #ofCommand({ client, session, seq, floor }: SendRequest, name: string, answer: Answer, text: Text): void {
    const { facts, requests, reference: { sessions } } = this.#sources;
    const { outcome, index, request } = answer;
    const executed = sessions.executionOf(name);
    // An entry may open or close the session before or behind the request.
    const around = [index - 1, index].map((at) => sessions.isOpen(client, session, at));
    const [open, closed] = [around.includes(true), around.includes(false)];
    const says = (holds: boolean, invariant: string, what: string) =>
      demand(holds, invariant, () => `${text()}: ${what} (executed at ${executed?.index ?? "no index"})`);
    switch (outcome) {
      case "applied":
        says(executed?.index === index && executed.digest === request, "I6", "it was not executed there");
        return demandResult(executed!, answer, text);
      case "conflict":
        return says(executed?.index === index && executed.digest !== request, "I6", "no other command was there");
      case "expired":
        return says(open && requests.floorOf(client, session) > seq, "§7.1", "its client signed no floor above it");
      case "ahead":
        return says(open && seq >= floor + facts.sessionWindow, "§7.1", "it is inside its own window");
      case "unexecuted":
        this.#unexecuted.add(name);
        return says(closed && executed === undefined, "§7.1", "its session is open, or it was executed");
      case "unknown":
        return says(closed, "§7.1", "its session is open");
      case "void":
        return says(false, "§7.1", "this is said of registers");
    }
  }
}

/** Demands that the result is what the state at the request's place gives. */
function demandResult({ mode, result }: ExecutedRequest, answer: Answer, text: Text): void {
  const clause = mode === "query" ? "§7.4" : "§7.2";
  demand(equalBytes(result, answer.result), clause, () => `${text()}: the state there gives ${result.toHex()}`);
}
