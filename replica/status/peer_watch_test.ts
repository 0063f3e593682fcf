import { assertEquals } from "@std/assert";
import { PeerWatch } from "./peer_watch.ts";

const STEP_MS = 50;

/** A watch of r1 in a cluster of four with election timeouts of 100 ms: silence is 300 ms. */
function lab() {
  const lines: string[] = [];
  const log = {
    log: (_level: string, event: string, fields = {}) => void lines.push(`${event} ${Object.values(fields).join(" ")}`),
  };
  const replicas = ["r1", "r2", "r3", "r4"];
  const watch = new PeerWatch({ self: "r1", replicas, quorum: 3, electionTimeoutMs: 100, log }, 0);
  const clock = { now: 0 };
  /** Lets time pass in which `speaking` are heard and this replica runs. */
  const pass = (ms: number, ...speaking: string[]) => {
    for (const end = clock.now + ms; clock.now < end;) {
      clock.now += STEP_MS;
      for (const peer of speaking) watch.heard(peer, clock.now);
      watch.look(clock.now);
    }
  };
  /** Returns the lines since the last call. */
  const told = () => lines.splice(0);
  return { watch, clock, pass, told };
}

Deno.test("peers that speak are no news", () => {
  const { pass, told } = lab();
  pass(2000, "r2", "r3", "r4");
  assertEquals(told(), []);
});

Deno.test("each silence and each return is told once, with its length, and so are quorums lost and back", () => {
  const { pass, told, watch, clock } = lab();
  pass(500, "r2", "r3", "r4");
  pass(1000, "r2", "r3");
  assertEquals(told(), ["peer-silent r4 300"]);
  assertEquals(watch.hearsQuorum(clock.now), true);
  pass(1000, "r2");
  assertEquals(told(), ["peer-silent r3 300", "quorum-lost r1 r2 3"]);
  assertEquals([watch.hearsQuorum(clock.now), watch.report(clock.now)["r3"]], [false, {
    heardMsAgo: 1000,
    silent: true,
  }]);
  pass(500, "r2", "r4");
  assertEquals(told(), ["peer-back r4 2050", "quorum-back r1 r2 r4 3 750"]);
});

Deno.test("a replica that starts alone says so once it has waited, and claims no quorum before it heard one", () => {
  const { pass, told, watch, clock } = lab();
  pass(250);
  assertEquals([told(), watch.hearsQuorum(clock.now)], [[], false]);
  pass(50);
  assertEquals(told(), ["peer-silent r2 300", "peer-silent r3 300", "peer-silent r4 300", "quorum-lost r1 3"]);
});

Deno.test("a replica that was itself away blames nobody", () => {
  const { pass, told, clock } = lab();
  pass(500, "r2", "r3", "r4");
  clock.now += 60_000;
  pass(100, "r2", "r3", "r4");
  assertEquals(told(), []);
  pass(1000, "r2", "r3");
  assertEquals(told(), ["peer-silent r4 300"]);
});

Deno.test("strangers and the replica itself are nobody", () => {
  const { watch, pass, told } = lab();
  pass(100, "r1", "r9");
  assertEquals(Object.keys(watch.report(100)), ["r2", "r3", "r4"]);
  pass(200, "r1", "r9");
  assertEquals(told().length, 4);
});
