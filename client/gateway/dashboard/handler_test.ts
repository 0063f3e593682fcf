import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { PAGE_FILES } from "./assets.ts";
import { dashboardHandler } from "./handler.ts";
import { MAX_PLAY_BODY_BYTES } from "./limits.ts";
import { type PlayAction, type PlayControl, PlayRefusal, type PlayState } from "./play_port.ts";
import { type DashboardClient, DashboardSource } from "./source.ts";

const client = { getStatus: () => Promise.resolve([]) } as unknown as DashboardClient;
const ORIGIN = "http://127.0.0.1:8080";

class FakePlay implements PlayControl {
  readonly lies = { silent: "says nothing" };
  readonly done: [string, PlayAction, string | null][] = [];

  states(): Record<string, PlayState> {
    return { r1: { process: "running", network: "whole", lies: null } };
  }

  act(replica: string, action: PlayAction, mode: string | null): Promise<void> {
    if (action === "resume") return Promise.reject(new PlayRefusal("r1 is running; wanted one that is paused"));
    this.done.push([replica, action, mode]);
    return Promise.resolve();
  }
}

const plain = () => dashboardHandler(new DashboardSource({ client }));

async function playing() {
  const play = new FakePlay();
  const handler = dashboardHandler(new DashboardSource({ client, play }));
  const token = await tokenAt(handler, ORIGIN);
  return { play, handler, token };
}

async function tokenAt(handler: (request: Request) => Promise<Response>, origin: string): Promise<string> {
  const page = await (await handler(new Request(`${origin}/`))).text();
  return /name="play-token" content="(.*?)"/.exec(page)![1]!;
}

Deno.test("the page has a strict policy, and nothing in it is inline or from elsewhere", async () => {
  const handler = plain();
  const page = await handler(new Request(`${ORIGIN}/`));
  const policy = page.headers.get("content-security-policy")!;
  for (const wanted of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"]) {
    assertStringIncludes(policy, wanted);
  }
  assert(!policy.includes("unsafe"));
  const html = await page.text();
  assertEquals([...html.matchAll(/<script(?![^>]*src=)|<style|\sstyle=|\son\w+=|https?:/g)], []);
  for (const name of PAGE_FILES.filter((each) => each.endsWith(".js"))) {
    const text = await (await handler(new Request(`${ORIGIN}/dashboard/${name}`))).text();
    const imports = [...text.matchAll(/from "(.*?)"/g)].map(([, from]) => from!);
    assert(imports.every((from) => from.startsWith("./") && PAGE_FILES.includes(from.slice(2) as "main.js")), name);
    assertEquals([...text.matchAll(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/g)], [], name);
  }
});

Deno.test("every file has its type, and nothing else is served", async () => {
  const handler = plain();
  for (const name of PAGE_FILES.slice(1)) {
    const { status, headers, body } = await handler(new Request(`${ORIGIN}/dashboard/${name}`));
    assertEquals([status, headers.get("x-content-type-options")], [200, "nosniff"]);
    assertMatch(headers.get("content-type")!, /^(text\/css|text\/javascript|image\/svg\+xml)/);
    await body?.cancel();
  }
  for (
    const path of ["/dashboard/", "/dashboard/../mod.ts", "/dashboard/%2e%2e%2fmod.ts", "/dashboard/index.html", "/x"]
  ) {
    assertEquals((await handler(new Request(`${ORIGIN}${path}`))).status, 404, path);
  }
  assertEquals((await handler(new Request(`${ORIGIN}/`, { method: "POST" }))).status, 405);
});

Deno.test("a cluster that was not started for play has no token and no play", async () => {
  const handler = plain();
  assertEquals(await tokenAt(handler, ORIGIN), "");
  const answer = await handler(new Request(`${ORIGIN}/v1/play/r1/crash`, { method: "POST" }));
  assertEquals(answer.status, 404);
  assertStringIncludes((await answer.json()).detail, "wanted one started by cluster --play");
});

Deno.test("play takes the page's token, from the same origin, at a name of this machine", async () => {
  const { play, handler, token } = await playing();
  assertMatch(token, /^[0-9a-f]{64}$/);
  assertEquals(await tokenAt(handler, "http://evil.example"), "");
  const post = async (origin: string, headers: Record<string, string>) => {
    const answer = await handler(new Request(`${origin}/v1/play/r1/crash`, { method: "POST", headers }));
    await answer.body?.cancel();
    return answer.status;
  };
  const own = { "x-play-token": token };
  assertEquals(await post(ORIGIN, {}), 403);
  assertEquals(await post(ORIGIN, { "x-play-token": token.replace(/^./, (c) => c === "0" ? "1" : "0") }), 403);
  assertEquals(await post(ORIGIN, { "x-play-token": "" }), 403);
  assertEquals(await post("http://rebound.example:8080", own), 403);
  assertEquals(await post(ORIGIN, { ...own, origin: "http://127.0.0.1:9999" }), 403);
  assertEquals(await post(ORIGIN, { ...own, "sec-fetch-site": "cross-site" }), 403);
  assertEquals(play.done, []);
  assertEquals(await post(ORIGIN, { ...own, origin: ORIGIN, "sec-fetch-site": "same-origin" }), 200);
  assertEquals(await post("http://localhost:1", own), 200);
  assertEquals(play.done, [["r1", "crash", null], ["r1", "crash", null]]);
});

Deno.test("unknown replicas, actions and long bodies are refused by name", async () => {
  const { play, handler, token } = await playing();
  const post = (path: string, body: BodyInit | null = null) =>
    handler(new Request(`${ORIGIN}/v1/play/${path}`, { method: "POST", headers: { "x-play-token": token }, body }));
  for (const path of ["r9/crash", "r1/explode", "r1", "r1/crash/now", "__proto__/crash", "constructor/crash"]) {
    const answer = await post(path);
    assertEquals(answer.status, 404, path);
    assertStringIncludes((await answer.json()).detail, "wanted one of r1");
  }
  const refused = await post("r1/resume");
  assertEquals([refused.status, (await refused.json()).detail], [409, "r1 is running; wanted one that is paused"]);
  const long = await post("r1/corrupt", "x".repeat(MAX_PLAY_BODY_BYTES + 1));
  assertEquals(long.status, 413);
  assertEquals((await handler(new Request(`${ORIGIN}/v1/play/r1/crash`))).status, 405);
  assertEquals((await post("r1/corrupt", "silent")).status, 200);
  assertEquals(play.done, [["r1", "corrupt", "silent"]]);
});
