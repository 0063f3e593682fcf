/** The last-signed guard as every storage must hold it (§4.2, §4.3): each refusal, what stays allowed, and its atomicity. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import type { PersistOperation } from "../../../replica/core/log/durable_state.ts";
import { GuardError, type SigningIntent } from "../../../replica/storage/port.ts";
import type { Open } from "./storage_contract.ts";
import * as fx from "./storage_fixtures.ts";

const LOG = fx.grow(fx.GENESIS, 6, 4);
const at = (index: number) => index === 0 ? fx.GENESIS : fx.endOf(LOG.slice(0, index));
/** Another chain from index 3 on. */
const FORK = fx.grow(at(2), 4, 4, "fork");
const forkAt = (index: number) => fx.endOf(FORK.slice(0, index - 2));

type Commit = readonly [readonly PersistOperation[], readonly SigningIntent[]];
const START: Commit = [[fx.hardState(4), fx.append(LOG)], [fx.acks(4, at(4))]];
/** Moves the log to the fork at index 3, as catch-up may (§8.1). */
const MOVE: PersistOperation[] = [fx.truncate(2), fx.append(FORK)];

interface GuardCase {
  readonly what: string;
  readonly before: readonly Commit[];
  readonly ask: Commit;
  /** Parts of the refusal; null if it must be allowed. */
  readonly refusal: readonly string[] | null;
}

const CASES: readonly GuardCase[] = [
  {
    what: "allows an ack above the last one on its chain",
    before: [START],
    ask: [[], [fx.acks(4, at(6))]],
    refusal: null,
  },
  {
    what: "allows acks below the last one on its chain, and the last one again",
    before: [START],
    ask: [[], [fx.acks(4, at(2), at(0), at(4))]],
    refusal: null,
  },
  {
    what: "refuses an ack of what the log lacks",
    before: [START],
    ask: [[], [fx.acks(4, at(5), forkAt(6))]],
    refusal: [`ack of (6, ${forkAt(6).hash}) in term 4`, `the log holds ${at(6).hash}`],
  },
  {
    what: "refuses an ack above the end of the log",
    before: [START],
    ask: [[], [fx.acks(4, fx.endOf(fx.grow(at(6), 1, 4)))]],
    refusal: ["the log holds nothing at index 7"],
  },
  {
    what: "refuses an ack of a genesis that is not this cluster's",
    before: [START],
    ask: [[], [fx.acks(4, { ...fx.GENESIS, hash: at(1).hash })]],
    refusal: [`the log holds ${fx.GENESIS.hash} at index 0`],
  },
  {
    what: "refuses ⚠ an ack on another chain than the last one's, above it",
    before: [START],
    ask: [MOVE, [fx.acks(4, forkAt(6))]],
    refusal: [
      `acks of (6, ${forkAt(6).hash}) in term 4`,
      `acking (4, ${at(4).hash})`,
      `holds ${forkAt(4).hash} at index 4`,
    ],
  },
  {
    what: "refuses ⚠ an ack on another chain than the last one's, below it",
    before: [START],
    ask: [MOVE, [fx.acks(4, forkAt(3))]],
    refusal: [`acking (4, ${at(4).hash})`],
  },
  {
    what: "refuses ⚠ an ack below the fork while the last one has left the log",
    before: [START, [MOVE, []]],
    ask: [[], [fx.acks(4, at(2))]],
    refusal: [`acking (4, ${at(4).hash})`],
  },
  {
    what: "measures by the highest ack, not by the latest",
    before: [START, [[], [fx.acks(4, at(1))]]],
    ask: [MOVE, [fx.acks(4, at(2))]],
    refusal: [`acking (4, ${at(4).hash})`],
  },
  {
    what: "allows a response that acks nothing after the last ack has left the log (§8.1)",
    before: [START],
    ask: [MOVE, [fx.acks(4)]],
    refusal: null,
  },
  {
    what: "allows another chain in a higher term",
    before: [START],
    ask: [[fx.hardState(5), ...MOVE], [fx.acks(5, forkAt(6))]],
    refusal: null,
  },
  {
    what: "refuses ⚠ an ack of a lower term than the last ack (§4.3)",
    before: [START],
    ask: [[], [fx.acks(3, at(4))]],
    refusal: ["a response of term 3", "the last response signed is of term 4", "nothing below term 4"],
  },
  {
    what: "refuses ⚠ a response that acks nothing in a lower term (§4.3)",
    before: [START],
    ask: [[], [fx.acks(3)]],
    refusal: ["a response of term 3"],
  },
  {
    what: "refuses ⚠ an ack of a lower term than the last vote (§4.3)",
    before: [START, [[fx.hardState(6)], [fx.voting(fx.vote(6, "r2"))]]],
    ask: [[], [fx.acks(4, at(4))]],
    refusal: ["a response of term 4", "the last vote signed is of term 6"],
  },
  {
    what: "refuses ⚠ a vote of a lower term than the last ack (§4.3)",
    before: [START],
    ask: [[], [fx.voting(fx.vote(3, "r2"))]],
    refusal: ["a vote of term 3 for r2", "nothing below term 4"],
  },
  {
    what: "refuses ⚠ a vote of a lower term than the last vote (§4.3)",
    before: [[[fx.hardState(6)], [fx.voting(fx.vote(6, "r2"))]]],
    ask: [[], [fx.voting(fx.vote(5, "r2"))]],
    refusal: ["a vote of term 5", "the last vote signed is of term 6"],
  },
  {
    what: "refuses ⚠ a second vote for another candidate",
    before: [[[fx.hardState(6)], [fx.voting(fx.vote(6, "r2"))]]],
    ask: [[], [fx.voting(fx.vote(6, "r3"))]],
    refusal: ["a vote of term 6 for r3", "already signed is other bytes"],
  },
  {
    what: "refuses ⚠ a second vote on another base",
    before: [START, [[fx.hardState(6)], [fx.voting(fx.vote(6, "r2"))]]],
    ask: [[], [fx.voting(fx.vote(6, "r2", { ...fx.vote(6, "r2").base, ...at(1) }))]],
    refusal: ["on base (0, 1)", "already signed is other bytes"],
  },
  {
    what: "allows the very same vote again",
    before: [[[fx.hardState(6)], [fx.voting(fx.vote(6, "r2"))]]],
    ask: [[], [fx.voting(fx.vote(6, "r2"))]],
    refusal: null,
  },
  {
    what: "allows acks in the term of the last vote, and a vote in the term of the last ack",
    before: [START, [[], [fx.voting(fx.vote(4, "r2"))]]],
    ask: [[], [fx.acks(4, at(5))]],
    refusal: null,
  },
];

