/** Beginning a recovery (§8.4): the files set aside, those left alone, and a start after a crash at any moment of it. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { digest, replicaId } from "../../../../protocol/ids.ts";
import { beginRecovery } from "../../../../replica/storage/disk/disk_recover.ts";
import { StorageError } from "../../../../replica/storage/port.ts";
import * as fx from "../storage_fixtures.ts";
import { dyingAt } from "./file_spy.ts";
import { openIn, optionsIn, SEGMENT, withDir } from "./storage_disk_lab.ts";

const FIRST = digest("ab".repeat(32));
const SECOND = digest("cd".repeat(32));
const SNAPSHOT = fx.snapshot(fx.chunk("state", 9000));
const LOG = fx.grow(fx.GENESIS, 3, 1);

const namesIn = (dir: string): string[] => [...Deno.readDirSync(dir)].map(({ name }) => name).toSorted();

/** Returns the recovery that an ordinary start finds, null if there is none. */
function recoveryIn(dir: string) {
  const storage = openIn(dir);
  try {
    return storage.load().hardState.recovery;
  } finally {
    storage.close();
  }
}

/** Writes a disk that has signed something. */
function fill(dir: string): void {
  const storage = openIn(dir);
  const head = fx.endOf(LOG);
  storage.commit([fx.hardState(1), fx.append(LOG), fx.commit(1, head), fx.chunks(SNAPSHOT.chunks)], [fx.acks(1, head)]);
  storage.close();
}

/** Changes the first byte of the last occurrence of `text` in a file. */
function damage(dir: string, text: string, file = "replica.db"): void {
  const bytes = Deno.readFileSync(`${dir}/${file}`);
  const place = new TextDecoder("latin1").decode(bytes).lastIndexOf(text);
  assert(place > 0, `${text} is not in ${file}`);
  bytes[place]! ^= 1;
  Deno.writeFileSync(`${dir}/${file}`, bytes);
}

/** Changes an entry in the log. */
const damageLog = (dir: string): void => damage(dir, "a-2", SEGMENT);

Deno.test("a recovery begins in an empty directory, or in none, and goes on under its first name", () =>
  withDir((dir) => {
    for (const place of [dir, `${dir}/deep/er`]) {
      assertEquals(beginRecovery(optionsIn(place), FIRST), { aside: [], reason: null });
      assertEquals(recoveryIn(place), { nonce: FIRST, bar: null });
      // The flag may stay on the command line.
      assertEquals(beginRecovery(optionsIn(place), SECOND), { aside: [], reason: null });
      assertEquals(recoveryIn(place), { nonce: FIRST, bar: null });
    }
  }));

Deno.test("a sound disk is not recovered from: it is left as it is, and the way on is said", () =>
  withDir((dir) => {
    fill(dir);
    const before = namesIn(dir);
    const error = assertThrows(() => beginRecovery(optionsIn(dir), FIRST), StorageError, "is sound");
    assertStringIncludes(error.message, "start without --recover");
    assertEquals([error.damaged, error.refused], [false, false]);
    assertEquals([namesIn(dir), recoveryIn(dir)], [before, null]);
  }));

Deno.test("a recovery that has ended leaves a sound disk", () =>
  withDir((dir) => {
    beginRecovery(optionsIn(dir), FIRST);
    const storage = openIn(dir);
    const bar = { nonce: FIRST, bar: fx.vote(2, "r2").term };
    storage.commit([fx.hardState(2, { recovery: bar }), fx.hardState(3)], []);
    storage.close();
    assertThrows(() => beginRecovery(optionsIn(dir), SECOND), StorageError, "is sound");
  }));

Deno.test("damaged disks are set aside one after the other, and nothing of them is lost", () =>
  withDir((dir) => {
    for (const number of [1, 2]) {
      if (number === 1) fill(dir);
      if (number === 1) damageLog(dir);
      else damage(dir, fx.CLUSTER);
      const files = ["replica.db", SEGMENT].map((name) => Deno.readFileSync(`${dir}/${name}`));
      const { aside, reason } = beginRecovery(optionsIn(dir), number === 1 ? FIRST : SECOND);
      const name = `replica.db.before-recovery-${number}`;
      assertEquals(aside, [name, `${name}-log-0000000001`, `${name}-known`]);
      assertStringIncludes(
        reason!,
        number === 1 ? "was written whole and is wrong" : "checksum of the value of disk.cluster",
      );
      assertEquals(aside.slice(0, 2).map((file) => Deno.readFileSync(`${dir}/${file}`)), files);
      assertEquals(recoveryIn(dir), { nonce: number === 1 ? FIRST : SECOND, bar: null });
    }
  }));

