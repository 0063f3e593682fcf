import { assertEquals, assertThrows } from "@std/assert";
import { ConfigError } from "../crypto/config_error.ts";
import { createRoster, type RosterParts } from "../crypto/roster/roster.ts";
import { clientId } from "../protocol/ids.ts";
import { backend } from "../tests/support/backends.ts";
import { newPublicKeys } from "../tests/support/make_roster.ts";
import { makeRoster } from "../tests/support/make_roster.ts";
import { requireKnownRoster } from "./known_roster.ts";

const { roster } = makeRoster();
const changed = (parts: Partial<RosterParts>) => createRoster({ ...roster, ...parts }, backend);
const PREVIOUS = "a".repeat(64);

/** A disk that ran with the roster, and how often it was written to. */
function disk() {
  const meta = new Map<string, string>();
  let writes = 0;
  const storage = {
    getMeta: (name: string) => meta.get(name) ?? null,
    setMeta: (name: string, value: string) => {
      writes++;
      meta.set(name, value);
    },
  };
  requireKnownRoster(storage, roster);
  return { storage, writes: () => writes };
}

Deno.test("the same roster goes on, and costs no write", () => {
  const { storage, writes } = disk();
  requireKnownRoster(storage, roster);
  assertEquals(writes(), 1);
});

Deno.test("a later epoch may have more clients and other addresses, and none before it is taken any more", () => {
  const { storage } = disk();
  const clients = [...roster.clients, { id: clientId("c9"), ...newPublicKeys() }];
  const replicas = roster.replicas.map((line) => ({ ...line, host: "elsewhere" }));
  requireKnownRoster(storage, changed({ epoch: 2, previous: PREVIOUS, clients, replicas }));
  assertThrows(
    () => requireKnownRoster(storage, roster),
    ConfigError,
    "roster: given epoch 1, wanted 2 or later: this replica ran with that one already",
  );
});

Deno.test("two rosters of one epoch, other replicas, keys or constants are refused, and change nothing", () => {
  const { storage, writes } = disk();
  const [r1, ...others] = roster.replicas;
  const later = { epoch: 2, previous: PREVIOUS };
  const cases: readonly (readonly [Partial<RosterParts>, string])[] = [
    [{ clients: roster.clients.slice(1) }, "given another one of epoch 1"],
    [{ ...later, replicas: others }, "given other replicas, keys or constants than this replica ran with in epoch 1"],
    [{ ...later, replicas: [...others, r1!] }, "given other replicas"],
    [{ ...later, replicas: [{ ...r1!, ...newPublicKeys() }, ...others] }, "only clients and addresses can be changed"],
    [{ ...later, constants: { ...roster.constants, logTail: 9 } }, "given other replicas, keys or constants"],
    [{ ...later, operatorKey: newPublicKeys().publicKey }, "given other replicas, keys or constants"],
  ];
  for (const [parts, message] of cases) {
    assertThrows(() => requireKnownRoster(storage, changed(parts)), ConfigError, message);
  }
  assertEquals(writes(), 1);
});
