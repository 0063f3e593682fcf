/** The checkers of one epoch: its chains, certificates, votes and disks have nothing to do with those of another. */
import type { Head } from "../../../../protocol/entry.ts";
import { term } from "../../../../protocol/ids.ts";
import type { RunFacts } from "../../observer.ts";
import { CheckpointChecker } from "../durable/checkpoint_checker.ts";
import { DurableChecker } from "../durable/durable_checker.ts";
import { RecoveryChecker } from "../durable/recovery_checker.ts";
import { AnswerChecker, type AnswerSources } from "../execution/answer_checker.ts";
import type { RequestBook } from "../execution/request_book.ts";
import type { Judge } from "../judge.ts";
import { Roster } from "../roster.ts";
import { OfficeChecker } from "../signed/office_checker.ts";
import { SignedBook } from "../signed/signed_book.ts";
import { SigningChecker } from "../signed/signing_checker.ts";
import { stopSignIn } from "./stop_signs.ts";

/** The books that go on from epoch to epoch. */
export interface SharedBooks extends Pick<AnswerSources, "executions" | "reference" | "committedAt"> {
  readonly judge: Judge;
  readonly requests: RequestBook;
}

export interface EpochParts {
  readonly epoch: number;
  readonly facts: RunFacts;
  readonly roster: Roster;
  readonly book: SignedBook;
  readonly durable: DurableChecker;
  readonly signing: SigningChecker;
  readonly offices: OfficeChecker;
  readonly answers: AnswerChecker;
  readonly checkpoints: CheckpointChecker;
  readonly recoveries: RecoveryChecker;
}

/** Creates the checkers of the epoch of these facts. `genesis` is left out in the first. */
export function createEpochParts(facts: RunFacts, shared: SharedBooks, genesis: Head | null = null): EpochParts {
  const { judge, requests, executions, reference, committedAt } = shared;
  const roster = new Roster(facts);
  const book = new SignedBook(facts.clusterId, roster, genesis);
  const durable = new DurableChecker(
    roster,
    book,
    judge,
    (at, entry) => requests.appended(at, entry),
    (entry) => facts.roster !== null && stopSignIn(facts.roster, entry) !== null,
  );
  const signing = new SigningChecker(roster, book, judge);
  const recoveries = new RecoveryChecker(
    judge,
    roster.f,
    (at) => signing.signedIn(at),
    (index) => book.commits.at(index)?.term ?? term(0),
  );
  return {
    ...{ epoch: facts.roster?.epoch ?? 1, facts, roster, book, durable, signing, recoveries },
    offices: new OfficeChecker(facts, roster, book, judge),
    answers: new AnswerChecker({ facts, roster, judge, requests, executions, reference, committedAt }),
    checkpoints: new CheckpointChecker({ roster, judge, book, reference }),
  };
}
