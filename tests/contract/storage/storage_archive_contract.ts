/** The archive of epochs (§13.8): rosters and ends are kept for ever, ahead of the log or behind it. */
import { assertEquals, assertThrows } from "@std/assert";
import { StorageError } from "../../../replica/storage/port.ts";
import type { Open } from "./storage_contract.ts";
import * as fx from "./storage_fixtures.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const [ROSTER, OTHER, END] = ["roster", "the same, signed by more", "end"].map(bytesOf) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
];

/** Registers the suite's tests for one twin. */
export function archiveContract(name: string, open: Open): void {
  Deno.test(`${name}: an archive is empty at first, and is not emptied by any epoch`, () => {
    using subject = open();
    const { epochs } = subject.storage;
    assertEquals([epochs.newest(), epochs.list(), epochs.read(1)], [null, [], null]);
    epochs.put(1, ROSTER, null);
    epochs.put(3, ROSTER, END);
    const { stateDigest, chunks } = fx.snapshot(fx.chunk("state"));
    const genesis = fx.genesisAfter({ ...fx.GENESIS, index: 7 as never }, stateDigest);
    subject.storage.commit([fx.chunks(chunks), fx.beginEpoch(genesis, true)], []);
    using reopened = subject.reopen();
    const again = reopened.storage.epochs;
    assertEquals([again.newest(), again.list()], [3, [1, 3]]);
    assertEquals([again.read(1), again.read(2)], [{ roster: ROSTER, end: null }, null]);
    assertEquals(again.read(3), { roster: ROSTER, end: END });
    again.put(12, ROSTER, null);
    again.put(2, ROSTER, null);
    assertEquals([again.newest(), again.list()], [12, [1, 2, 3, 12]]);
  });
  Deno.test(`${name}: of an epoch in the archive anything may be replaced, but its end is never lost`, () => {
    using subject = open();
    const { epochs } = subject.storage;
    epochs.put(2, ROSTER, null);
    epochs.put(2, OTHER, null);
    epochs.put(2, OTHER, END);
    assertThrows(() => epochs.put(2, ROSTER, null), StorageError, "epoch 2 without its end");
    for (const epoch of [0, 1.5, -1, NaN]) {
      assertThrows(() => epochs.put(epoch, ROSTER, END), StorageError, `write epoch ${epoch}`);
    }
    epochs.put(2, ROSTER, OTHER);
    using reopened = subject.reopen();
    assertEquals(reopened.storage.epochs.read(2), { roster: ROSTER, end: OTHER });
    assertEquals(reopened.storage.epochs.list(), [2]);
  });
  Deno.test(`${name}: an archive keeps what it was given, whatever becomes of those bytes; a closed one refuses`, () => {
    using subject = open();
    const { epochs } = subject.storage;
    const given = ROSTER.slice();
    epochs.put(1, given, given);
    given.fill(0);
    assertEquals(epochs.read(1), { roster: ROSTER, end: ROSTER });
    subject.storage.close();
    for (
      const use of [() => epochs.put(2, ROSTER, null), () => epochs.read(1), () => epochs.newest(), () => epochs.list()]
    ) {
      assertThrows(use, StorageError, "closed");
    }
  });
}
