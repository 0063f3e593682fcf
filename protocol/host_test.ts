import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { bindHostFault, hostAndPort, hostKind, peerHostFault } from "./host.ts";

Deno.test("a host is an IPv4 address, an IPv6 address or a name", () => {
  const kinds = {
    ipv4: ["10.0.0.1", "0.0.0.0", "255.255.255.255"],
    ipv6: ["::1", "::", "FE80::1:2", "1:2:3:4:5:6:7:8"],
  };
  for (const host of kinds.ipv4) assertEquals(hostKind(host), "ipv4", host);
  for (const host of kinds.ipv6) assertEquals(hostKind(host), "ipv6", host);
  for (const host of ["localhost", "replica-1.cluster_a.example", "r1", "1a.b", `${"a".repeat(63)}.b`]) {
    assertEquals(hostKind(host), "name", host);
  }
});

Deno.test("what is none of them is refused and told what is wanted", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["999.1.1.1", "four numbers from 0 to 255"],
    ["256.0.0.1", "four numbers"],
    ["127.1", "four numbers"],
    ["10.0.0.01", "four numbers"],
    ["1.2.3.4.5", "four numbers"],
    ["2130706433", "four numbers"],
    ["db.example.", "without a dot at its end"],
    ["[::1]", "without its brackets"],
    ["fe80::1%eth0", "zone"],
    ["1::2::3", "eight groups"],
    ["1:2:3:4:5:6:7", "eight groups"],
    ["1:2:3:4:5:6:7:8::", "eight groups"],
    ["::12345", "eight groups"],
    [":1", "eight groups"],
    ["h:1", "eight groups"],
    ["", "letters, digits"],
    ["a b", "letters, digits"],
    ["h/x", "letters, digits"],
    ["-h", "letters, digits"],
    ["a..b", "letters, digits"],
    ["ä", "letters, digits"],
    ["*", "letters, digits"],
    [`${"a".repeat(64)}.b`, "up to 63"],
    ["a.".repeat(127), "at most 253"],
  ];
  for (const [host, wanted] of cases) {
    assertEquals(hostKind(host), null, host);
    assertStringIncludes(peerHostFault(host) ?? "nothing", wanted, host);
  }
});

Deno.test("an address that nobody can connect to is no peer's", () => {
  const cases = { "0.0.0.0": "all of a machine's own", "::": "all of a machine's own", "224.0.0.1": "multicast" };
  const more = { "255.255.255.255": "broadcast", "ff02::1": "multicast", "fe80::1": "zone" };
  for (const [host, wanted] of Object.entries({ ...cases, ...more })) {
    assertStringIncludes(peerHostFault(host) ?? "nothing", wanted, host);
  }
  for (const host of ["127.0.0.1", "10.0.0.0", "223.255.255.255", "::1", "fd00::2", "r1"]) {
    assertEquals(peerHostFault(host), null, host);
  }
});

Deno.test("a replica listens at addresses, or at all of them", () => {
  for (const host of ["*", "0.0.0.0", "127.0.0.1", "::", "::1"]) assertEquals(bindHostFault(host), null, host);
  for (const host of ["localhost", "eth0", "[::1]", "999.1.1.1", ""]) assert(bindHostFault(host) !== null, host);
});

Deno.test("an IPv6 address has brackets before a port", () => {
  assertEquals([hostAndPort("::1", 7), hostAndPort("r1", 7)], ["[::1]:7", "r1:7"]);
});
