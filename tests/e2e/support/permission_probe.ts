/** Starts a replica as its process does, tries what a replica has no business with, prints what came of it as JSON, and stops. */
import { parseFlags } from "../../../replica/flags.ts";
import { start } from "../../../replica/main.ts";

const flags = parseFlags(Deno.args)!;
const replica = await start(flags, { id: "?" });

const attempts: Readonly<Record<string, () => unknown>> = {
  "list its data": () => [...Deno.readDirSync(flags.data)],
  "write to its data": () => Deno.writeTextFileSync(`${flags.data}/probe`, ""),
  "read its key": () => Deno.readTextFileSync(flags.key),
  "read another key": () => Deno.readTextFileSync(flags.key.replace("r1.key", "r2.key")),
  "list the keys": () => [...Deno.readDirSync(`${flags.key}/..`)],
  "read the roster": () => Deno.readTextFileSync(flags.cluster),
  "read elsewhere": () => Deno.readTextFileSync("/etc/hosts"),
  "write beside its data": () => Deno.writeTextFileSync(`${flags.data}.probe`, ""),
  "run a program": () => new Deno.Command("true").outputSync(),
  "load native code": () => Deno.dlopen("libc.so.6", {}),
  "read the environment": () => Deno.env.get("PREBUILDS_ONLY"),
  "listen elsewhere": () => Deno.listen({ hostname: "127.0.0.1", port: 0 }).close(),
  "connect elsewhere": () => connect("127.0.0.1", 9),
  "connect to a client port": () => connect(replica.line.host, replica.line.clientPort + 3),
  "connect to a peer": () => connect(replica.line.host, replica.line.peerPort + 3),
};

const tried: Record<string, string> = {};
for (const [what, attempt] of Object.entries(attempts)) tried[what] = await outcome(attempt);
for (const name of ["import", "sys"] as const) {
  tried[name] = Deno.permissions.querySync({ name } as Deno.PermissionDescriptor).state;
}
await replica.stop();
console.log(JSON.stringify(tried));

async function outcome(attempt: () => unknown): Promise<string> {
  try {
    await attempt();
    return "done";
  } catch (error) {
    return error instanceof Deno.errors.NotCapable ? "forbidden" : "done";
  }
}

async function connect(hostname: string, port: number): Promise<void> {
  (await Deno.connect({ hostname, port })).close();
}
