/** Databases that another version of the program wrote are refused, whatever is asked for, and left as they are. */
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { ConfigError } from "../../../../crypto/config_error.ts";
import { sha256Hex } from "../../../../crypto/digest.ts";
import { beginRecovery } from "../../../../replica/storage/disk/disk_recover.ts";
import { openDiskStorage, reopenDiskStorage } from "../../../../replica/storage/disk/disk_storage.ts";
import { APPLICATION_ID, SCHEMA_VERSION } from "../../../../replica/storage/sqlite/sqlite_schema.ts";
import { WIRE_VERSION } from "../../../../transport/codec/mod.ts";
import { copyDir, optionsIn, withDir } from "./storage_disk_lab.ts";

/** Leaves in `dir` what a crash of another version would: a database, and writes beside it that are not in it yet. */
function writeOther(dir: string, version: number): void {
  const scratch = `${dir}/scratch`;
  Deno.mkdirSync(scratch);
  const db = new DatabaseSync(`${scratch}/replica.db`);
  db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${version}; PRAGMA journal_mode = WAL`);
  db.exec("CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)");
  copyDir(scratch, dir);
  db.close();
  Deno.removeSync(scratch, { recursive: true });
}

const filesIn = (dir: string): string[] =>
  [...Deno.readDirSync(dir)].map(({ name }) => `${name} ${sha256Hex(Deno.readFileSync(`${dir}/${name}`))}`).toSorted();

const WAYS = {
  "opened": openDiskStorage,
  "opened again": reopenDiskStorage,
  "recovered from": (options: ReturnType<typeof optionsIn>) => beginRecovery(options, sha256Hex(Uint8Array.of(1))),
};

for (
  const [version, writer, wayOn] of [
    [1, "an earlier version", "--init"],
    [2, "an earlier version", "--init"],
    [SCHEMA_VERSION + 1, "a later version", "Go on with that version"],
  ] as const
) {
  for (const [way, use] of Object.entries(WAYS)) {
    Deno.test(`sqlite: a database of version ${version} that is ${way} is refused and not changed`, () =>
      withDir((dir) => {
        writeOther(dir, version);
        const before = filesIn(dir);
        const { message } = assertThrows(() => use(optionsIn(dir)), ConfigError, `${dir}/replica.db: given a database`);
        for (const word of [`of version ${version}, which ${writer}`, `wanted version ${SCHEMA_VERSION}`, wayOn]) {
          assertStringIncludes(message, word);
        }
        assertEquals(filesIn(dir), before);
        assertEquals(before.map((line) => line.split(" ")[0]), ["replica.db", "replica.db-wal"]);
      }));
  }
}

Deno.test("a new wire version takes a new schema version: a database holds values of one wire version only", () => {
  assertEquals({ wire: WIRE_VERSION, schema: SCHEMA_VERSION }, { wire: 2, schema: 5 });
});