Deno.test("a disk with a damaged chunk, one that is out of date, and one that lost its tail can be recovered from", () => {
  const cases: readonly (readonly [string, (dir: string) => void])[] = [
    ["is not what was written", (dir) => damage(dir, "statestate")],
    ["others show acks of term 9", (dir) => {
      const storage = openIn(dir);
      storage.markOutdated("others show acks of term 9");
      storage.close();
    }],
    ["is older than it was", (dir) => {
      Deno.copyFileSync(`${dir}/${SEGMENT}`, `${dir}/older`);
      const storage = openIn(dir);
      storage.commit([fx.hardState(2)], []);
      storage.close();
      Deno.renameSync(`${dir}/older`, `${dir}/${SEGMENT}`);
    }],
    ["has no segment", (dir) => Deno.removeSync(`${dir}/${SEGMENT}`)],
    ["not a replica's database", (dir) => Deno.writeTextFileSync(`${dir}/replica.db`, "")],
    ["is damaged", (dir) => Deno.writeTextFileSync(`${dir}/replica.db`, "no database".repeat(500))],
  ];
  for (const [message, spoil] of cases) {
    withDir((dir) => {
      fill(dir);
      spoil(dir);
      const { reason } = beginRecovery(optionsIn(dir), FIRST);
      assertStringIncludes(reason!, message);
      assertEquals(recoveryIn(dir), { nonce: FIRST, bar: null });
    });
  }
});

Deno.test("a database that was moved away can be recovered from, with what it left behind", () =>
  withDir((dir) => {
    fill(dir);
    Deno.renameSync(`${dir}/replica.db`, `${dir}/elsewhere`);
    Deno.writeTextFileSync(`${dir}/replica.db-wal`, "left over");
    assertThrows(() => openIn(dir), StorageError, "the database is lost");
    const { aside } = beginRecovery(optionsIn(dir), FIRST);
    assertEquals(aside.map((name) => name.replace("replica.db.before-recovery-1", "")), [
      "-wal",
      "-log-0000000001",
      "-known",
    ]);
    assertEquals(recoveryIn(dir), { nonce: FIRST, bar: null });
  }));

Deno.test("a disk in use, another replica's, or one of a later version is left alone", () =>
  withDir((dir) => {
    fill(dir);
    const before = namesIn(dir);
    const storage = openIn(dir);
    assert(assertThrows(() => beginRecovery(optionsIn(dir), FIRST), StorageError, "in use by another process").refused);
    storage.close();
    const other = { ...optionsIn(dir), replica: replicaId("r2") };
    assertThrows(() => beginRecovery(other, FIRST), StorageError, "belongs to cluster");
    assertEquals([namesIn(dir), recoveryIn(dir)], [before, null]);
  }));

Deno.test("⚠ whenever a recovery dies, no ordinary start forgets what was signed; begun again it succeeds", () => {
  let deaths = 0;
  for (let at = 0;; at++) {
    let died = false;
    withDir((dir) => {
      fill(dir);
      damageLog(dir);
      died = dyingAt(at, () => void beginRecovery(optionsIn(dir), FIRST));
      if (!died) return;
      deaths++;
      // Either it is refused, or it is the recovery that was begun: never a fresh disk.
      try {
        assertEquals(recoveryIn(dir)?.nonce, FIRST);
      } catch (error) {
        if (!(error instanceof StorageError)) throw error;
        assert(error.damaged, error.message);
      }
      beginRecovery(optionsIn(dir), SECOND);
      assert(recoveryIn(dir) !== null);
      const aside = namesIn(dir).filter((name) => /^replica\.db\.before-recovery-\d+$/.test(name));
      assertEquals(aside.length, 1, "the damaged database is kept");
    });
    if (!died) break;
  }
  assert(deaths >= 10, `it died ${deaths} times`);
});

Deno.test("⚠ a directory whose database was set aside, and nothing put in its place, is no empty one", () =>
  withDir((dir) => {
    fill(dir);
    damageLog(dir);
    beginRecovery(optionsIn(dir), FIRST);
    Deno.removeSync(`${dir}/replica.db`);
    assertThrows(() => openIn(dir), StorageError, "before-recovery-1");
  }));
