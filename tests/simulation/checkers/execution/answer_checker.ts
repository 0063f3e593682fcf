/** Judges the answers of honest replicas, and those that clients accept (§7.1, §7.2, §7.4): they are true, and stay true. */
import { sha256Hex } from "../../../../crypto/digest.ts";
import { equalBytes } from "../../../../protocol/bytes/equal_bytes.ts";
import type { Digest, LogIndex, ReplicaId } from "../../../../protocol/ids.ts";
import type { Answer } from "../../../../protocol/message.ts";
import type { ClientReply } from "../../../../replica/core/output.ts";
import type { RunFacts } from "../../observer.ts";
import type { ChainNode } from "../durable/chain_tree.ts";
import { demand, type Judge } from "../judge.ts";
import { countOf, type Members, type Roster } from "../roster.ts";
import type { ExecutionChecker } from "./execution_checker.ts";
import { OutcomeChecker } from "./outcome_checker.ts";
import type { ReferenceState } from "./reference_state.ts";
import type { RequestBook, SignedRequest } from "./request_book.ts";

/** The other checkers and books that an answer checker consults. */
export interface AnswerSources {
  readonly facts: RunFacts;
  readonly roster: Roster;
  readonly judge: Judge;
  readonly requests: RequestBook;
  readonly executions: ExecutionChecker;
  readonly reference: ReferenceState;
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
  readonly #outcomes: OutcomeChecker;
  /** Answers that name an entry, by request and outcome. */
  readonly #settled = new Map<string, Given>();
  /** Honest replicas that told another outcome, by request and outcome. */
  readonly #told = new Map<string, Members>();
  /** Accepted commands, each with where it was applied. */
  readonly #accepted = new Map<string, LogIndex>();

  constructor(sources: AnswerSources) {
    this.#sources = sources;
    this.#outcomes = new OutcomeChecker(sources);
  }

  get accepted(): number {
    return this.#accepted.size;
  }

  /** Judges the answers of honest `at`. */
  replied(at: ReplicaId, { client, answers }: ClientReply): void {
    for (const answer of answers) {
      const request = this.#requestOf(answer.request);
      const text = () => `${at} answers ${request.name} with ${answerText(answer)}`;
      demand(request.message.client === client, "answer", () => `${text()}, to ${client}, who never signed it`);
      const wanted = request.message.kind === "SendRequest" ? request.message.session : null;
      demand(answer.session === wanted, "answer", () => `${text()}, as of session ${answer.session}, not ${wanted}`);
      const name = `${answer.request} ${answer.outcome}`;
      if (namesEntry(answer)) this.#demandSame(at, name, answer, text);
      this.#outcomes.demandTrue(request, answer, text);
      if (!namesEntry(answer)) this.#told.set(name, (this.#told.get(name) ?? 0) | this.#sources.roster.only(at));
    }
  }

  /**
   * Judges an answer an honest client accepts: enough honest replicas gave it, and the entry it names is committed and holds the request.
   */
  acceptedBy(client: string, answer: Answer): void {
    const { facts, roster, committedAt } = this.#sources;
    const request = this.#requestOf(answer.request);
    const name = `${answer.request} ${answer.outcome}`;
    const given = this.#settled.get(name);
    const by = !namesEntry(answer)
      ? this.#told.get(name) ?? 0
      : given && sameAnswer(given.answer, answer)
      ? given.by
      : 0;
    const needed = facts.fastReads ? roster.honestQuorum : roster.honestWeak;
    demand(
      countOf(by) >= needed,
      "answer",
      () =>
        `${request.name} was accepted as ${answerText(answer)}, as ${countOf(by)} honest replicas said, not ${needed}`,
    );
    if (answer.outcome !== "applied") return;
    demand(request.message.client === client, "answer", () => `${client} takes the answer to ${request.name}`);
    const held = committedAt(answer.index)?.entry?.requests?.some(({ body }) => sha256Hex(body) === answer.request);
    demand(held === true, "durable", () => `${request.name} was accepted and is not committed at ${answer.index}`);
    if (request.message.kind === "SendRequest") this.#accepted.set(request.name, answer.index);
  }

  /** Judges a fast read that an honest client takes: any two sets that answered a read or a write have to share an honest replica (§7.4). */
  readBy(client: string, by: readonly ReplicaId[]): void {
    const { roster } = this.#sources;
    const honest = countOf(by.reduce((members, replica) => members | roster.only(replica), 0));
    const needed = roster.honestQuorum;
    demand(honest >= needed, "answer", () => `${client} reads what ${honest} honest replicas said, not ${needed}`);
  }

  /** Checks that every acknowledged request stays where it was applied. */
  finish(): void {
    const { executions } = this.#sources;
    for (const [name, index] of this.#accepted) {
      const place = executions.placeOf(name);
      demand(place === index, "durable", () => `${name}, accepted at ${index}, was executed at ${place ?? "no index"}`);
      const lacks = executions.lackedBy(name, index);
      demand(lacks === null, "durable", () => `${name} was accepted at ${index}, and ${lacks} has not executed it`);
    }
    this.#outcomes.finish();
  }

  #requestOf(digest: Digest): SignedRequest {
    const found = this.#sources.requests.byDigest(digest);
    demand(found !== undefined, "answer", () => `an answer names ${digest.slice(0, 8)}, which no client signed`);
    return found;
  }

  /** I6: honest replicas name one entry, and one result, for one request. */
  #demandSame(at: ReplicaId, name: string, answer: Answer, text: () => string): void {
    const given = this.#settled.get(name) ?? { answer, by: 0 };
    this.#settled.set(name, given);
    given.by |= this.#sources.roster.only(at);
    demand(sameAnswer(given.answer, answer), "I6", () => `${text()}, others with ${answerText(given.answer)}`);
  }
}

const namesEntry = ({ outcome }: Answer): boolean => outcome === "applied" || outcome === "conflict";

const answerText = ({ outcome, index, result }: Answer): string => `${outcome} at ${index} (result ${result.toHex()})`;

const sameAnswer = (a: Answer, b: Answer): boolean => a.index === b.index && equalBytes(a.result, b.result);
