/** The dashboard as a gateway serves it: who gets the page, its data and the play. */
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { parseTokens, startGateway } from "../../client/gateway/mod.ts";
import { UsageError } from "../../client/mod.ts";
import { withGateway } from "./gateway_lab.ts";

const TOKEN = "a-token-of-sixteen-characters";

/** Reads one event of a stream, and lets go of it. */
async function firstEvent(response: Response): Promise<string> {
  const reader = response.body!.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return new TextDecoder().decode(value);
}

Deno.test("the page has its own policy, everything else the gateway's", () =>
  withGateway(async ({ ask, app }) => {
    const page = await ask("GET", "/");
    assertEquals(page.status, 200);
    assertMatch(page.headers.get("content-security-policy")!, /script-src 'self'/);
    assertMatch((await ask("GET", "/dashboard/main.js")).headers.get("content-type")!, /^text\/javascript/);
    assertEquals((await ask("GET", "/v1/kv")).headers.get("content-security-policy")?.includes("script-src"), false);
    const stream = await app.fetch(new Request("http://localhost/v1/dashboard"));
    assertMatch(await firstEvent(stream), /^event: hello\ndata: \{"snapshot":null/);
    assertEquals((await ask("POST", "/v1/play/r1/crash")).status, 404);
  }));

Deno.test("with tokens the page is for all, and its data for those who have one", () =>
  withGateway(async ({ ask, app }) => {
    assertEquals((await ask("GET", "/")).status, 200);
    assertEquals((await ask("GET", "/dashboard/main.js")).status, 200);
    assertEquals((await ask("GET", "/v1/dashboard")).status, 401);
    assertEquals((await ask("POST", "/v1/play/r1/crash")).status, 401);
    const headers = { authorization: `Bearer ${TOKEN}` };
    const stream = await app.fetch(new Request("http://localhost/v1/dashboard", { headers }));
    assertEquals(stream.status, 200);
    assertMatch(await firstEvent(stream), /^event: hello/);
  }, { tokens: parseTokens(TOKEN), hosts: null }));

Deno.test("the page is refused by a name that is not this gateway's, and a play at an address that is not this machine's", () =>
  withGateway(async ({ app, client }) => {
    const answer = await app.fetch(new Request("http://rebound.example/"));
    assertEquals([answer.status, (await answer.text()).includes("script")], [403, false]);
    const play = { lies: {}, states: () => ({}), act: () => Promise.resolve() };
    const options = { hostname: "0.0.0.0", port: 0, tokens: parseTokens(TOKEN), open: true, tls: null, play };
    const { message } = assertThrows(() => startGateway(client, options), UsageError);
    assert(message.startsWith("--play: given with --http at 0.0.0.0"), message);
  }, { tokens: null, hosts: new Set(["localhost"]) }));
