/** The last-signed guard over a log that has lost its beginning (§4.2, §8.2, §8.3): it refuses what it can no longer look up. */
import { assert, assertThrows } from "@std/assert";
import { logIndex } from "../../../protocol/ids.ts";
import type { PersistOperation } from "../../../replica/core/log/durable_state.ts";
import { GuardError, type SigningIntent } from "../../../replica/storage/port.ts";
import type { Open } from "./storage_contract.ts";
import * as fx from "./storage_fixtures.ts";

const LOG = fx.grow(fx.GENESIS, 8, 4);
const at = (index: number) => index === 0 ? fx.GENESIS : fx.endOf(LOG.slice(0, index));
/** Another chain from index 5 on. */
const FORK = fx.grow(at(4), 5, 4, "fork");
const forkAt = (index: number) => fx.endOf(FORK.slice(0, index - 4));
const { stateDigest, chunks } = fx.snapshot(fx.chunk("state"));

type Commit = readonly [readonly PersistOperation[], readonly SigningIntent[]];

/** A log of eight entries whose fifth was acked. */
const ACKED: Commit = [[fx.hardState(4), fx.append(LOG), fx.chunks(chunks)], [fx.acks(4, at(5))]];
/** Commits up to `index` on the log with `head` there, and drops all below. */
const compactTo = (index: number, head = at(index)): PersistOperation[] => [
  fx.commit(4, head),
  fx.checkpoint(fx.checkpointProof(4, head, stateDigest)),
  fx.compact(head),
];
/** Moves the log to the fork at index 5, as catch-up may (§8.1). */
const MOVE: PersistOperation[] = [fx.truncate(4), fx.append(FORK)];
/** Continues after a snapshot of `head`. */
const restartAt = (head: { readonly index: number; readonly hash: typeof fx.GENESIS.hash }): PersistOperation[] => {
  const base = { index: logIndex(head.index), hash: head.hash };
  const proof = fx.checkpointProof(4, base, stateDigest);
  return [fx.restart(base), fx.commit(4, base), fx.checkpoint(proof)];
};
const FAR = fx.endOf(fx.grow(at(8), 4, 4));
const FARTHER = fx.grow(FAR, 3, 4);

interface GuardCase {
  readonly what: string;
  readonly before: readonly Commit[];
  readonly ask: Commit;
  /** Parts of the refusal; null if it must be allowed. */
  readonly refusal: readonly string[] | null;
}

const CASES: readonly GuardCase[] = [
  {
    what: "allows acks above a base that the log has passed through the last ack to",
    before: [ACKED, [compactTo(6), []]],
    ask: [[], [fx.acks(4, at(6), at(8))]],
    refusal: null,
  },
  {
    what: "allows the last ack itself again below the base, alone or beside others, since responses repeat it (§5.4)",
    before: [ACKED, [compactTo(7), []], [[], [fx.acks(4, at(5))]]],
    ask: [[], [fx.acks(4, at(5), at(8))]],
    refusal: null,
  },
  {
    what: "allows acks after the base has moved past the last ack more than once",
    before: [ACKED, [compactTo(6), []], [compactTo(7), []]],
    ask: [[], [fx.acks(4, at(8))]],
    refusal: null,
  },
  {
    what: "refuses ⚠ an ack below the base that is not the last one, on the chain or not",
    before: [ACKED, [compactTo(6), []]],
    ask: [[], [fx.acks(4, at(4))]],
    refusal: [`ack of (4, ${at(4).hash})`, "nothing at index 4, which is below its base 6"],
  },
  {
    what: "refuses ⚠ another hash at the index of the last ack below the base",
    before: [ACKED, [compactTo(6), []]],
    ask: [[], [fx.acks(4, { ...at(5), hash: at(3).hash })]],
    refusal: ["below its base 6"],
  },
  {
    what: "refuses ⚠ acks after the base has moved past an ack that was no longer on the log",
    before: [ACKED, [MOVE, []], [compactTo(6, forkAt(6)), []]],
    ask: [[], [fx.acks(4, forkAt(7))]],
    refusal: [`acking (5, ${at(5).hash})`, "below its base 6"],
  },
  {
    what: "refuses ⚠ that very ack again as well",
    before: [ACKED, [MOVE, []], [compactTo(6, forkAt(6)), []]],
    ask: [[], [fx.acks(4, at(5))]],
    refusal: [`acking (5, ${at(5).hash})`],
  },
  {
    what: "refuses ⚠ acks where the log moved away from the last ack and lost its place in one transaction",
    before: [ACKED],
    ask: [[...MOVE, ...compactTo(7, forkAt(7))], [fx.acks(4, forkAt(8))]],
    refusal: [`acking (5, ${at(5).hash})`],
  },
  {
    what: "allows another chain in a higher term all the same",
    before: [ACKED, [MOVE, []], [compactTo(6, forkAt(6)), []]],
    ask: [[fx.hardState(5)], [fx.acks(5, forkAt(8))]],
    refusal: null,
  },
  {
    what: "allows acks behind a snapshot where the last ack was committed before it (§8.3)",
    before: [ACKED, [[fx.commit(4, at(5))], []], [restartAt(FAR), []]],
    ask: [[fx.append(FARTHER)], [fx.acks(4, fx.endOf(FARTHER))]],
    refusal: null,
  },
  {
    what:
      "refuses ⚠ acks behind a snapshot where the last ack was not committed: nobody can tell whether it is on its chain",
    before: [ACKED, [[fx.commit(4, at(4))], []], [restartAt(FAR), []]],
    ask: [[fx.append(FARTHER)], [fx.acks(4, fx.endOf(FARTHER))]],
    refusal: [`acking (5, ${at(5).hash})`, "below its base 12"],
  },
  {
    what: "refuses ⚠ acks behind a snapshot below the last ack until the log passes through it",
    before: [[[...ACKED[0]], [fx.acks(4, at(8))]], [[fx.commit(4, at(4))], []], [
      restartAt({ index: 6, hash: at(1).hash }),
      [],
    ]],
    ask: [[fx.append(fx.grow({ index: logIndex(6), hash: at(1).hash }, 3, 4))], [
      fx.acks(4, { index: logIndex(6), hash: at(1).hash }),
    ]],
    refusal: [`acking (8, ${at(8).hash})`],
  },
  {
    what: "allows a response that acks nothing, whatever the base did",
    before: [ACKED, [MOVE, []], [compactTo(6, forkAt(6)), []]],
    ask: [[], [fx.acks(4)]],
    refusal: null,
  },
  {
    what: "refuses ⚠ an ack of a lower term than before the compaction (§4.3)",
    before: [ACKED, [compactTo(6), []]],
    ask: [[], [fx.acks(3, at(8))]],
    refusal: ["a response of term 3", "nothing below term 4"],
  },
  {
    what: "measures by the base once the last ack is below it, and by the new ack from then on",
    before: [ACKED, [compactTo(6), []], [[], [fx.acks(4, at(8))]]],
    ask: [[fx.truncate(6), fx.append(fx.grow(at(6), 2, 4, "other"))], [fx.acks(4, at(6))]],
    refusal: [`acking (8, ${at(8).hash})`],
  },
];

/** Registers the tests for one twin; each runs on the open storage and again on a reopened one. */
export function baseGuardContract(name: string, open: Open): void {
  for (const one of CASES) {
    Deno.test(`${name}: guard with a base ${one.what}`, () => runCase(open, one, false));
    Deno.test(`${name}: guard with a base ${one.what}, also after a restart`, () => runCase(open, one, true));
  }
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
