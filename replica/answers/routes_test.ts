import { assert, assertEquals } from "@std/assert";
import { clientId } from "../../protocol/ids.ts";
import { INGRESS_LIMITS } from "../limits/ingress_limits.ts";
import { Routes } from "./routes.ts";

const c1 = clientId("c1");

Deno.test("answers go to every route greeted from, until it has been silent for its life time", () => {
  const routes = new Routes();
  assert(routes.greet(c1, "a", 1, 0));
  assert(routes.greet(c1, "b", 2, 10));
  assertEquals([...routes.of(c1, 20)], ["a", "b"]);
  assert(routes.has(c1, "a", 20) && !routes.has(c1, "z", 20) && !routes.has(clientId("c2"), "a", 20));
  assert(!routes.has(c1, "a", INGRESS_LIMITS.routeLifeMs) && routes.has(c1, "b", INGRESS_LIMITS.routeLifeMs));
  assertEquals([...routes.of(c1, INGRESS_LIMITS.routeLifeMs + 5)], ["b"]);
  assertEquals(routes.connected(INGRESS_LIMITS.routeLifeMs + 10), 0);
});

Deno.test("a greeting heard before registers nothing, wherever it comes from", () => {
  const routes = new Routes();
  assert(routes.greet(c1, "a", 5, 0));
  assert(!routes.greet(c1, "a", 5, 1));
  assert(!routes.greet(c1, "thief", 5, 1));
  assertEquals([...routes.of(c1, 2)], ["a"]);
});

Deno.test("old greetings never push out newer routes, however many are replayed", () => {
  const routes = new Routes();
  assert(routes.greet(c1, "home", 1000, 0));
  for (let time = 1; time <= 20; time++) routes.greet(c1, `thief${time}`, time, time);
  assert([...routes.of(c1, 21)].includes("home"));
  assert(routes.greet(c1, "new home", 1001, 22));
  assertEquals([...routes.of(c1, 23)].length, INGRESS_LIMITS.routesPerClient);
  assert([...routes.of(c1, 23)].includes("home"));
});

Deno.test("a client whose clock went back is answered all the same", () => {
  const routes = new Routes();
  assert(routes.greet(c1, "before", 1_000_000, 0));
  assert(routes.greet(c1, "after", 10, 1));
  assertEquals([...routes.of(c1, 2)], ["before", "after"]);
});
