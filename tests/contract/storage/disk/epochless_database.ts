/** A data directory as the version of the program before epochs left it: the same log, and a database that knows of none. */
import { DatabaseSync } from "node:sqlite";
import { sha256Hex } from "../../../../crypto/digest.ts";
import { checksum } from "../../../../replica/storage/sqlite/sqlite_row.ts";
import { fill } from "./filled_disk.ts";
import { copyDir } from "./storage_disk_lab.ts";

const EVIDENCE =
  "CREATE TABLE evidence (seq INTEGER PRIMARY KEY, body BLOB NOT NULL, checksum BLOB NOT NULL) STRICT; PRAGMA user_version = 4;";

/** Fills a disk as that version did; the last write is left in SQLite's own log, as a killed process leaves it, if `killed`. */
export function fillEpochless(dir: string, killed = false): void {
  const place = killed ? `${dir}/scratch` : dir;
  fill(place);
  using db = new DatabaseSync(`${place}/replica.db`);
  const bodies = db.prepare("SELECT body FROM evidence ORDER BY seq").all().map(({ body }) => body as Uint8Array);
  db.exec(`PRAGMA journal_mode = WAL; BEGIN; DROP TABLE evidence; DROP TABLE epochs; ${EVIDENCE} COMMIT`);
  db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  for (const body of bodies) {
    db.prepare("INSERT INTO evidence (body, checksum) VALUES (?, ?)").run(body, checksum([body]));
  }
  writeKnown(place);
  if (killed) copyDir(place, dir);
  db.close();
  if (killed) Deno.removeSync(place, { recursive: true });
}

/** Writes the numbers of what was durable last as that version did: without an epoch. */
function writeKnown(dir: string): void {
  const path = `${dir}/replica.known`;
  const numbers = Deno.readTextFileSync(path).trim().split(" ").slice(3, -1);
  const text = ["bft-raft-last-known-2", ...numbers].join(" ");
  Deno.writeTextFileSync(path, `${text} ${sha256Hex(new TextEncoder().encode(text))}`.padEnd(512));
}
