/**
 * The client process: `deno task client --cluster FILE --key FILE [OPTIONS] COMMAND …`. Commands, options and exit codes are in `--help`.
 */
import { connectOverZmq } from "./cli/connect.ts";
import { processIo } from "./cli/io.ts";
import { runCli } from "./cli/run.ts";

if (import.meta.main) Deno.exit(await runCli(Deno.args, processIo(), connectOverZmq));
