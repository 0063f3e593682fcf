/** Runs a transcript's commands on a simulated cluster and prints what happened. */
import { ConfigError } from "../../crypto/config_error.ts";
import { readBlocks } from "./blocks.ts";
import type { Command } from "./command.ts";
import { FAULT_COMMANDS } from "./fault_commands.ts";
import { RUN_COMMANDS } from "./run_commands.ts";
import { TranscriptLab } from "./transcript_lab.ts";
import { readArguments } from "./usage.ts";

const COMMANDS = [...RUN_COMMANDS, ...FAULT_COMMANDS];
const nameOf = ({ usage }: Command): string => usage.split(" ")[0]!;
const BY_NAME: ReadonlyMap<string, Command> = new Map(COMMANDS.map((command) => [nameOf(command), command]));
const WIDTH = 100;

/** Thrown when a command that was understood fails. */
export class PlayError extends Error {
  override readonly name = "PlayError";
}

export class Interpreter {
  readonly #lab = new TranscriptLab();

  /** Runs one command and returns the lines it printed. Throws ConfigError if it is not understood. */
  run(line: string): readonly string[] {
    const [name = "", ...words] = line.split(" ").filter((word) => word !== "");
    const command = BY_NAME.get(name);
    if (!command) throw new ConfigError(`given "${name}", wanted one of ${[...BY_NAME.keys()].join(" ")}`);
    command.run(this.#lab, readArguments(command.usage, words));
    const lines = this.takeLines();
    return lines.length > 0 ? lines : ["ok"];
  }

  /** Returns what a failed command printed and did not return yet. */
  takeLines(): readonly string[] {
    return this.#lab.takeLines();
  }
}

/**
 * Plays the transcript `text` of file `name`, and yields its expected text block by block. Throws ConfigError if a command is not
 * understood and PlayError if one fails, with file and line.
 */
export function* play(name: string, text: string): Generator<string> {
  const interpreter = new Interpreter();
  for (const { line, kind, text: block } of readBlocks(name, text)) {
    if (kind === "comment") yield block;
    else yield `${block}\n----\n${runAt(`${name}:${line}`, interpreter, block).join("\n")}`;
  }
}

function runAt(place: string, interpreter: Interpreter, command: string): readonly string[] {
  try {
    return interpreter.run(command);
  } catch (cause) {
    const { message } = cause as Error;
    if (cause instanceof ConfigError) throw new ConfigError(`${place}: ${message}`, { cause });
    const printed = interpreter.takeLines().map((line) => `\n${line}`).join("");
    throw new PlayError(`${place}: ${command}: ${message}${printed}`, { cause });
  }
}

/** Describes all commands for readers: usage, and effect. */
export const describeCommands = (): string =>
  COMMANDS.map(({ usage, about }) => `${usage}\n${wrap(about, "    ")}`).join("\n");

function wrap(text: string, indent: string): string {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < WIDTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`${indent}${word}`);
  }
  return lines.join("\n");
}
