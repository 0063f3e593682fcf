/** Bounds of what users of a gateway can make it hold. */
import { assert, assertEquals } from "@std/assert";
import { GATEWAY_LIMITS } from "../../client/gateway/limits.ts";
import { eventually } from "../../tasks/support/eventually.ts";
import { asked, ORIGIN, take, withGateway } from "./gateway_lab.ts";

Deno.test("so many requests are under way and no more; a body that does not come ends its request", () =>
  withGateway(async ({ app, ask }) => {
    const hanging = Array.from({ length: GATEWAY_LIMITS.maxRequests }, (_, i) => {
      const body = new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(Uint8Array.of(1)) });
      return app.fetch(new Request(`${ORIGIN}/v1/kv/k${i % 5}`, { method: "PUT", body }));
    });
    const startedAt = performance.now();
    const { status, headers, json } = await ask("GET", "/healthz");
    assertEquals([status, headers.get("retry-after"), json.type], [429, "1", "urn:bft-raft:problem:too-many-requests"]);
    for (const response of await Promise.all(hanging)) {
      const { status, json } = await asked(response);
      assertEquals([status, json.detail], [400, "body was not there in time"]);
    }
    assert(performance.now() - startedAt >= GATEWAY_LIMITS.bodyMs - 100);
    assertEquals((await ask("GET", "/healthz")).status, 200);
    assertEquals((await ask("GET", "/v1/kv")).json.items, []);
  }));

Deno.test("so many watches are open and no more", () =>
  withGateway(async ({ app, ask, client }) => {
    await client.put("k", "");
    const open = async () => await app.fetch(new Request(`${ORIGIN}/v1/watch`));
    const watches: Response[] = [];
    while (watches.length < GATEWAY_LIMITS.maxListeners) {
      watches.push(...await Promise.all(Array.from({ length: 256 }, open)));
    }
    assert(watches.every(({ status }) => status === 200));
    const { status, headers } = await ask("GET", "/v1/watch");
    assertEquals([status, headers.get("retry-after")], [503, "1"]);
    await client.put("k", "seen by all");
    for (const events of await Promise.all(watches.map((watch) => take(watch, 2)))) {
      assertEquals(events[1]!.data.revision, 2);
    }
    await eventually("they are gone", async () => {
      const response = await open();
      await response.body?.cancel();
      return response.status === 200;
    });
  }));

Deno.test("so many watches read what is behind and no more, while nobody reads theirs", () =>
  withGateway(async ({ app, client }) => {
    const value = new Uint8Array(60_000);
    for (let i = 0; i < 12; i++) await client.put(`k${i}`, value);
    const behind = () => app.fetch(new Request(`${ORIGIN}/v1/watch?from=1`));
    const watches = await Promise.all(Array.from({ length: GATEWAY_LIMITS.maxCatchingUp }, behind));
    assert(watches.every(({ status }) => status === 200));
    assertEquals((await asked(await behind())).status, 429);
    assertEquals((await take(watches[0]!, 13)).length, 13);
    await eventually("there is room again", async () => {
      const response = await behind();
      await response.body?.cancel();
      return response.status === 200;
    });
    for (const { body } of watches.slice(1)) await body?.cancel();
  }));
