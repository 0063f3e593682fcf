/** A disk that begins anew in place of one that was lost (§8.4): what it may become, and what must not be signed on it. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { digest, term } from "../../../protocol/ids.ts";
import type { Recovery } from "../../../replica/core/log/durable_state.ts";
import { EMPTY_HARD_STATE, EMPTY_RECOVERED } from "../../../replica/storage/empty.ts";
import { GuardError, StorageError } from "../../../replica/storage/port.ts";
import type { Open } from "./storage_contract.ts";
import * as fx from "./storage_fixtures.ts";

/** Nonce of the recovery that every subject of this suite is in. */
export const NONCE = digest("ab".repeat(32));

const inRecovery = (termNumber: number, bar: number | null, nonce = NONCE) =>
  fx.hardState(termNumber, { recovery: { nonce, bar: bar === null ? null : term(bar) } satisfies Recovery });

/** Registers the suite's tests for one twin; `open` returns a disk on which a recovery has just begun. */
export function recoveryContract(name: string, open: Open): void {
  Deno.test(`${name}: a recovery begins with nothing but its name`, () => {
    using subject = open();
    const fresh = {
      ...EMPTY_RECOVERED,
      hardState: { ...EMPTY_HARD_STATE, recovery: { nonce: NONCE, bar: null } },
    };
    assertEquals(subject.storage.load(), fresh);
    using reopened = subject.reopen();
    assertEquals(reopened.storage.load(), fresh);
  });
  Deno.test(`${name}: a recovery keeps its name, and ends only once its bar is known (§8.4)`, () => {
    using subject = open();
    const { storage } = subject;
    assertThrows(() => storage.commit([fx.hardState(4)], []), StorageError, "whose bar is not known");
    assertThrows(() => storage.commit([inRecovery(4, 7, digest("cd".repeat(32)))], []), StorageError, "instead of");
    storage.commit([inRecovery(4, 9)], []);
    storage.commit([inRecovery(4, 7)], []);
    assertThrows(() => storage.commit([inRecovery(4, null)], []), StorageError, "without a bar, which was 7");
    using reopened = subject.reopen();
    assertEquals(reopened.storage.load().hardState.recovery, { nonce: NONCE, bar: term(7) });
    reopened.storage.commit([fx.hardState(8)], []);
    assertThrows(() => reopened.storage.commit([inRecovery(8, 7)], []), StorageError, "not lost");
    using last = reopened.reopen();
    assertEquals(last.storage.load().hardState, { ...EMPTY_HARD_STATE, currentTerm: term(8) });
  });
  Deno.test(`${name}: guard ⚠ refuses all votes and responses while a recovery is under way (§8.4)`, () => {
    using subject = open();
    const log = fx.grow(fx.GENESIS, 2, 4);
    subject.storage.commit([inRecovery(9, 7), fx.append(log)], []);
    using reopened = subject.reopen();
    for (const { storage } of [subject, reopened].slice(1)) {
      for (const intent of [fx.acks(9, fx.endOf(log)), fx.acks(9), fx.voting(fx.vote(9, "r2"))]) {
        const error = assertThrows(() => storage.commit([], [intent]), GuardError, "does not know yet");
        assert(error.message.includes("term 9"), error.message);
      }
    }
  });
  Deno.test(`${name}: guard ⚠ allows nothing at or below the bar once a recovery has ended (§8.4)`, () => {
    using subject = open();
    subject.storage.commit([inRecovery(8, 7)], []);
    // The end of the recovery and the first signature may share a transaction.
    subject.storage.commit([fx.hardState(8)], [fx.acks(8)]);
    using reopened = subject.reopen();
    const { storage } = reopened;
    for (const intent of [fx.acks(7), fx.voting(fx.vote(7, "r2"))]) {
      assertThrows(() => storage.commit([], [intent]), GuardError);
    }
    storage.commit([], [fx.voting(fx.vote(8, "r2"))]);
  });
  Deno.test(`${name}: guard ⚠ remembers the bar itself, where nothing was signed since`, () => {
    using subject = open();
    subject.storage.commit([inRecovery(7, 7), fx.hardState(7)], []);
    using reopened = subject.reopen();
    for (const intent of [fx.acks(7), fx.acks(5), fx.voting(fx.vote(7, "r2"))]) {
      assertThrows(() => reopened.storage.commit([], [intent]), GuardError, "up to term 7 was lost with its disk");
    }
    reopened.storage.commit([fx.hardState(8)], [fx.voting(fx.vote(8, "r2"))]);
  });
}
