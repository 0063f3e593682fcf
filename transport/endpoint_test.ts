import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { bindSocket, isIpv4, tcpAddress, TransportError } from "./endpoint.ts";
import { CodedError } from "../tests/support/coded_error.ts";

const failingWith = (code: string) => ({
  bind: () => Promise.reject(new CodedError("as the system says", code)),
});

Deno.test("tcpAddress takes addresses, names and the wildcard", () => {
  for (const host of ["127.0.0.1", "0.0.0.0", "*", "localhost", "replica-1.cluster_a.example"]) {
    assertEquals(tcpAddress(host, 7000), `tcp://${host}:7000`);
  }
});

Deno.test("tcpAddress refuses what ZeroMQ would misread", () => {
  for (const port of [0, -1, 65536, 99999, 1.5, NaN]) {
    assertThrows(() => tcpAddress("127.0.0.1", port), TransportError, `Port ${port}`);
  }
  for (const host of ["", "a b", "::1", "h:1", "h/x", "h;tcp", "-h", "h.", "ä", "h".repeat(254)]) {
    assertThrows(() => tcpAddress(host, 7000), TransportError, "Host");
  }
});

Deno.test("isIpv4 tells addresses from names", () => {
  assertEquals(["10.0.0.1", "255.255.255.255"].map(isIpv4), [true, true]);
  assertEquals(["256.0.0.1", "1.2.3", "1.2.3.4.5", "a.b.c.d", "localhost", ""].filter(isIpv4), []);
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
  const busyTwice = { bind: () => ++attempts < 3 ? failingWith("EADDRINUSE").bind() : Promise.resolve() };
  await bindSocket(busyTwice, "127.0.0.1", 7000, "peers");
  assertEquals(attempts, 3);
});
