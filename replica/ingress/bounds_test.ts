/** The small bounded structures of ingress. */
import { assert, assertEquals } from "@std/assert";
import type { Received } from "../../transport/port.ts";
import { TallyByKind } from "../diagnostics/tally_by_kind.ts";
import { INGRESS_LIMITS } from "../limits/ingress_limits.ts";
import { TokenBuckets } from "../limits/token_bucket.ts";
import { Backlog } from "./backlog.ts";
import { SourceFaults } from "./source_faults.ts";

Deno.test("a token bucket gives its burst, then its rate, and never more than its burst after a pause", () => {
  const buckets = new TokenBuckets(10, 3);
  const takeAll = (now: number) => {
    let taken = 0;
    for (; buckets.allows("c1", now); taken++) buckets.take("c1", now);
    return taken;
  };
  assertEquals([takeAll(0), takeAll(0), takeAll(100), takeAll(350), takeAll(60_000)], [3, 0, 1, 2, 3]);
  assert(buckets.allows("c2", 60_000));
});

Deno.test("many tokens may be owed once, and are earned before there is another", () => {
  const buckets = new TokenBuckets(10, 3);
  buckets.take("c1", 0, 12);
  buckets.take("c1", 0, 12);
  assertEquals([buckets.allows("c1", 999), buckets.allows("c1", 1000)], [false, true]);
});

Deno.test("a bounded number of names is remembered; that used longest ago is full again", () => {
  const buckets = new TokenBuckets(1, 1, 2);
  for (const name of ["a", "b", "a"]) buckets.take(name, 0);
  assertEquals(["a", "b"].map((name) => buckets.allows(name, 0)), [false, false]);
  buckets.take("c", 0);
  assertEquals(["a", "b", "c"].map((name) => buckets.allows(name, 0)), [false, true, false]);
});

Deno.test("a clock that goes back gives no tokens", () => {
  const buckets = new TokenBuckets(10, 1);
  buckets.take("c1", 1000);
  assert(!buckets.allows("c1", 0));
});

Deno.test("faults within the window mute a route; faults spread over time do not", () => {
  const faults = new SourceFaults();
  const { faultsPerWindow, faultWindowMs, muteMs } = INGRESS_LIMITS;
  for (let i = 0; i < 3 * faultsPerWindow; i++) faults.add("slow", i * faultWindowMs);
  assert(faults.mutedFor("slow", 3 * faultsPerWindow * faultWindowMs) === 0);
  for (let i = 0; i < faultsPerWindow; i++) faults.add("quick", i);
  assert(faults.mutedFor("quick", muteMs) > 0);
  assert(faults.mutedFor("quick", muteMs + faultsPerWindow) === 0);
});

Deno.test("the number of routes remembered is bounded; the one at fault longest ago is forgotten", () => {
  const faults = new SourceFaults();
  const last = INGRESS_LIMITS.faultsPerWindow - 1;
  for (let i = 0; i < last; i++) faults.add("first", 0);
  for (let i = 0; i < 2 * INGRESS_LIMITS.maxFaultySources; i++) faults.add(`route-${i}`, 1);
  assertEquals(faults.size, INGRESS_LIMITS.maxFaultySources);
  faults.add("first", 2);
  assert(faults.mutedFor("first", 3) === 0);
});

Deno.test("a tally counts a bounded number of kinds apart and the rest together", () => {
  const tally = new TallyByKind(3);
  for (const kind of ["b", "a", "b", "c", "d", "a"]) tally.add(kind);
  assertEquals(tally.toRecord(), { a: 2, b: 2, other: 2 });
});

Deno.test("a backlog serves peers first, clients their share, goes on where it stopped, and counts what it has no room for", () => {
  const backlog = new Backlog(4);
  const packet = (channel: Received["channel"], route: string): Received => ({ channel, route, frames: [] });
  const peers = ["p1", "p2", "p3", "p4"].map((route) => packet("peer", route));
  const clients = ["c1", "c2"].map((route) => packet("client", route));
  assertEquals(backlog.add([...clients, ...peers, packet("published", "p5")]), 1);
  const served: string[] = [];
  const judge = ({ route }: Received) => served.push(route) > 0;
  // Each packet costs a quarter of the turn: three of peers, then clients, who have a few in any case.
  backlog.drain(() => served.length / 4, judge);
  assertEquals(served, ["p1", "p2", "p3", "c1", "c2"]);
  assert(!backlog.empty);
  backlog.drain(() => 0, judge);
  assertEquals(served, ["p1", "p2", "p3", "c1", "c2", "p4"]);
  assert(backlog.empty);
});
