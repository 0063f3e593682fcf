import { assert, assertEquals } from "@std/assert";
import { clientId } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { INGRESS_LIMITS } from "../limits/ingress_limits.ts";
import { Routes } from "./routes.ts";

const c1 = clientId("c1");
const { routesPerClient, routeStaleMs, routeLifeMs } = INGRESS_LIMITS;

Deno.test("answers go to every route greeted from, until it has been silent for its life time", () => {
  const routes = new Routes();
  routes.greet(c1, "a", 0);
  routes.greet(c1, "b", 10);
  assertEquals([...routes.of(c1, 20)], ["a", "b"]);
  assert(routes.has(c1, "a", 20) && !routes.has(c1, "z", 20) && !routes.has(clientId("c2"), "a", 20));
  assert(!routes.has(c1, "a", routeLifeMs) && routes.has(c1, "b", routeLifeMs));
  assertEquals([...routes.of(c1, routeLifeMs + 5)], ["b"]);
  assertEquals(routes.connected(routeLifeMs + 10), 0);
});

Deno.test("a recorded greeting is worth nothing on another route, for another client, or in another run", () => {
  const routes = new Routes();
  const challenge = routes.challenge(c1, "home");
  assertEquals(challenge.length, LIMITS.nonceBytes);
  assert(routes.isFor(c1, "home", challenge));
  assert(!routes.isFor(c1, "thief", challenge) && !routes.isFor(clientId("c"), "1home", challenge));
  assert(!routes.isFor(clientId("c2"), "home", challenge));
  assert(!routes.isFor(c1, "home", new Uint8Array(LIMITS.nonceBytes)));
  assert(!new Routes().isFor(c1, "home", challenge));
});

Deno.test("every process with one key has its route, and one that begins pushes out none that keeps up its own", () => {
  const routes = new Routes();
  const processes = Array.from({ length: routesPerClient }, (_, i) => `p${i}`);
  for (const now of [0, 1000]) for (const name of processes) routes.greet(c1, name, now);
  routes.greet(c1, "late", 2000);
  assertEquals([...routes.of(c1, 2000)].sort(), processes.toSorted());
  for (const name of processes.slice(1)) routes.greet(c1, name, routeStaleMs);
  routes.greet(c1, "late", 1000 + routeStaleMs);
  assertEquals([...routes.of(c1, 1000 + routeStaleMs)].sort(), ["late", ...processes.slice(1)].sort());
});

Deno.test("of many short runs the latest have their routes, and those that stay keep theirs", () => {
  const routes = new Routes();
  for (const now of [0, 1000]) routes.greet(c1, "stays", now);
  for (let run = 0; run < 200; run++) routes.greet(c1, `run${run}`, 1000 + 20 * run);
  const known = [...routes.of(c1, 5000)];
  assertEquals([known.length, known[0]], [routesPerClient, "stays"]);
  assertEquals(
    known.slice(1),
    Array.from({ length: routesPerClient - 1 }, (_, i) => `run${201 - routesPerClient + i}`),
  );
});

Deno.test("what is asked for again goes to the live routes that asked in the latest turn, and to no others", () => {
  const routes = new Routes();
  for (const route of ["a", "b", "c"]) routes.greet(c1, route, 0);
  routes.asks(c1, "a", 1);
  assertEquals(routes.asking(c1, 1), ["a"]);
  for (const route of ["b", "c", "stranger"]) routes.asks(c1, route, 2);
  assertEquals([routes.asking(c1, 2), routes.asking(clientId("c2"), 2)], [["b", "c"], []]);
  assertEquals(routes.asking(c1, routeLifeMs), []);
});
