/** The contract of every storage, run on each twin: round trips, refusals, atomicity, and equality after a restart. */
import { assertEquals, assertThrows } from "@std/assert";
import { logIndex, replicaId, term } from "../../../protocol/ids.ts";
import type { PersistOperation, Recovered } from "../../../replica/core/log/durable_state.ts";
import { EMPTY_RECOVERED } from "../../../replica/storage/empty.ts";
import { type Storage, StorageError } from "../../../replica/storage/port.ts";
import * as fx from "./storage_fixtures.ts";

/** A storage on a disk of its own. */
export interface Subject extends Disposable {
  readonly storage: Storage;
  /** Closes the storage and opens its disk again. */
  reopen(): Subject;
}

/** Opens a storage on a new empty disk. */
export type Open = () => Subject;

/** Runs `operations` as one commit each on a new disk and returns what a restart finds. */
function recoveredAfter(open: Open, ...commits: PersistOperation[][]): Recovered {
  using subject = open();
  for (const operations of commits) subject.storage.commit(operations, []);
  using reopened = subject.reopen();
  return reopened.storage.load();
}

/** Registers the suite's tests for one twin. */
export function storageContract(name: string, open: Open): void {
  Deno.test(`${name}: a new disk is empty`, () => {
    using subject = open();
    assertEquals(subject.storage.load(), EMPTY_RECOVERED);
    using reopened = subject.reopen();
    assertEquals(reopened.storage.load(), EMPTY_RECOVERED);
  });
  roundTrips(name, open);
  logChanges(name, open);
  refusals(name, open);
  Deno.test(`${name}: meta values are kept apart from the protocol's state`, () => {
    using subject = open();
    assertEquals(subject.storage.getMeta("last-active"), null);
    subject.storage.setMeta("last-active", "17");
    subject.storage.setMeta("last-active", "18");
    assertEquals(subject.storage.getMeta("last-active"), "18");
    using reopened = subject.reopen();
    assertEquals(reopened.storage.getMeta("last-active"), "18");
    assertEquals(reopened.storage.getMeta("disk.cluster"), null);
  });
  Deno.test(`${name}: a closed storage refuses everything but another close`, () => {
    using subject = open();
    subject.storage.close();
    subject.storage.close();
    assertThrows(() => subject.storage.commit([fx.hardState(1)], []), StorageError, "closed");
    assertThrows(() => subject.storage.load(), StorageError, "closed");
    assertThrows(() => subject.storage.setMeta("a", "b"), StorageError, "closed");
  });
}

function roundTrips(name: string, open: Open): void {
  Deno.test(`${name}: hard state is kept whole, the last one written`, () => {
    const log = fx.grow(fx.GENESIS, 2, 7);
    const base = { term: term(3), ...fx.endOf(log) };
    const state = {
      currentTerm: term(7),
      vote: { candidate: replicaId("r3"), base },
      ack: fx.endOf(log),
      noMoreAcks: true,
      preVoted: term(9),
      recovery: null,
    };
    const recovered = recoveredAfter(open, [fx.hardState(2), fx.append(log)], [{ op: "hard-state", state }]);
    assertEquals(recovered, { ...EMPTY_RECOVERED, hardState: state, entries: log });
    assertEquals(recoveredAfter(open, [fx.hardState(2)], [fx.hardState(2)]).hardState, {
      ...EMPTY_RECOVERED.hardState,
      currentTerm: term(2),
    });
  });
  Deno.test(`${name}: entries come back with body, requests and hashes`, () => {
    const first = fx.grow(fx.GENESIS, 3, 1);
    const opening = fx.noOp(fx.endOf(first), 2);
    const rest = fx.grow(fx.headOf(opening), 2, 2);
    const recovered = recoveredAfter(
      open,
      [fx.hardState(2), fx.append(first)],
      [fx.append([opening, ...rest.slice(0, 1)]), fx.append(rest.slice(1))],
    );
    assertEquals(recovered.entries, [...first, opening, ...rest]);
  });
  Deno.test(`${name}: certificates, commit index and evidence come back`, () => {
    const log = fx.grow(fx.GENESIS, 5, 1);
    const third = fx.endOf(log.slice(0, 3));
    const recovered = recoveredAfter(
      open,
      [fx.hardState(1), fx.append(log), fx.prepared(1, third)],
      [fx.prepared(1, fx.endOf(log)), fx.commit(1, third), { op: "evidence", evidence: fx.evidence("r2") }],
      [{ op: "evidence", evidence: fx.evidence("r4") }],
    );
    assertEquals(recovered.prepared, fx.prepareCertificate(1, fx.endOf(log)));
    assertEquals(recovered.commitIndex, logIndex(3));
    assertEquals(recovered.commitCertificate, fx.commitCertificate(1, third));
    assertEquals(recovered.evidence, [fx.evidence("r2"), fx.evidence("r4")]);
  });
}

