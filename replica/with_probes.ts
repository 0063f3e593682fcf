/** Probes and metrics around a replica's process: served from before it has started until it has ended. */
import { ConfigError } from "../crypto/config_error.ts";
import { openTracing } from "../metrics/mod.ts";
import { hostAndPort } from "../protocol/host.ts";
import type { HttpAddress } from "./flags.ts";
import type { Probes } from "./http/mod.ts";
import type { RunningReplica } from "./start_replica.ts";
import { Meters } from "./status/meters.ts";

/** Starts a replica by `start`, with meters and probes if they are wanted, and traces if Deno makes any. Throws `ConfigError` if nothing can listen at the address. */
export async function withProbes(
  address: HttpAddress | null,
  start: (meters: Meters | null) => Promise<RunningReplica>,
): Promise<RunningReplica> {
  const tracing = await openTracing("replica");
  const meters = address === null && tracing === null ? null : new Meters(() => performance.now(), tracing);
  if (address === null || meters === null) return await start(meters);
  const probes = await serve(address, meters);
  try {
    const replica = await start(meters);
    probes.show(replica);
    replica.finished.catch(() => {}).finally(() => probes.close());
    return replica;
  } catch (error) {
    probes.close();
    throw error;
  }
}

async function serve(address: HttpAddress, meters: Meters): Promise<Probes> {
  // Nobody else needs the library behind it.
  const { serveProbes } = await import("./http/mod.ts");
  try {
    return serveProbes(address, meters);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const given = hostAndPort(address.hostname, address.port);
    throw new ConfigError(`--http: given ${given}, wanted an address that can be listened at: ${message}`);
  }
}
