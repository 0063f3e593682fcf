/** The shape of the client process's commands. */
import type { Json } from "../../calls/json_payload.ts";
import type { Client } from "../../client_types.ts";
import type { ExitCode } from "../common/exit_codes.ts";
import type { GlobalOptions } from "../common/global_options.ts";

/** The context of a command that runs without a connection. */
export interface OfflineCall {
  readonly globals: GlobalOptions;
  readonly operands: readonly string[];
  /** The command's own options that were given; a flag's value is "". */
  readonly options: Readonly<Record<string, string>>;
  /** Shows the progress if standard error is a terminal; an empty line removes it. */
  readonly progress: (line: string) => void;
}

/** The context of a command. */
export interface CommandCall extends OfflineCall {
  readonly client: Client;
  /** Reads all of standard input. Rejects with `UsageError` if that is longer than `maxBytes`. */
  readonly readStdin: (maxBytes: number) => Promise<Uint8Array>;
  /** Prints a line on standard output before the command has ended. Throws `OutputError` if that takes no more. */
  readonly emit: (line: string) => void;
  /** True if a person reads along: nothing that could control a terminal is then printed. */
  readonly terminal: boolean;
}

/** The result of a command. */
export interface CommandResult {
  readonly exitCode: ExitCode;
  /** Members of the JSON value; `ok` is added. */
  readonly json: { readonly [name: string]: Json };
  /** Text for people on standard output, without a final line end. */
  readonly output?: string | Uint8Array;
  /** True if `output` is all there is to print, without a line end behind it. */
  readonly exact?: boolean;
  /** Text for people on standard error. */
  readonly message?: string;
}

/** An option of one command. */
export interface CommandOption {
  /** Name of its value in the help; null for a flag. */
  readonly value: string | null;
  readonly summary: string;
}

export interface Command {
  readonly name: string;
  readonly usage: string;
  readonly summary: string;
  /** Further lines of the help. */
  readonly notes: readonly string[];
  /** Minimum and maximum number of operands. */
  readonly operands: readonly [number, number];
  readonly options: Readonly<Record<string, CommandOption>>;
  /** True if it shows its own progress; of any other a person is told that it waits. */
  readonly showsProgress?: true;
  /** Returns how to run it with these options without a connection, or null if it needs one. */
  readonly offline?: (
    options: Readonly<Record<string, string>>,
  ) => ((call: OfflineCall) => Promise<CommandResult>) | null;
  /** Null for the shell, which the process itself runs. */
  readonly run: ((call: CommandCall) => Promise<CommandResult>) | null;
}
