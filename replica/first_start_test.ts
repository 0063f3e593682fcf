import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { ConfigError } from "../crypto/config_error.ts";
import { withTempDirectory } from "../tests/support/temp_directory.ts";
import { type FirstStart, noteRun, permitFirstStart } from "./first_start.ts";

const isThere = (path: string): boolean => {
  try {
    return Deno.lstatSync(path) !== null;
  } catch {
    return false;
  }
};

/** Runs `body` with a start of r1 whose key and permission are there, and whose data directory is not. */
const withStart = (body: (start: FirstStart, permission: string) => void): Promise<void> =>
  withTempDirectory((dir) => {
    const permission = `${dir}/r1.new`;
    Deno.writeTextFileSync(permission, "");
    const key = { replica: "r1", keyFile: `${dir}/r1.key`, publicKey: "02ab" };
    const start = { ...key, dataDir: `${dir}/deep/r1`, init: false, recover: false };
    body(start, permission);
    return Promise.resolve();
  });

Deno.test("a permission permits one first start and is used up; the next empty directory is refused", () =>
  withStart((start, permission) => {
    assertEquals(permitFirstStart(start), true);
    assertEquals([isThere(permission), isThere(start.dataDir)], [false, true]);
    Deno.removeSync(start.dataDir);
    const { message } = assertThrows(() => permitFirstStart(start), ConfigError);
    const permissions = [permission, `${start.dataDir}/replica.new`];
    for (const way of ["a directory that does not exist", "mount it", "--recover", "--init", ...permissions]) {
      assertStringIncludes(message, way);
    }
    assertEquals(
      isThere(start.dataDir),
      false,
      "a refused start creates nothing, so that a volume can be mounted there",
    );
    Deno.mkdirSync(start.dataDir);
    Deno.mkdirSync(`${start.dataDir}/lost+found`);
    assertThrows(() => permitFirstStart(start), ConfigError, "a directory without a database");
  }));

Deno.test("a directory that holds anything of a replica needs no permission, and uses none up", () =>
  withStart((start, permission) => {
    Deno.mkdirSync(start.dataDir, { recursive: true });
    for (
      const name of ["replica.db", "replica.known", "replica.db-wal", "replica.db.new", "replica.db.before-recovery-1"]
    ) {
      Deno.writeTextFileSync(`${start.dataDir}/${name}`, "");
      assertEquals([permitFirstStart(start), isThere(permission)], [false, true], name);
      Deno.removeSync(`${start.dataDir}/${name}`);
    }
  }));

Deno.test("a permission whose removal a crash took back permits nothing more", () =>
  withStart((start, permission) => {
    const remove = Deno.removeSync;
    // As a power cut leaves it: the content is durable, the removal was not.
    Deno.removeSync = () => {};
    try {
      assertEquals(permitFirstStart(start), true);
    } finally {
      Deno.removeSync = remove;
    }
    assertEquals([Deno.readTextFileSync(permission), permitted(start)], ["used up\n", false]);
  }));

const permitted = (start: FirstStart): boolean => {
  try {
    return permitFirstStart(start);
  } catch {
    return false;
  }
};

Deno.test("a permission in the data directory serves as well, once", () =>
  withStart((start, permission) => {
    Deno.removeSync(permission);
    Deno.mkdirSync(start.dataDir, { recursive: true });
    Deno.writeTextFileSync(`${start.dataDir}/replica.new`, "");
    assertEquals(permitFirstStart(start), true);
    assertThrows(() => permitFirstStart(start), ConfigError, "wanted the one r1 ran on");
  }));

Deno.test("--init permits a first start, uses up the permission too, and is refused where there is a database", () =>
  withStart((start, permission) => {
    assertEquals(permitFirstStart({ ...start, init: true }), true);
    assert(!isThere(permission));
    assertEquals(permitFirstStart({ ...start, init: true }), true);
    Deno.writeTextFileSync(`${start.dataDir}/replica.db`, "");
    assertThrows(() => permitFirstStart({ ...start, init: true }), ConfigError, "--init: given with");
    assertEquals(permitFirstStart(start), false);
  }));

Deno.test("--recover needs no permission and leaves it", () =>
  withStart((start, permission) => {
    assertEquals([permitFirstStart({ ...start, recover: true }), isThere(permission)], [false, true]);
  }));

Deno.test("a permission that cannot be used up permits nothing", () =>
  withStart((start, permission) => {
    Deno.removeSync(permission);
    Deno.mkdirSync(`${permission}/not-empty`, { recursive: true });
    assertThrows(() => permitFirstStart(start), ConfigError, "cannot be used up");
    assertEquals(permitFirstStart({ ...start, init: true }), true);
  }));

Deno.test("a replica that ran leaves a note: without its directory neither --init nor a permission lets it begin anew", () =>
  withStart((start, permission) => {
    const note = permission.replace(/new$/, "ran");
    noteRun(start);
    for (const wrong of [start, { ...start, init: true }]) {
      const { message } = assertThrows(() => permitFirstStart(wrong), ConfigError, `${note} says that it did`);
      for (const way of ["a directory that does not exist", "mount it", "--recover"]) {
        assertStringIncludes(message, way);
      }
      assertEquals([isThere(start.dataDir), isThere(permission)], [false, true]);
    }
    assertEquals(permitFirstStart({ ...start, recover: true }), false);
    Deno.mkdirSync(start.dataDir, { recursive: true });
    Deno.writeTextFileSync(`${start.dataDir}/replica.db`, "");
    assertEquals(permitFirstStart(start), false);
  }));

Deno.test("a note of another key says nothing, and one that cannot be written ends nothing", () =>
  withStart((start) => {
    noteRun({ ...start, publicKey: "03cd" });
    assertEquals(permitFirstStart({ ...start, init: true }), true);
    noteRun({ ...start, keyFile: `${start.keyFile}/none/r1.key` });
    noteRun(start);
    assertThrows(() => permitFirstStart({ ...start, init: true }), ConfigError, "says that it did");
  }));
