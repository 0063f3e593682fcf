import { assertThrows } from "@std/assert";
import { ConfigError } from "../crypto/config_error.ts";
import { createRoster, rosterDigest, type RosterParts } from "../crypto/roster/roster.ts";
import { backend } from "../tests/support/backends.ts";
import { makeRoster } from "../tests/support/make_roster.ts";
import { signedBy } from "../tests/support/rosters/sign_rosters.ts";
import { requireKnownRoster } from "./known_roster.ts";

const { roster, keys } = makeRoster();
const signed = (parts: Partial<RosterParts> = {}) =>
  signedBy(createRoster({ ...roster, ...parts }, backend), keys.get("operator")!);
const diskWith = (known: object | null) => ({ getMeta: () => known === null ? null : JSON.stringify(known) });

Deno.test("a disk goes on with the roster it ran with before there were epochs, or that of a time without profiles", () => {
  const { profile: _, ...constants } = roster.constants;
  const earlier = rosterDigest({ ...roster, constants } as typeof roster);
  for (const digest of [signed().digest, earlier]) {
    requireKnownRoster(diskWith({ epoch: 1, digest, fixed: "x" }), signed());
  }
  requireKnownRoster(diskWith(null), signed());
});

Deno.test("another roster of the first epoch is refused", () => {
  const disk = diskWith({ epoch: 1, digest: signed().digest, fixed: "x" });
  for (const parts of [{ clients: [] }, { constants: { ...roster.constants, profile: "crash" } }] as const) {
    assertThrows(() => requireKnownRoster(disk, signed(parts)), ConfigError, "roster: given another one of epoch 1 (");
  }
});

Deno.test("a disk of a later epoch that no end leads to is refused, whatever it is given", () => {
  const disk = diskWith({ epoch: 2, digest: "a".repeat(64), fixed: "x" });
  assertThrows(() => requireKnownRoster(disk, signed()), ConfigError, "to a disk that ran with epoch 2");
});
