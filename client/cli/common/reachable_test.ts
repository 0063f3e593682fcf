import { assertEquals } from "@std/assert";
import { makeRoster } from "../../../tests/support/make_roster.ts";
import { unreachable } from "./reachable.ts";

Deno.test("replicas at whose client port nothing listens are named, with their address", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const gone = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = (of: Deno.Listener) => (of.addr as Deno.NetAddr).port;
  const ports = [port(listener), port(gone)];
  gone.close();
  const [first, second] = makeRoster().roster.replicas.map((line, i) => ({
    ...line,
    ...{ host: "127.0.0.1", clientPort: ports[i] ?? 1 },
  }));
  const found = await unreachable([first!, second!]);
  assertEquals(found.map((text) => text.split(" ")[0]), ["r2"]);
  assertEquals(await unreachable([{ ...first!, host: "nowhere.invalid" }], 2000).then((all) => all.length), 1);
  for await (const connection of listener) {
    connection.close();
    break;
  }
});
