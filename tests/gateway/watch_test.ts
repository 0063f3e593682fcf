/** Watches over HTTP: server-sent events, resumed by their ids. */
import { assert, assertEquals } from "@std/assert";
import { GATEWAY_LIMITS } from "../../client/gateway/limits.ts";
import { encodeEvent } from "../../client/gateway/sse.ts";
import { eventually } from "../../tasks/support/eventually.ts";
import { eventsOf, ORIGIN, type SentEvent, take, withGateway, withServedGateway } from "./gateway_lab.ts";

const watching = (url: string, query = "", headers: Record<string, string> = {}) =>
  fetch(`${url}/v1/watch${query}`, { headers });
const revisions = (events: readonly SentEvent[]) =>
  events.filter(({ event }) => event === "change").map(({ data }) => data.revision);

Deno.test("a watch begins with a hello, tells each change once and in order, and goes on behind the last event id", () =>
  withServedGateway(async (url, { client, cluster }) => {
    await client.put("a/0", "before");
    const live = await watching(url, "?prefix=a/");
    assertEquals(live.headers.get("content-type"), "text/event-stream");
    const reading = take(live, 4);
    await client.put("b", "other");
    await client.txn({
      then: [{ op: "put", key: "a/1", value: "1" }, { op: "put", key: "a/2", value: new Uint8Array([255]) }, {
        op: "put",
        key: "c",
        value: "",
      }],
    });
    await client.delete("a/1");
    await client.put("a/3", "3");
    const events = await reading;
    const id = (revision: number) => `${revision}.${cluster.roster.cluster}`;
    assertEquals(events, [
      { id: id(1), event: "hello", data: { cluster: cluster.roster.cluster, epoch: 1, revision: 1 } },
      {
        id: id(3),
        event: "change",
        data: {
          revision: 3,
          changes: [{ key: "a/1", value: "1", createRevision: 3 }, {
            key: "a/2",
            valueBase64: "/w==",
            createRevision: 3,
          }],
        },
      },
      { id: id(4), event: "change", data: { revision: 4, changes: [{ key: "a/1", deleted: true }] } },
      { id: id(5), event: "change", data: { revision: 5, changes: [{ key: "a/3", value: "3", createRevision: 5 }] } },
    ]);
    for (const last of [id(3), "3"]) {
      const resumed = await take(await watching(url, "?prefix=a/", { "last-event-id": last }), 3);
      assertEquals([resumed[0]!.data.revision, revisions(resumed)], [3, [4, 5]], "N + 1 onward");
    }
    assertEquals(revisions(await take(await watching(url, "?from=3"), 4)), [3, 4, 5], "from N begins with N");
    assertEquals(revisions(await take(await watching(url, "?key=a/3&from=1"), 2)), [5]);
  }));

Deno.test("an id of another cluster, a revision to come and one that is gone are told apart", () =>
  withGateway(async ({ ask, client, cluster }) => {
    await client.put("k", "");
    const other = await ask("GET", "/v1/watch", { headers: { "last-event-id": "1.other-cluster" } });
    assertEquals([other.status, other.json.type], [410, "urn:bft-raft:problem:other-history"]);
    const future = await ask("GET", "/v1/watch?from=9");
    assertEquals([future.status, future.json.type, future.json.storeRevision], [
      410,
      "urn:bft-raft:problem:other-history",
      1,
    ]);
    for (const given of ["?from=0", "?from=x", "?prefix=a&key=b", "?key="]) {
      assertEquals((await ask("GET", `/v1/watch${given}`)).status, 400, given);
    }
    assertEquals(
      (await ask("GET", "/v1/watch", { headers: { "last-event-id": "1\u0000".replace("\u0000", "x") } })).status,
      400,
    );
    const value = new Uint8Array(60_000);
    await Promise.all(Array.from({ length: 300 }, (_, i) => client.put(`k${i % 9}`, value, { timeoutMs: 60_000 })));
    const gone = await ask("GET", `/v1/watch`, { headers: { "last-event-id": `1.${cluster.roster.cluster}` } });
    assertEquals([gone.status, gone.json.type, gone.json.oldest > 1], [
      410,
      "urn:bft-raft:problem:revision-gone",
      true,
    ]);
  }));

Deno.test("nothing that a key or a value holds forges a line, an id or an event", () =>
  withServedGateway(async (url, { client }) => {
    const nasty = [
      "\r",
      "\n",
      "\r\n",
      "\u0000",
      "data: forged\n\n",
      "id: 9\r\revent: x",
      "\u2028\u2029",
      "\u{10000}",
      ":",
    ];
    const reading = watching(url).then((response) => take(response, 1 + nasty.length));
    await eventually(
      "the watch is open",
      async () => (await fetch(`${url}/healthz`).then((response) => response.text())) !== "",
      5000,
    );
    const response = await watching(url, "?from=1");
    const both = take(response, 1 + nasty.length);
    for (const [i, text] of nasty.entries()) await client.put(`k${i}${text}`, text);
    const events = await both;
    assertEquals(
      events.slice(1).map(({ data }) => [data.changes[0].key, data.changes[0].value]),
      nasty.map((text, i) => [`k${i}${text}`, text]),
    );
    assert(new TextDecoder().decode(encodeEvent("x", nasty)).split(/[\r\n\u2028\u2029]/).length === 4);
    const live = await reading;
    assertEquals(live.length, 1 + nasty.length);
  }));

Deno.test("many listeners share one watch of the cluster, and come and go without a trace", () =>
  withServedGateway(async (url, { client, cluster }) => {
    const controllers = Array.from({ length: 60 }, () => new AbortController());
    const responses = await Promise.all(
      controllers.map(({ signal }, i) => fetch(`${url}/v1/watch?prefix=${i % 2 ? "a" : ""}`, { signal })),
    );
    const reading = responses.map((response) => take(response, 4));
    for (const key of ["a1", "a2", "a3"]) await client.put(key, "x");
    for (const events of await Promise.all(reading)) assertEquals(revisions(events), [1, 2, 3]);
    assertEquals(cluster.statuses().length, 4);
    // All have left: the next one begins anew.
    assertEquals(revisions(await take(await watching(url, "?from=2"), 3)), [2, 3]);
  }));

Deno.test("a listener that reads nothing is ended once too much waits for it, others go on, and it can come back", () =>
  withGateway(async ({ app, client }) => {
    const open = (headers: Record<string, string> = {}) => app.fetch(new Request(`${ORIGIN}/v1/watch`, { headers }));
    const [stuck, other] = [await open(), await open()];
    const reader = eventsOf(other);
    await reader.next();
    const value = "x".repeat(60_000);
    const most = Math.ceil(GATEWAY_LIMITS.maxWaitingBytes / value.length) + 10;
    const seen: number[] = [];
    for (let i = 0; i < most; i++) {
      await client.put(`k${i % 5}`, value);
      seen.push((await reader.next()).value!.data.revision);
    }
    assertEquals(seen, Array.from({ length: most }, (_, i) => i + 1));
    const received = await take(stuck, Infinity);
    assert(revisions(received).length < most, `${revisions(received).length} of ${most} events`);
    const resumed = await open({ "last-event-id": received.at(-1)!.id });
    const rest = await take(resumed, 1 + most - revisions(received).length);
    assertEquals([...revisions(received), ...revisions(rest)], seen, "without a gap or a repeat");
    await reader.return(undefined);
  }));
