/** What a command of the client process is. */
import type { ExitCode } from "../common/exit_codes.ts";
import type { Client } from "../../client_types.ts";
import type { Json } from "../../calls/json_payload.ts";
import type { GlobalOptions } from "../common/global_options.ts";

/** What a command is given that talks to nobody. */
export interface OfflineCall {
  readonly globals: GlobalOptions;
  readonly operands: readonly string[];
  /** The command's own options that were given; a flag's value is "". */
  readonly options: Readonly<Record<string, string>>;
  /** Shows how far it is, where somebody watches; an empty line takes that away. */
  readonly progress: (line: string) => void;
}

/** What a command is given. */
export interface CommandCall extends OfflineCall {
  readonly client: Client;
  /** Reads a value from standard input, at most as long as a value may be. */
  readonly readStdin: () => Promise<Uint8Array>;
  /** Whether a person reads along: what could steer a terminal is not printed to one. */
  readonly terminal: boolean;
}

/** What a command brings. */
export interface CommandResult {
  readonly exitCode: ExitCode;
  /** Members of the JSON value; `ok` is added. */
  readonly json: { readonly [name: string]: Json };
  /** For people, on standard output, without a last line end. */
  readonly output?: string | Uint8Array;
  /** For people, on standard error. */
  readonly message?: string;
}

/** An option of one command. */
export interface CommandOption {
  /** What stands behind it; null for a flag. */
  readonly value: string | null;
  readonly summary: string;
}

export interface Command {
  readonly name: string;
  readonly usage: string;
  readonly summary: string;
  /** Further lines of its help. */
  readonly notes: readonly string[];
  /** Least and most operands. */
  readonly operands: readonly [number, number];
  readonly options: Readonly<Record<string, CommandOption>>;
  /** What it does with these options without any connection, or null where it needs one. */
  readonly offline?: (
    options: Readonly<Record<string, string>>,
  ) => ((call: OfflineCall) => Promise<CommandResult>) | null;
  /** Null for the shell, which the process itself runs. */
  readonly run: ((call: CommandCall) => Promise<CommandResult>) | null;
}
