import { assertThrows } from "@std/assert";
import { ConfigError } from "../../crypto/config_error.ts";
import { backend } from "../../tests/support/backends.ts";
import { EpochChain } from "../../tests/support/epochs/epoch_lab.ts";
import { Trust } from "./trust.ts";

Deno.test("a roster of a later epoch is refused, and not taken for that of the first: nothing signed there could be checked", () => {
  const chain = new EpochChain();
  new Trust(chain.of(1).roster, backend);
  assertThrows(() => new Trust(chain.advance().roster, backend), ConfigError, "given a cluster in epoch 2");
});
