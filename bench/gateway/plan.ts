/** The command line of `deno task bench:gateway`. */
import { ConfigError } from "../../crypto/config_error.ts";
import { readFlags, wholeNumber } from "../../tasks/support/flags.ts";

export const USAGE =
  `Starts a real cluster of four processes and a gateway, and measures writes and reads of as many connections over HTTP as operations under way in a program
that uses the library, and the delay with which listeners to server-sent events hear of writes.

Usage: deno task bench:gateway [options]

  --connections N  of HTTP, and operations under way in the library (default 500)
  --seconds N      of each measurement (default 10)
  --listeners N    of one watch (default 1000)
  --rate N         writes a second that they hear of (default 10)
  --json FILE      the figures
  --help           this text

Needs wrk on PATH (Debian has a package of that name).
Exit codes: 0 done, 1 something failed, 2 wrong usage.
`;

export interface GatewayPlan {
  readonly connections: number;
  readonly seconds: number;
  readonly listeners: number;
  readonly rate: number;
  readonly json: string | null;
}

/** Parses the arguments. Throws `ConfigError`. */
export function readGatewayPlan(args: readonly string[]): GatewayPlan {
  const flags = readFlags(args, ["connections", "seconds", "listeners", "rate", "json"] as const, []);
  const plan: GatewayPlan = {
    connections: wholeNumber("connections", flags.connections) ?? 500,
    seconds: wholeNumber("seconds", flags.seconds) ?? 10,
    listeners: wholeNumber("listeners", flags.listeners) ?? 1000,
    rate: wholeNumber("rate", flags.rate) ?? 10,
    json: flags.json ?? null,
  };
  const { connections, seconds, listeners, rate } = plan;
  if (Math.min(connections, seconds, listeners, rate) < 1) {
    throw new ConfigError("--connections, --seconds, --listeners, --rate: wanted at least 1 each");
  }
  return plan;
}
