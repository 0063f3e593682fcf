/** A disk that refuses under a backup: the file is named, and nothing is left of it. */
import { assertEquals, assertRejects } from "@std/assert";
import { Scratch } from "../../client/backup/scratch.ts";
import { takeBackup } from "../../client/backup/take_backup.ts";
import { KvStore } from "../../state_machine/mod.ts";
import { backend } from "../support/backends.ts";
import { CodedError } from "../support/coded_error.ts";
import { withTempDirectory } from "../support/temp_directory.ts";
import { BackupLab } from "./backup_lab.ts";
import { labSources } from "./backup_sources_lab.ts";

Deno.test("backup: a disk that is full is told with the file's name, and nothing is left there", () =>
  withTempDirectory(async (directory) => {
    const history = new BackupLab({ entries: 17 });
    const sources = labSources(history, { checkpoint: 10, commitIndex: 17, base: 5 }, {});
    const execute = () => Promise.resolve({ result: new Uint8Array(), index: 17 });
    const path = `${directory}/backup`;
    const { put } = Scratch.prototype;
    Scratch.prototype.put = () => {
      throw new CodedError("No space left on device (os error 28)", "ENOSPC");
    };
    try {
      const client = { sources, roster: history.roster, files: history.files, execute };
      const error = await assertRejects(() => takeBackup(client, { path, backend, machine: new KvStore() }));
      assertEquals((error as Error).message, `${path}: No space left on device (os error 28)`);
    } finally {
      Scratch.prototype.put = put;
    }
    assertEquals([...Deno.readDirSync(directory)], []);
  }));
