import { assertEquals, assertThrows } from "@std/assert";
import { ConfigError } from "../../crypto/config_error.ts";
import { backend } from "../../tests/support/backends.ts";
import { EpochChain } from "../../tests/support/epochs/epoch_lab.ts";
import { StorageError } from "../storage/port.ts";
import { bytesOf, parseArchived, readArchived, rosterInForce } from "./rosters.ts";

const chain = new EpochChain();
const second = chain.advance();
const third = chain.advance();

Deno.test("a roster is the same after it was archived", () => {
  const { digest, roster, signatures } = parseArchived(bytesOf(second), backend);
  assertEquals([digest, roster, signatures], [second.digest, second.roster, second.signatures]);
});

Deno.test("what is on the disk is in force, whatever file is given", () => {
  const { epochs } = chain.disk(2);
  for (const given of [chain.of(1), second, third]) {
    assertEquals(rosterInForce(epochs, 2, given, backend).digest, second.digest);
  }
  assertEquals(epochs.list(), [1, 2]);
});

Deno.test("another roster of the epoch that the disk is in is refused", () => {
  const twin = new EpochChain();
  Object.assign(twin, { keys: chain.keys, rosters: [chain.of(1)] });
  const other = twin.signedNext((roster) => ({ ...roster, clients: roster.clients.slice(1) }));
  assertThrows(() => rosterInForce(chain.disk(2).epochs, 2, other, backend), ConfigError, "another one of epoch 2");
});

Deno.test("a disk without rosters takes that of its own epoch, and no other", () => {
  const { epochs } = chain.disk(0);
  assertThrows(() => rosterInForce(epochs, 1, second, backend), ConfigError, "wanted that of epoch 1");
  assertEquals(epochs.list(), []);
  assertEquals(rosterInForce(epochs, 1, chain.of(1), backend).digest, chain.of(1).digest);
  assertEquals(epochs.list(), [1]);
});

Deno.test("a disk that lost the roster of its epoch is damaged", () => {
  assertThrows(() => readArchived(chain.disk(1).epochs, 2, backend), StorageError, "no roster of epoch 2");
});

Deno.test("questions for epochs as large as a packet can name find nothing", () => {
  const { epochs } = chain.disk(2);
  for (const epoch of [3, 2 ** 32, 2 ** 40, Number.MAX_SAFE_INTEGER]) assertEquals(epochs.read(epoch), null);
});
