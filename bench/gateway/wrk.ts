/** Load by wrk, a load generator in C: on a machine that is shared it takes least from what is measured. */
import { ConfigError } from "../../crypto/config_error.ts";
import type { Rate } from "./rate.ts";

/** Has every connection of wrk write, or read, one of these keys after the other. */
const scriptOf = (method: "PUT" | "GET", keys: number): string =>
  `local count = 0
request = function()
  count = count + 1
  return wrk.format("${method}", "/v1/kv/bench/" .. (count % ${keys}), nil, ${
    method === "PUT" ? '"0123456789abcdef"' : "nil"
  })
end
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("figures %f %f %f %d\\n", summary.requests / (summary.duration / 1e6), latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3, e.connect + e.read + e.write + e.status + e.timeout))
end
`;

/** Runs wrk against the gateway at `url`. Throws `ConfigError` where there is no wrk. */
export async function runWrk(
  url: string,
  method: "PUT" | "GET",
  { connections, seconds, keys, dir }: {
    readonly connections: number;
    readonly seconds: number;
    readonly keys: number;
    readonly dir: string;
  },
): Promise<Rate> {
  const script = `${dir}/${method}.lua`;
  await Deno.writeTextFile(script, scriptOf(method, keys));
  const args = ["-t1", `-c${connections}`, `-d${seconds}s`, "--timeout", "30s", "-s", script, url];
  const { stdout, stderr } = await new Deno.Command("wrk", { args }).output().catch((error) => {
    throw error instanceof Deno.errors.NotFound
      ? new ConfigError("no wrk on PATH, wanted it there (Debian has a package of that name)")
      : error;
  });
  const text = new TextDecoder().decode(stdout);
  const [, perSecond, p50, p99, failed] = /^figures (\S+) (\S+) (\S+) (\d+)$/m.exec(text) ?? [];
  if (failed === undefined) throw new Error(`wrk: ${text} ${new TextDecoder().decode(stderr)}`);
  return { perSecond: Number(perSecond), p50: Number(p50), p99: Number(p99), failed: Number(failed) };
}
