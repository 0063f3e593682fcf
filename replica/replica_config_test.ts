import { assertEquals, assertThrows } from "@std/assert";
import { ConfigError } from "../crypto/config_error.ts";
import { makeRoster } from "../tests/support/make_roster.ts";
import { bindAddresses, coreConfigOf, ownLine } from "./replica_config.ts";

Deno.test("the core gets the roster's replicas in order, its clients and constants", () => {
  const { roster, keys } = makeRoster({ constants: { heartbeatMs: 77 } });
  const config = coreConfigOf(roster, ownLine(roster, keys.get("r3")!), 5);
  assertEquals([config.self, config.replicas, [...config.clients]], ["r3", ["r1", "r2", "r3", "r4"], ["c1", "c2"]]);
  assertEquals([config.constants.heartbeatMs, config.seed, config.clusterId], [77, 5, roster.cluster]);
});

Deno.test("seeds differ, so that replicas do not time out together", () => {
  const { roster } = makeRoster();
  const seeds = Array.from({ length: 8 }, () => coreConfigOf(roster, roster.replicas[0]!).seed);
  assertEquals(new Set(seeds).size, 8);
});

Deno.test("a key that is no replica's of this roster is refused", () => {
  const { roster, keys } = makeRoster();
  const other = makeRoster();
  assertThrows(() => ownLine(roster, keys.get("c1")!), ConfigError, "given a client's, wanted a replica's");
  assertThrows(() => ownLine(roster, keys.get("operator")!), ConfigError, "given the operator's, wanted a replica's");
  assertThrows(() => ownLine(roster, other.keys.get("r1")!), ConfigError, "operator");
});

Deno.test("a replica listens on its own address, on all IPv4 ones where it has a name, or where it is told to", () => {
  const { roster } = makeRoster();
  const [first] = roster.replicas;
  const host = (changed: string, bind: string | null) => bindAddresses({ ...first!, host: changed }, bind).host;
  assertEquals([host("10.0.0.7", null), host("::1", null), host("node-1", null), host("10.0.0.7", "0.0.0.0")], [
    "10.0.0.7",
    "::1",
    "*",
    "0.0.0.0",
  ]);
});
