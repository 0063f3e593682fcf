import { assert, assertEquals } from "@std/assert";
import { eventually } from "../support/eventually.ts";
import { freePorts } from "../support/free_ports.ts";
import { Forwarder, WHOLE } from "./forwarder.ts";
import { dialOffset, Mesh, meshPorts } from "./mesh.ts";

/** Sends back what comes. */
function echo(port: number): AsyncDisposable {
  const listener = Deno.listen({ hostname: "127.0.0.1", port });
  const running = (async () => {
    for await (const connection of listener) void connection.readable.pipeTo(connection.writable).catch(() => {});
  })();
  return {
    async [Symbol.asyncDispose]() {
      listener.close();
      await running;
    },
  };
}

/** A connection that counts what comes back. */
async function connect(port: number) {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const state = { text: "", ended: false };
  void (async () => {
    for await (
      const text of connection.readable.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>)
    ) {
      state.text += text;
    }
  })().catch(() => {}).finally(() => state.ended = true);
  const writer = connection.writable.getWriter();
  return {
    state,
    say: (text: string) => writer.write(new TextEncoder().encode(text)),
    close: () => writer.close().catch(() => {}),
  };
}

Deno.test("bytes pass as they are, late where the line is slow, and in order", async () => {
  const [port, target] = freePorts(2) as [number, number];
  await using _echo = echo(target);
  await using forwarder = new Forwarder(port, target);
  const { state, say, close } = await connect(port);
  await say("a");
  await eventually("an echo", () => state.text === "a");
  forwarder.line = { passes: true, delayMs: 150 };
  const before = performance.now();
  await say("b");
  await say("c");
  await eventually("late echoes", () => state.text === "abc");
  assert(performance.now() - before >= 290, "each way takes 150 ms more");
  await close();
  await eventually("the end to pass", () => state.ended);
});

Deno.test("a line that is cut holds back what is sent until it passes again, new connections too", async () => {
  const [port, target] = freePorts(2) as [number, number];
  await using _echo = echo(target);
  await using forwarder = new Forwarder(port, target);
  const old = await connect(port);
  await old.say("1");
  await eventually("an echo", () => old.state.text === "1");
  forwarder.line = { passes: false, delayMs: 0 };
  await old.say("2");
  const fresh = await connect(port);
  await fresh.say("x");
  await new Promise((resolve) => setTimeout(resolve, 200));
  assertEquals([old.state.text, fresh.state.text], ["1", ""]);
  forwarder.line = WHOLE;
  await eventually("what was held back", () => old.state.text === "12" && fresh.state.text === "x");
  await Promise.all([old.close(), fresh.close()]);
});

Deno.test("closing ends every connection, also of a line that is cut, and frees the port", async () => {
  const [port, target] = freePorts(2) as [number, number];
  await using _echo = echo(target);
  const forwarder = new Forwarder(port, target);
  const one = await connect(port);
  await one.say("1");
  await eventually("an echo", () => one.state.text === "1");
  forwarder.line = { passes: false, delayMs: 0 };
  await forwarder[Symbol.asyncDispose]();
  await eventually("the end", () => one.state.ended);
  Deno.listen({ hostname: "127.0.0.1", port }).close();
  await one.close();
});

const replica = (id: string, port: number) => ({ id, peerPort: port, publishPort: port + 1, clientPort: port + 2 });

Deno.test("the ports of a mesh are all different and none of the roster's, and both ends' lines count", async () => {
  const ports = freePorts(9 * 4);
  const replicas = [0, 1, 2].map((i) => replica(`r${i + 1}`, ports[3 * i]!));
  assertEquals([0, 1, 2].map((i) => dialOffset(replicas, i)), [9, 18, 27]);
  const taken = meshPorts(replicas);
  assertEquals(new Set([...taken, ...ports.slice(0, 9)]).size, 12 + 9);
  await using mesh = new Mesh(replicas);
  mesh.set("r1", { passes: true, delayMs: 100 });
  mesh.set("r2", { passes: false, delayMs: 0 });
  assertEquals([mesh.lineOf("r1").delayMs, mesh.lineOf("r2").passes, mesh.lineOf("r3")], [100, false, WHOLE]);
});
