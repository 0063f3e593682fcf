import { assert, assertEquals } from "@std/assert";
import { ALL_SESSIONS, type ClientId, clientId, digest, logIndex } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { INGRESS_LIMITS } from "../limits/ingress_limits.ts";
import { needs, Routes } from "./routes.ts";

const c1 = clientId("c1");
const { routesPerClient, routeStaleMs, routeLifeMs } = INGRESS_LIMITS;

/** Returns the names of the live routes of `c1`. */
const names = (routes: Routes, now: number): string[] => routes.of(c1, now).map(({ route }) => route);

Deno.test("answers go to every route greeted from, until it has been silent for its life time", () => {
  const routes = new Routes();
  routes.greet(c1, "a", ALL_SESSIONS, 0);
  routes.greet(c1, "b", ALL_SESSIONS, 10);
  assertEquals(names(routes, 20), ["a", "b"]);
  assert(routes.has(c1, "a", 20) && !routes.has(c1, "z", 20) && !routes.has(clientId("c2"), "a", 20));
  assert(!routes.has(c1, "a", routeLifeMs) && routes.has(c1, "b", routeLifeMs));
  assertEquals(names(routes, routeLifeMs + 5), ["b"]);
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

Deno.test("the session of a route is that of its latest greeting, and as many routes have a place whatever their sessions", () => {
  const routes = new Routes();
  for (const session of [0, 7, 9, 9]) routes.greet(c1, "a", logIndex(session), session);
  for (let i = 1; i < 2 * routesPerClient; i++) routes.greet(c1, `p${i}`, logIndex(i), 10);
  const known = routes.of(c1, 10);
  assertEquals(known.length, routesPerClient);
  assertEquals(known[0], { route: "a", session: logIndex(9) });
});

Deno.test("who asks is told whatever session its route is for, and the others are not", () => {
  const routes = new Routes();
  for (const [name, session] of [["a", 5], ["b", 6], ["c", 0]] as const) routes.greet(c1, name, logIndex(session), 0);
  for (const name of ["a", "stranger"]) routes.asks(c1, name, 1);
  assertEquals(routes.asking(c1, 1), [{ route: "a", session: ALL_SESSIONS }]);
  routes.asks(c1, "b", 2);
  assertEquals(routes.asking(c1, 2), [{ route: "b", session: ALL_SESSIONS }]);
});

Deno.test("a route needs the answers of its session and those to registers, or all", () => {
  const answer = (session: number | null) => ({
    ...{ request: digest("ab".repeat(32)), outcome: "applied", index: logIndex(1), result: new Uint8Array(0) } as const,
    session: session === null ? null : logIndex(session),
  });
  const needed = (session: number) =>
    [7, 8, null].map((of) => needs({ route: "a", session: logIndex(session) }, answer(of)));
  assertEquals(needed(7), [true, false, true]);
  assertEquals(needed(9), [false, false, true]);
  assertEquals(needed(ALL_SESSIONS), [true, true, true]);
});

Deno.test("every process with one key has its route, and one that begins pushes out none that keeps up its own", () => {
  const routes = new Routes();
  const processes = Array.from({ length: routesPerClient }, (_, i) => `p${i}`);
  for (const now of [0, 1000]) for (const name of processes) routes.greet(c1, name, ALL_SESSIONS, now);
  routes.greet(c1, "late", ALL_SESSIONS, 2000);
  assertEquals(names(routes, 2000).sort(), processes.toSorted());
  for (const name of processes.slice(1)) routes.greet(c1, name, ALL_SESSIONS, routeStaleMs);
  routes.greet(c1, "late", ALL_SESSIONS, 1000 + routeStaleMs);
  assertEquals(names(routes, 1000 + routeStaleMs).sort(), ["late", ...processes.slice(1)].sort());
});

Deno.test("a short run that greets for its session too keeps its place no longer, and one that stays may change its session", () => {
  const routes = new Routes();
  for (const [i, session] of [0, 7, 7, 9].entries()) routes.greet(c1, "stays", logIndex(session), 1000 * i);
  for (let run = 1; run < 200; run++) {
    for (const session of [ALL_SESSIONS, logIndex(run)]) routes.greet(c1, `run${run}`, session, 3000 + run);
    assertEquals(names(routes, 3000 + run).at(-1), `run${run}`);
  }
  assert(routes.has(c1, "stays", 3200));
});

Deno.test("of many short runs the latest have their routes, and those that stay keep theirs", () => {
  const routes = new Routes();
  for (const now of [0, 1000]) routes.greet(c1, "stays", ALL_SESSIONS, now);
  for (let run = 0; run < 200; run++) routes.greet(c1, `run${run}`, ALL_SESSIONS, 1000 + 20 * run);
  const known = names(routes, 5000);
  assertEquals([known.length, known[0]], [routesPerClient, "stays"]);
  assertEquals(
    known.slice(1),
    Array.from({ length: routesPerClient - 1 }, (_, i) => `run${201 - routesPerClient + i}`),
  );
});

Deno.test("what is asked for again goes to the live routes that asked in the latest turn, and to no others", () => {
  const routes = new Routes();
  for (const route of ["a", "b", "c"]) routes.greet(c1, route, ALL_SESSIONS, 0);
  const asking = (client: ClientId, now: number) => routes.asking(client, now).map(({ route }) => route);
  routes.asks(c1, "a", 1);
  assertEquals(asking(c1, 1), ["a"]);
  for (const route of ["b", "c", "stranger"]) routes.asks(c1, route, 2);
  assertEquals([asking(c1, 2), asking(clientId("c2"), 2)], [["b", "c"], []]);
  assertEquals(asking(c1, routeLifeMs), []);
});
