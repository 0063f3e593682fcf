/** A gateway in a process of its own, before real replicas: what a user of curl sees, while the leader is killed under a watch. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Observer } from "../../../tasks/support/observer.ts";
import { eventsOf } from "../../gateway/gateway_lab.ts";
import { waitForLeader } from "../support/agreement.ts";
import { withLocalCluster } from "../support/with_local_cluster.ts";

const READY_MS = 30_000;

Deno.test("client serve: keys over HTTP, and a watch that goes on without a gap or a repeat while the leader is killed", () =>
  withLocalCluster({}, async (cluster) => {
    await cluster.startAll();
    const gateway = cluster.gateway("c1", "127.0.0.1:0");
    const line = await gateway.stdout.waitFor("the gateway", (line) => line.startsWith("gateway of"), READY_MS);
    const url = line.split(" at ")[1]!;
    assertMatch(url, /^http:\/\/127\.0\.0\.1:\d+$/);
    const put = async (key: string, body: string) => {
      const response = await fetch(`${url}/v1/kv/${key}?timeoutMs=60000`, { method: "PUT", body });
      assertEquals(response.status, 200, await response.clone().text());
      return (await response.json()).revision as number;
    };
    await put("first", "hello");
    assertEquals(await fetch(`${url}/v1/kv/first`).then((response) => response.text()), "hello");
    const watch = await fetch(`${url}/v1/watch?from=1`);
    const seen: string[] = [];
    const reading = (async () => {
      for await (const { event, data } of eventsOf(watch)) {
        if (event === "change") seen.push(`${data.revision} ${data.changes[0].key}`);
        if (seen.length === 41) break;
      }
    })();
    const written = ["1 first"];
    const { leader } = await waitForLeader(await Observer.of(cluster, "c3"), cluster.ids);
    for (let i = 0; i < 40; i++) {
      if (i === 15) await cluster.process(leader).kill();
      written.push(`${await put(`k${i}`, `${i}`)} k${i}`);
    }
    await reading;
    assertEquals(seen, written);
    gateway.signal("SIGTERM");
    assertEquals((await gateway.exited).code, 0);
  }));

Deno.test("client serve: an address that others reach is refused without tokens, and so is what is no address or no token", () =>
  withLocalCluster({}, async (cluster) => {
    const tokens = `${cluster.dir}/tokens`;
    await Deno.writeTextFile(tokens, "short\n", { mode: 0o600 });
    const shared = `${tokens}.shared`;
    await Deno.writeTextFile(shared, "long-enough-but-shared\n");
    await Deno.chmod(shared, 0o640);
    for (
      const [http, flags, message] of [
        ["0.0.0.0:0", [], "without --tokens, so that whoever reaches it could write"],
        ["127.0.0.1", [], 'was given "127.0.0.1"; wanted HOST:PORT'],
        ["127.0.0.1:0", ["--tokens", tokens], "given token 1 with 5 characters, wanted at least 16"],
        ["127.0.0.1:0", ["--tokens", `${tokens}.none`], "which cannot be read"],
        ["127.0.0.1:0", ["--tokens", shared], "with mode 0640, which others may reach; wanted 0600"],
        ["127.0.0.1:0", ["--tls-cert", tokens], "given one of them, wanted both"],
      ] as const
    ) {
      const process = cluster.gateway("c1", http, ...flags);
      assertEquals((await process.exited).code, 2, message);
      assert(
        process.stderr.lines.some((line) => line.includes(message)),
        `${message}: ${process.stderr.lines.join("|")}`,
      );
    }
  }));
