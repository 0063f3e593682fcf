import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { CodedError } from "../tests/support/coded_error.ts";
import { bindSocket, requirePeerHost, tcpAddress, TransportError } from "./endpoint.ts";

const failingWith = (code: string) => ({
  ipv6: false,
  bind: () => Promise.reject(new CodedError("as the system says", code)),
});

Deno.test("tcpAddress takes addresses, names and the wildcard", () => {
  for (const host of ["127.0.0.1", "0.0.0.0", "*", "localhost", "replica-1.cluster_a.example"]) {
    assertEquals(tcpAddress(host, 7000), `tcp://${host}:7000`);
  }
  assertEquals(tcpAddress("::1", 7000), "tcp://[::1]:7000");
});

Deno.test("tcpAddress refuses what ZeroMQ would misread", () => {
  for (const port of [0, -1, 65536, 99999, 1.5, NaN]) {
    assertThrows(() => tcpAddress("127.0.0.1", port), TransportError, `Port ${port}`);
  }
  for (const host of ["", "a b", "[::1]", "999.1.1.1", "h:1", "h/x", "h;tcp", "-h", "h.", "ä", "h".repeat(254)]) {
    assertThrows(() => tcpAddress(host, 7000), TransportError, "Host");
  }
});

Deno.test("a host that nobody can connect to is no peer's, and what is no address of a machine is not listened at", async () => {
  const error = assertThrows(() => requirePeerHost("0.0.0.0"), TransportError);
  assertEquals(
    error.message.startsWith('Host "0.0.0.0" is not usable, want an address that others can connect to'),
    true,
  );
  await assertRejects(() => bindSocket(failingWith("none"), "eth0", 7000, "peers"), TransportError, 'Host "eth0"');
});

Deno.test("an IPv6 address is bound with brackets and with libzmq told of it, another one without", async () => {
  const calls: unknown[] = [];
  const socket = (): Parameters<typeof bindSocket>[0] => ({
    ipv6: false,
    bind(address) {
      calls.push([address, this.ipv6]);
      return Promise.resolve();
    },
  });
  for (const host of ["::1", "127.0.0.1", "*"]) await bindSocket(socket(), host, 7000, "peers");
  assertEquals(calls, [["tcp://[::1]:7000", true], ["tcp://127.0.0.1:7000", false], ["tcp://*:7000", false]]);
});

Deno.test("a failed bind names address, purpose, code and reason", async () => {
  const bind = (code: string) => bindSocket(failingWith(code), "127.0.0.1", 7000, "peers");
  const error = await assertRejects(() => bind("EADDRNOTAVAIL"), TransportError);
  assertEquals(
    error.message,
    "Cannot bind tcp://127.0.0.1:7000 for peers (EADDRNOTAVAIL): the address belongs to no interface of this machine",
  );
  await assertRejects(() => bind("EWEIRD"), TransportError, "(EWEIRD): as the system says");
});

Deno.test("a busy port is asked for again for a while", async () => {
  let attempts = 0;
  const busyTwice = { ipv6: false, bind: () => ++attempts < 3 ? failingWith("EADDRINUSE").bind() : Promise.resolve() };
  await bindSocket(busyTwice, "127.0.0.1", 7000, "peers");
  assertEquals(attempts, 3);
});
