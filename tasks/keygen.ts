/** `deno task keygen`: keys, requests and rosters. */
import { ConfigError } from "../crypto/config_error.ts";
import { KEYGEN_CLUSTER } from "./keygen/cluster.ts";
import { KEYGEN_OPERATOR } from "./keygen/operator.ts";
import { KEYGEN_REQUEST } from "./keygen/request.ts";
import { KEYGEN_SHOW } from "./keygen/show.ts";
import { KEYGEN_SIGN } from "./keygen/sign.ts";
import { runTask, type Task, type Terminal } from "./support/run_task.ts";

const SUBCOMMANDS: ReadonlyMap<string, Task> = new Map([
  ["operator", KEYGEN_OPERATOR],
  ["request", KEYGEN_REQUEST],
  ["sign", KEYGEN_SIGN],
  ["show", KEYGEN_SHOW],
]);

/** Refuses a word that is no subcommand, whatever follows it. */
const unknown = (word: string): Task => ({
  ...KEYGEN_CLUSTER,
  run: () => {
    const wanted = `${[...SUBCOMMANDS.keys()].join(", ")}, or options alone`;
    return Promise.reject(new ConfigError(`${word}: given an unknown argument, wanted ${wanted}`));
  },
});

/** Runs `keygen` with or without a subcommand, and returns its exit code. */
export function runKeygen(args: readonly string[], terminal?: Terminal): Promise<number> {
  const [first = "-", ...rest] = args;
  if (first.startsWith("-")) return runTask(KEYGEN_CLUSTER, args, terminal);
  return runTask(SUBCOMMANDS.get(first) ?? unknown(first), rest, terminal);
}

if (import.meta.main) Deno.exit(await runKeygen(Deno.args));
