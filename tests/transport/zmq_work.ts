import { assert, assertEquals } from "@std/assert";

const WORKER = new URL("./zmq_traps_worker.ts", import.meta.url);
const PATIENCE_MS = 60_000;

/** Returns the output of a separate process that does `mode`. Throws unless it ends by itself, and with exit code 0. */
export async function work(mode: string, count: number): Promise<Record<string, unknown>> {
  const command = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      "--allow-ffi",
      "--allow-read",
      "--allow-net=127.0.0.1",
      WORKER.pathname,
      mode,
      `${count}`,
    ],
    stdout: "piped",
    stderr: "piped",
  });
  const child = command.spawn();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
  }, PATIENCE_MS);
  const { code, signal, stdout, stderr } = await child.output();
  clearTimeout(timer);
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assert(!late, `${mode} did not end by itself within ${PATIENCE_MS} ms: ${out}${err}`);
  assertEquals([code, signal], [0, null], `${mode}: ${out}${err}`);
  return JSON.parse(out ?? "");
}
