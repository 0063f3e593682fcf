/** The remains of a start that fails; starts that succeed are tested as processes. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ConfigError } from "../crypto/config_error.ts";
import { readKeyFile } from "../crypto/keys/key_file.ts";
import { generateCluster } from "../crypto/roster/generate_cluster.ts";
import { readSignedRoster } from "../crypto/roster/parse_roster.ts";
import { loadBackend } from "../crypto/signing/load_backend.ts";
import { type StartOptions, startReplica } from "./start_replica.ts";
import { StorageError } from "./storage/port.ts";

/** Calls `body` with options of a replica whose data directory is a file, and with its recording's path. */
async function withUnusableDirectory(body: (options: StartOptions, record: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    const options = { out: dir, replicas: 4, clients: 1, host: "127.0.0.1", basePort: 4000 };
    const { operatorKey } = await generateCluster(options);
    const key = await readKeyFile(`${dir}/r1.key`);
    const loaded = await loadBackend("noble");
    const roster = await readSignedRoster(`${dir}/cluster.json`, operatorKey, loaded.backend);
    const dataDir = `${dir}/data`;
    await Deno.writeTextFile(dataDir, "a file");
    const record = `${dir}/r1.rec`;
    await body({ roster, key, dataDir, firstStart: true, record, backend: loaded }, record);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("a directory that is not there is made at a first start only: else it is a disk that is lost or not mounted", () =>
  withUnusableDirectory(async (options, record) => {
    const [missing, empty] = [`${options.dataDir}-missing`, `${options.dataDir}-empty`];
    await Deno.mkdir(empty);
    for (const dataDir of [missing, empty]) {
      const wanted = `dataDir: given ${dataDir}, which holds nothing of a replica, wanted the one r1 ran on`;
      await assertRejects(() => startReplica({ ...options, dataDir, firstStart: false }), ConfigError, wanted);
    }
    for (const path of [missing, record]) assertThrows(() => Deno.statSync(path), Deno.errors.NotFound);
    assertEquals([...Deno.readDirSync(empty)], []);
  }));

Deno.test("a start that fails leaves no recording", () =>
  withUnusableDirectory(async (options, record) => {
    await assertRejects(() => startReplica(options), StorageError);
    assertThrows(() => Deno.statSync(record), Deno.errors.NotFound);
  }));

Deno.test("a recording that cannot be taken away does not hide why the start failed, and is logged", () =>
  withUnusableDirectory(async (options, record) => {
    const logged: string[] = [];
    const gone: StartOptions = {
      ...options,
      log: {
        log: (level, event, fields) => void logged.push(`${level} ${event} ${fields?.["reason"]}`.split(":")[0]!),
      },
      get dataDir() {
        Deno.removeSync(record);
        return options.dataDir;
      },
    };
    await assertRejects(() => startReplica(gone), StorageError);
    assertEquals(logged, ["warn start-not-undone NotFound"]);
  }));
