import { assertEquals } from "@std/assert";
import { identityOf, routeOf } from "./route.ts";

Deno.test("a route and its identity are two forms of the same bytes", () => {
  for (const bytes of [[0, 1, 2, 255, 16], [114, 49], Array(255).fill(7)]) {
    const identity = Uint8Array.from(bytes);
    assertEquals(identityOf(routeOf(identity)), identity);
  }
});

Deno.test("identityOf refuses everything that is not a route", () => {
  for (const route of ["", "0", "0g", "AB", "00 ", "7231\n", "00".repeat(256)]) assertEquals(identityOf(route), null);
});
