/** `deno task replica`: a replica in a process of its own, which may do what its flags and its roster make it need and nothing else. */
import { replicaGrants } from "./support/replica_grants.ts";

const SCRIPT = `${import.meta.dirname}/../replica/main.ts`;

/** Passed on, so that whoever supervises this process supervises the replica. */
const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT"]
  : ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"];

/** Runs the replica to its end and returns its exit code; input and outputs are this process's own. */
async function runReplica(args: readonly string[]): Promise<number> {
  const inherited = { stdin: "inherit", stdout: "inherit", stderr: "inherit" } as const;
  const command = ["run", "-q", "--no-prompt", ...await replicaGrants(args), SCRIPT, ...args];
  const child = new Deno.Command(Deno.execPath(), { args: command, ...inherited }).spawn();
  for (const signal of SIGNALS) {
    Deno.addSignalListener(signal, () => {
      try {
        child.kill(signal);
      } catch {
        // It has ended already.
      }
    });
  }
  return (await child.status).code;
}

if (import.meta.main) Deno.exit(await runReplica(Deno.args));
