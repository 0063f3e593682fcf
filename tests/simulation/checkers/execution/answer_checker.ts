/** Judges the answers of honest replicas, and those that clients accept (§7.1, §7.2, §7.4): they are true, and stay true. */
import { equalBytes } from "../../../../protocol/bytes/equal_bytes.ts";
import type { LogIndex, ReplicaId } from "../../../../protocol/ids.ts";
import type { Answer } from "../../../../protocol/message.ts";
import type { ClientReply } from "../../../../replica/core/output.ts";
import type { RunFacts } from "../../observer.ts";
import type { ChainNode } from "../durable/chain_tree.ts";
import type { ExecutionChecker } from "./execution_checker.ts";
import { demand, type Judge } from "../judge.ts";
import { commandName, type RequestBook, requestKey } from "./request_book.ts";
import { countOf, type Members, type Roster } from "../roster.ts";

/** The other checkers and books that an answer checker consults. */
export interface AnswerSources {
  readonly facts: RunFacts;
  readonly roster: Roster;
  readonly judge: Judge;
  readonly requests: RequestBook;
  readonly executions: ExecutionChecker;
  /** Returns the committed entry at an index. */
  readonly committedAt: (index: number) => ChainNode | undefined;
}

/** One answer, and the honest replicas that gave it. */
interface Given {
  readonly answer: Answer;
  by: Members;
}

export class AnswerChecker {
  readonly #sources: AnswerSources;
  /** Answers that a request was applied. */
  readonly #applied = new Map<string, Given>();
  /** Honest replicas that found the request outside its window, by outcome. */
  readonly #refused = new Map<string, Members>();
  /** Accepted requests, each with the index at which it was applied and the name of its command. */
  readonly #accepted = new Map<string, { readonly index: LogIndex; readonly name: string }>();

  constructor(sources: AnswerSources) {
    this.#sources = sources;
  }

  get accepted(): number {
    return this.#accepted.size;
  }

  /** Judges the answers of honest `at`. */
  replied(at: ReplicaId, { client, answers }: ClientReply): void {
    for (const answer of answers) {
      const key = requestKey(client, answer.seq);
      this.#demandFloor(at, client, key, answer);
      if (answer.outcome === "applied") this.#replyApplied(at, key, answer);
      else {
        const name = `${key} ${answer.outcome}`;
        this.#refused.set(name, (this.#refused.get(name) ?? 0) | this.#sources.roster.only(at));
      }
    }
  }

  /**
   * Judges an answer an honest client accepts: enough honest replicas gave it, and the entry it names is committed and holds the request.
   */
  acceptedBy(client: string, answer: Answer): void {
    const { facts, roster, committedAt } = this.#sources;
    const key = requestKey(client, answer.seq);
    const given = answer.outcome === "applied" ? this.#applied.get(key) : undefined;
    const by = given ? sameAnswer(given.answer, answer) ? given.by : 0 : this.#refused.get(`${key} ${answer.outcome}`);
    const needed = facts.fastReads ? roster.honestQuorum : roster.honestWeak;
    demand(
      countOf(by ?? 0) >= needed,
      "answer",
      () => `${key} was accepted as ${answerText(answer)}, as ${countOf(by ?? 0)} honest replicas said, not ${needed}`,
    );
    if (answer.outcome !== "applied") return;
    const ordered = committedAt(answer.index)?.entry?.requests
      ?.find(({ message }) => message.client === client && message.seq === answer.seq);
    demand(ordered !== undefined, "durable", () => `${key} was accepted and is not committed at ${answer.index}`);
    this.#accepted.set(key, { index: answer.index, name: commandName(client, ordered.message.command) });
  }

  /** Checks that every acknowledged request stays where it was applied. */
  finish(): void {
    const { executions, requests } = this.#sources;
    for (const [key, { index, name }] of this.#accepted) {
      if (!requests.isDistinct(name)) continue; // a read like another of its client: which of them was executed does not show
      const place = executions.placeOf(key);
      demand(place === index, "durable", () => `${key}, accepted at ${index}, was executed at ${place ?? "no index"}`);
      const lacks = executions.lackedBy(key, index);
      demand(lacks === null, "durable", () => `${key} was accepted at ${index}, and ${lacks} has not executed it`);
    }
  }

  /** I6: honest replicas give one answer to one request, and only what was executed is answered as applied. */
  #replyApplied(at: ReplicaId, key: string, answer: Answer): void {
    const { roster, executions } = this.#sources;
    const given = this.#applied.get(key) ?? { answer, by: 0 };
    this.#applied.set(key, given);
    given.by |= roster.only(at);
    demand(
      sameAnswer(given.answer, answer),
      "I6",
      () => `${at} answers ${key} with ${answerText(answer)}, others with ${answerText(given.answer)}`,
    );
    const place = executions.placeOf(key);
    demand(
      place === undefined || place === answer.index,
      "I6",
      () => `${at} answers ${key} as applied at ${answer.index}, it was executed at ${place}`,
    );
  }

  /** §7.1: only the client's own signed floor moves the window. */
  #demandFloor(at: ReplicaId, client: string, key: string, { seq, floor, outcome }: Answer): void {
    const { judge, requests } = this.#sources;
    const signed = requests.floorOf(client);
    const text = () => `${at} answers ${key} as ${outcome} with floor ${floor}`;
    judge.clause(floor <= signed, "§7.1", () => `${text()}, and ${client} signed none above ${signed}`);
    judge.clause(outcome !== "expired" || seq < floor, "§7.1", () => `${text()}, which it is not below`);
  }
}

const answerText = ({ outcome, index, floor, result }: Answer): string =>
  `${outcome} at ${index} (floor ${floor}, result ${result.toHex()})`;

const sameAnswer = (a: Answer, b: Answer): boolean =>
  a.index === b.index && a.outcome === b.outcome && a.floor === b.floor && equalBytes(a.result, b.result);
