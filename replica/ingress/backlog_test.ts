import { assertEquals } from "@std/assert";
import type { Received } from "../../transport/port.ts";
import { Backlog } from "./backlog.ts";

function packets(channel: Received["channel"], route: string, count: number): Received[] {
  return Array.from({ length: count }, () => ({ channel, route, frames: [] }));
}

/** The senders judged, in order, if a turn's work is `most` packets. */
function judged(backlog: Backlog, most: number): string[] {
  const routes: string[] = [];
  backlog.drain(() => routes.length / most, ({ route }) => routes.push(route) > 0);
  return routes;
}

Deno.test("connections of one owner have one turn together", () => {
  const backlog = new Backlog(1000);
  const owned = (owner: string, route: string): Received => ({ channel: "client", route, owner, frames: [] });
  backlog.add(Array.from({ length: 60 }, (_, i) => owned("c1", `route${i}`)));
  backlog.add([owned("c2", "a"), owned("c2", "a")]);
  const owners: string[] = [];
  backlog.drain(() => owners.length / 20, ({ owner }) => owners.push(owner!) > 0);
  assertEquals(owners.slice(0, 4).filter((owner) => owner === "c2").length, 2);
});

Deno.test("peers come first, clients keep a quarter of the turn, and the rest waits", () => {
  const backlog = new Backlog(1000);
  assertEquals(backlog.add([...packets("client", "c", 60), ...packets("peer", "p", 160)]), 0);
  assertEquals(judged(backlog, 200), [..."p".repeat(150) + "c".repeat(50)]);
  assertEquals(judged(backlog, 200), [..."p".repeat(10) + "c".repeat(10)]);
  assertEquals([backlog.empty, judged(backlog, 200)], [true, []]);
});

Deno.test("some packets of clients are looked at even if a peer's one packet used up the turn", () => {
  const backlog = new Backlog(100);
  backlog.add([...packets("client", "c", 20), ...packets("peer", "p", 3)]);
  assertEquals(judged(backlog, 1), [..."p" + "c".repeat(16)]);
  assertEquals(judged(backlog, 1), [..."p" + "c".repeat(4)]);
});

Deno.test("publishers are served in turn, and one who floods crowds out only itself", () => {
  const backlog = new Backlog(10);
  assertEquals(backlog.add([...packets("published", "r2", 12), ...packets("published", "r3", 2)]), 4);
  assertEquals(judged(backlog, 1000), ["r2", "r3", "r2", "r3", ...Array(6).fill("r2")]);
});

Deno.test("what finds no room is counted, and so is what had to make it", () => {
  const backlog = new Backlog(10);
  assertEquals(backlog.add(packets("client", "flood", 12)), 2);
  assertEquals(backlog.add(packets("client", "honest", 3)), 3);
  assertEquals(backlog.add(packets("peer", "p", 10)), 0);
  const routes = judged(backlog, 1000);
  assertEquals(routes.filter((route) => route === "honest").length, 3);
  assertEquals(routes.filter((route) => route === "flood").length, 7);
  assertEquals(routes.length, 20);
});

Deno.test("what is not judged to the end goes on when its source has its next turn, before all else of that source", () => {
  const backlog = new Backlog(10);
  const [large, small] = [packets("peer", "p", 2), packets("peer", "q", 2)];
  backlog.add([...large, ...small]);
  const judged: string[] = [];
  let parts = 0;
  const judge = (packet: Received): boolean => {
    judged.push(packet === large[0] ? "large" : packet.route);
    return packet !== large[0] || ++parts === 3;
  };
  backlog.drain(() => judged.length / 4, judge);
  assertEquals(judged, ["large", "q", "large", "q"]);
  backlog.drain(() => 0, judge);
  assertEquals([judged.slice(4), backlog.empty], [["large", "p"], true]);
});
