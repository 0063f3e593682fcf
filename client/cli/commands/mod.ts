/** All commands, in the order in which help shows them. */
import { backup } from "./backup.ts";
import type { Command } from "./command.ts";
import { commandAt } from "./command_at.ts";
import { cas } from "./kv/cas.ts";
import { deleteKey } from "./kv/delete.ts";
import { get } from "./kv/get.ts";
import { lease } from "./kv/lease.ts";
import { list } from "./kv/list.ts";
import { put } from "./kv/put.ts";
import { range } from "./kv/range.ts";
import { txn } from "./kv/txn.ts";
import { watch } from "./kv/watch.ts";
import { reconfigure } from "./reconfigure.ts";
import { restore } from "./restore.ts";
import { roster } from "./roster.ts";
import { serve } from "./serve.ts";
import { activate, deactivate } from "./set_active.ts";
import { shell } from "./shell.ts";
import { status } from "./status.ts";
import { verify } from "./verify.ts";

const COMMANDS: ReadonlyMap<string, Command> = new Map(
  [
    ...[put, get, cas, deleteKey, list, range, watch, txn, lease, commandAt, status, activate, deactivate],
    ...[roster, reconfigure, backup, restore, verify, serve, shell],
  ].map((command) => [command.name, command]),
);

/** Returns the names of all commands. */
export const commandNames = (): string[] => [...COMMANDS.keys()];
/** Returns the command of that name. */
export const findCommand = (name: string): Command | undefined => COMMANDS.get(name);
