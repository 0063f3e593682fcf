/**
 * The client process: `deno task client --cluster FILE --key FILE [OPTIONS] COMMAND …`. `--help` lists commands, options and exit codes.
 */
import { connectOverZmq } from "./cli/connect.ts";
import { processIo } from "./cli/io.ts";
import { runCli } from "./cli/run.ts";

if (import.meta.main) Deno.exit(await runCli(Deno.args, processIo(), connectOverZmq));
