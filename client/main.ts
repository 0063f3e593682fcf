/**
 * The client process: `deno task client --cluster FILE --key FILE [OPTIONS] COMMAND …`. `--help` lists commands, options and exit codes.
 */
import { dropLoadingPermissions } from "../crypto/drop_permissions.ts";
import { type Connect, connectOverZmq } from "./cli/connect.ts";
import { processIo } from "./cli/io.ts";
import { runCli } from "./cli/run.ts";

/** Whatever replicas and files say then meets a process that loads no more code. */
const connectAndDrop: Connect = async (globals) => {
  const client = await connectOverZmq(globals);
  if (globals.transport === "zmtp") dropLoadingPermissions();
  return client;
};

if (import.meta.main) Deno.exit(await runCli(Deno.args, processIo(), connectAndDrop));