/** Registers the guard's tests for one twin; each runs on the open storage and again on a reopened one. */
export function guardContract(name: string, open: Open): void {
  for (const one of CASES) {
    Deno.test(`${name}: guard ${one.what}`, () => runCase(open, one, false));
    Deno.test(`${name}: guard ${one.what}, also after a restart`, () => runCase(open, one, true));
  }
  Deno.test(`${name}: a refusal takes the whole transaction back, and the guard's record with it`, () =>
    atomicity(open));
}

function runCase(open: Open, { before, ask, refusal }: GuardCase, restart: boolean): void {
  using first = open();
  for (const [operations, intents] of before) first.storage.commit(operations, intents);
  using reopened = restart ? first.reopen() : null;
  const { storage } = reopened ?? first;
  if (refusal === null) {
    storage.commit(...ask);
    return;
  }
  const error = assertThrows(() => storage.commit(...ask), GuardError);
  for (const part of refusal) assert(error.message.includes(part), `"${part}" is not in: ${error.message}`);
}

function atomicity(open: Open): void {
  using subject = open();
  subject.storage.commit(...START);
  const allowed = [fx.acks(4, at(6)), fx.acks(7, at(6)), fx.voting(fx.vote(8, "r2"))];
  assertThrows(
    () =>
      subject.storage.commit([fx.hardState(9), fx.commit(4, at(2)), ...MOVE], [
        ...allowed,
        fx.voting(fx.vote(1, "r2")),
      ]),
    GuardError,
  );
  // Nothing of the refused intents was recorded: term 4 may still be signed in, up from its ack at 4.
  subject.storage.commit([], [fx.acks(4, at(5))]);
  using reopened = subject.reopen();
  const { entries, hardState, commitIndex, commitCertificate } = reopened.storage.load();
  assertEquals([entries, hardState.currentTerm, commitIndex as number, commitCertificate], [LOG, 4, 0, null]);
  reopened.storage.commit([], [fx.acks(4, at(6))]);
}