function logChanges(name: string, open: Open): void {
  Deno.test(`${name}: truncate and overwrite leave exactly the new log (§5.2)`, () => {
    const old = fx.grow(fx.GENESIS, 6, 1, "old");
    const renewed = fx.grow(fx.endOf(old.slice(0, 2)), 3, 2, "new");
    const recovered = recoveredAfter(
      open,
      [fx.hardState(2), fx.append(old)],
      [fx.truncate(4), fx.truncate(2), fx.append(renewed)],
      [fx.truncate(99)],
    );
    assertEquals(recovered.entries, [...old.slice(0, 2), ...renewed]);
  });
  Deno.test(`${name}: prepared entries of a left branch are kept until a higher certificate replaces them (§6.8)`, () => {
    const old = fx.grow(fx.GENESIS, 4, 1, "old");
    const renewed = fx.grow(fx.endOf(old.slice(0, 2)), 3, 2, "new");
    const moved = [
      [fx.hardState(2), fx.append(old), fx.prepared(1, fx.endOf(old))],
      [fx.prepared(1, fx.endOf(old), old.slice(2)), fx.truncate(2), fx.append(renewed)],
    ];
    const recovered = recoveredAfter(open, ...moved);
    assertEquals([recovered.branch, recovered.entries], [old.slice(2), [...old.slice(0, 2), ...renewed]]);
    assertEquals(recoveredAfter(open, ...moved, [fx.prepared(2, fx.endOf(renewed))]).branch, []);
  });
}

/** Operations the core must never ask for (I9, I10, §3.1). Each is refused as a whole, with everything else in the transaction. */
function refusals(name: string, open: Open): void {
  const log = fx.grow(fx.GENESIS, 4, 3);
  const start = [
    fx.hardState(3),
    fx.append(log),
    fx.prepared(3, fx.endOf(log)),
    fx.commit(3, fx.endOf(log.slice(0, 2))),
  ];
  const cases: [string, PersistOperation, string][] = [
    ["a gap in the log", fx.append(fx.grow(fx.endOf(fx.grow(fx.endOf(log), 1, 3)), 1, 3)), "entry 6 behind entry 4"],
    ["an entry again", fx.append(log.slice(3)), "entry 4 behind entry 4"],
    ["an entry of a lower term", fx.append(fx.grow(fx.endOf(log), 1, 2)), "term 2 behind one of term 3"],
    ["a malformed entry", fx.append([{ ...fx.noOp(fx.endOf(log), 3), entry: malformed(5) }]), "well-formed"],
    ["a truncation of committed entries", fx.truncate(1), "below commit index 2"],
    ["a lower commit index (I10)", fx.commit(3, fx.endOf(log.slice(0, 1))), "commit index 1 after 2"],
    ["a commit index beyond the log", fx.commit(3, fx.endOf(fx.grow(fx.endOf(log), 1, 3))), "ends at 4"],
    ["a lower rank (I9)", fx.prepared(2, fx.endOf(log)), "rank (2, 4) after (3, 4)"],
    ["a lower term", fx.hardState(2), "currentTerm 2 after 3"],
  ];
  for (const [what, operation, message] of cases) {
    Deno.test(`${name}: refuses ${what} and changes nothing`, () => {
      using subject = open();
      subject.storage.commit(start, []);
      const beside: PersistOperation = { op: "evidence", evidence: fx.evidence("r2") };
      assertThrows(() => subject.storage.commit([beside, operation], []), StorageError, message);
      subject.storage.commit([fx.append(fx.grow(fx.endOf(log), 1, 3))], []);
      using reopened = subject.reopen();
      const { entries, evidence, commitIndex } = reopened.storage.load();
      assertEquals([entries.length, evidence, commitIndex], [5, [], logIndex(2)]);
    });
  }
}

const malformed = (index: number) => ({
  index: logIndex(index),
  term: term(3),
  body: new Uint8Array([0, 1]),
  requests: null,
});
