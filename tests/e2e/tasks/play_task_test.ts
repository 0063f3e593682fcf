/** `deno task cluster --play`: one command, a dashboard, and a leader that is killed by what its button sends. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { PORTS_PER_REPLICA } from "../../../crypto/roster/generate_cluster.ts";
import { DenoProcess } from "../../../tasks/support/deno_process.ts";
import { findFreePorts } from "../../../tasks/support/free_ports.ts";
import { runProcess } from "../support/run_process.ts";

const READY_MS = 60_000;

async function ready(task: DenoProcess): Promise<string> {
  const line = await task.stdout.waitFor("the dashboard", (line) => line.startsWith("open "), READY_MS);
  return /^open (\S+) /.exec(line)![1]!;
}

async function crashes(url: string): Promise<void> {
  const page = await (await fetch(`${url}/`)).text();
  const [, token] = /name="play-token" content="([0-9a-f]{64})"/.exec(page)!;
  const headers = { "x-play-token": token!, origin: url };
  const { status } = await fetch(`${url}/v1/kv/before?timeoutMs=60000`, { method: "PUT", body: "1" });
  assertEquals(status, 200);
  const { leader } = await leaderOf(url);
  const answer = await fetch(`${url}/v1/play/${leader}/crash`, { method: "POST", headers });
  assertEquals([answer.status, (await answer.json()).state.process], [200, "crashed"]);
  const after = await fetch(`${url}/v1/kv/after?timeoutMs=60000`, { method: "PUT", body: "2" });
  assertEquals(after.status, 200);
  const restarted = await fetch(`${url}/v1/play/${leader}/restart`, { method: "POST", headers });
  assertEquals((await restarted.json()).state, { process: "running", network: "whole", lies: null });
}

async function leaderOf(url: string): Promise<{ readonly leader: string }> {
  const response = await fetch(`${url}/v1/dashboard`);
  let text = "";
  for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
    text += piece;
    const [, leader] = /"leader":"(r\d)","term":\d+,"log"/.exec(text) ?? [];
    if (leader !== undefined) return { leader };
  }
  throw new Error("the stream ended without a leader");
}

Deno.test("cluster --play serves a dashboard whose buttons break a real cluster, and stops on Ctrl-C", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const ports = 4 * PORTS_PER_REPLICA;
    const basePort = findFreePorts(ports * 5 + 1);
    const http = `127.0.0.1:${basePort + 5 * ports}`;
    const flags = ["--dir", dir, "--base-port", String(basePort), "--http", http, "--play"];
    {
      await using task = new DenoProcess("cluster", "tasks/cluster.ts", flags);
      const url = await ready(task);
      assertEquals(url, `http://${http}`);
      await crashes(url);
      task.signal("SIGINT");
      assertEquals((await task.exited).code, 0);
      assertMatch(task.stdout.lines.at(-1)!, /^stopped/);
    }
    using _busy = Deno.listen({ hostname: "127.0.0.1", port: basePort + ports + 3 });
    const busy = await runProcess("cluster", "tasks/cluster.ts", ...flags);
    assertEquals(busy.code, 2);
    assertStringIncludes(
      busy.error,
      `port ${basePort + ports + 3} of 127.0.0.1: given one that another process listens at`,
    );
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("a play is refused at an address of others", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const basePort = findFreePorts(4 * PORTS_PER_REPLICA * 5);
    const flags = ["--dir", dir, "--base-port", String(basePort), "--http", "0.0.0.0:0", "--play"];
    const { code, error } = await runProcess("cluster", "tasks/cluster.ts", ...flags);
    assertEquals(code, 2, error);
    assertStringIncludes(error, "without --tokens");
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
