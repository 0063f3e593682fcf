/** `deno task replica`: a replica in a process of its own, which may do what its flags and its roster make it need and nothing else. */
import { replicaGrants } from "./support/replica_grants.ts";

const SCRIPT = `${import.meta.dirname}/../replica/main.ts`;

/** Passed on, so that whoever supervises this process supervises the replica. */
const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT"]
  : ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"];

/** Exit code of a replica that is to be started again, with permissions for the roster in force. */
const RESTART = 75;

/** Runs the replica to its end and returns its exit code; input and outputs are this process's own. */
async function runReplica(args: readonly string[]): Promise<number> {
  const running: { child: Deno.ChildProcess | null } = { child: null };
  for (const signal of SIGNALS) {
    Deno.addSignalListener(signal, () => {
      try {
        running.child?.kill(signal);
      } catch {
        // It has ended already.
      }
    });
  }
  for (;;) {
    running.child = await spawn(args);
    const { code } = await running.child.status;
    if (code !== RESTART) return code;
  }
}

async function spawn(args: readonly string[]): Promise<Deno.ChildProcess> {
  const inherited = { stdin: "inherit", stdout: "inherit", stderr: "inherit" } as const;
  const command = ["run", "-q", "--no-prompt", ...await replicaGrants(args), SCRIPT, ...args];
  return new Deno.Command(Deno.execPath(), { args: command, ...inherited }).spawn();
}

if (import.meta.main) Deno.exit(await runReplica(Deno.args));
