/** Metrics of a gateway. */
import { assert, assertEquals } from "@std/assert";
import { REUSED_MS } from "../../metrics/exposition.ts";
import { eventually } from "../../tasks/support/eventually.ts";
import { valuesIn } from "../metrics/scrape.ts";
import { ORIGIN, withGateway } from "./gateway_lab.ts";

Deno.test("a gateway's metrics count what it served, by route and outcome, and no name that users gave", () =>
  withGateway(async ({ app, client }) => {
    const ask = (method: string, path: string, body?: string) =>
      app.fetch(new Request(`${ORIGIN}${path}`, { method, ...(body === undefined ? {} : { body }) }));
    const scrape = async () => valuesIn(await (await ask("GET", "/metrics")).text());
    await (await ask("PUT", "/v1/kv/secret-name", "x")).body?.cancel();
    await (await ask("GET", "/v1/kv/missing")).body?.cancel();
    await (await ask("GET", "/no/such/address")).body?.cancel();
    const watch = await ask("GET", "/v1/watch?prefix=");
    const values = await eventually("the scrape is of now", async () => {
      const all = await scrape();
      return all.get("bft_raft_gateway_listeners") === 1 ? all : null;
    }, 20 * REUSED_MS);
    const answers = (route: string, status: number) =>
      values.get(`bft_raft_gateway_answers_total{route="${route}",status="${status}"}`);
    assertEquals([answers("/v1/kv/", 200) ?? answers("/v1/kv/", 201), answers("/v1/kv/", 404), answers("other", 404)], [
      1,
      1,
      1,
    ]);
    assert(values.get('bft_raft_client_requests_total{outcome="answered"}')! >= 2);
    assertEquals(values.get('bft_raft_client_requests_total{outcome="no-quorum"}'), 0);
    assertEquals(
      values.get("bft_raft_client_request_seconds_count"),
      values.get('bft_raft_client_requests_total{outcome="answered"}'),
    );
    assert(values.get('bft_raft_client_sent_total{reason="first"}')! >= 2);
    assertEquals([...values.keys()].filter((name) => name.includes("secret") || name.includes("such")), []);
    await watch.body?.cancel();
    await eventually(
      "the watch is gone",
      async () => (await scrape()).get("bft_raft_gateway_listeners") === 0,
      20 * REUSED_MS,
    );
    assertEquals(client.report.requests.ended.closed, 0);
  }));

Deno.test("a request with a Host that is none is the sender's fault, and is counted", () =>
  withGateway(async ({ app }) => {
    const request = new Request(`${ORIGIN}/healthz`);
    // As Deno hands it over.
    Object.defineProperty(request, "url", { value: "http://[none/healthz" });
    const response = await app.fetch(request);
    assertEquals([response.status, response.headers.get("content-type")], [400, "application/problem+json"]);
    const values = valuesIn(await (await app.fetch(new Request(`${ORIGIN}/metrics`))).text());
    assertEquals(values.get('bft_raft_gateway_answers_total{route="other",status="400"}'), 1);
  }));
