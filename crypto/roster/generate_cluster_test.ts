import { assert, assertEquals, assertRejects } from "@std/assert";
import { backend } from "../../tests/support/backends.ts";
import { withTempDirectory } from "../../tests/support/temp_directory.ts";
import { ConfigError } from "../config_error.ts";
import { readKeyFile } from "../keys/key_file.ts";
import type { SignatureBackend } from "../signing/backend.ts";
import { type ClusterOptions, generateCluster, permissionOf } from "./generate_cluster.ts";
import { requireMember } from "./key_ring.ts";
import { readRoster } from "./parse_roster.ts";

const names = (directory: string): string[] => [...Deno.readDirSync(directory)].map((entry) => entry.name).sort();

const withOptions = (body: (options: ClusterOptions) => Promise<void>): Promise<void> =>
  withTempDirectory((directory) =>
    body({ out: `${directory}/new`, replicas: 4, clients: 2, host: "127.0.0.1", basePort: 7000, backend })
  );

Deno.test("writes keys that belong to the roster, and a roster that the pinned operator signed", () =>
  withOptions(async (options) => {
    const roster = await generateCluster(options);
    const files = ["c1.key", "c2.key", "cluster.json", "operator.key", "r1.key", "r2.key", "r3.key", "r4.key"];
    const permissions = ["r1.new", "r2.new", "r3.new", "r4.new"];
    assertEquals(names(options.out), [...files, ...permissions].sort());
    assertEquals(permissionOf(`${options.out}/r3.key`), `${options.out}/r3.new`);
    assert(/^bft-raft-[0-9a-f]{8}$/.test(roster.cluster));
    for (const file of files.filter((name) => name.endsWith(".key"))) {
      const key = await readKeyFile(`${options.out}/${file}`, backend);
      assertEquals(`${key.id}.key`, file);
      assertEquals(await readRoster(`${options.out}/cluster.json`, key.operatorKey, backend), roster);
      requireMember(roster, key);
    }
  }));

Deno.test("one host takes three ports a replica, a list of hosts the same three everywhere", () =>
  withOptions(async (options) => {
    const one = await generateCluster(options);
    const addresses = (roster: typeof one) =>
      roster.replicas.map(({ host, peerPort, publishPort, clientPort }) => [host, peerPort, publishPort, clientPort]);
    assertEquals(addresses(one), [0, 1, 2, 3].map((i) => ["127.0.0.1", 7000 + 3 * i, 7001 + 3 * i, 7002 + 3 * i]));
    const hosts = ["a", "b", "c", "d"];
    const many = await generateCluster({ ...options, out: `${options.out}2`, host: hosts, cluster: "prod" });
    assertEquals(addresses(many), hosts.map((host) => [host, 7000, 7001, 7002]));
    assertEquals(many.cluster, "prod");
  }));

Deno.test("names every file in the way and writes none", () =>
  withOptions(async (options) => {
    await Deno.mkdir(options.out);
    await Deno.writeTextFile(`${options.out}/r3.key`, "precious");
    await Deno.mkdir(`${options.out}/cluster.json`);
    const error = await assertRejects(() => generateCluster(options), ConfigError);
    assert(error.message.startsWith(`${options.out}/r3.key, ${options.out}/cluster.json: given a file that exists`));
    assertEquals(names(options.out), ["cluster.json", "r3.key"]);
    assertEquals(await Deno.readTextFile(`${options.out}/r3.key`), "precious");
  }));

Deno.test("takes back what it wrote where a file appears in the way meanwhile", () =>
  withOptions(async (options) => {
    const parent = options.out.slice(0, -"/new".length);
    const isWriting = () => names(parent).includes("new");
    const intruding: SignatureBackend = {
      ...backend,
      publicKey(secretKey) {
        // Called for each key file just before it is written; the directory exists only then.
        if (isWriting()) Deno.writeTextFileSync(`${options.out}/c2.key`, "precious");
        return backend.publicKey(secretKey);
      },
    };
    await assertRejects(() => generateCluster({ ...options, backend: intruding }), ConfigError, "c2.key: given a file");
    assertEquals(names(options.out), ["c2.key"]);
    assertEquals(await Deno.readTextFile(`${options.out}/c2.key`), "precious");
  }));

Deno.test("options out of range are refused before anything is written", () =>
  withOptions(async (options) => {
    const cases: readonly (readonly [Partial<ClusterOptions>, string])[] = [
      [{ replicas: 0 }, "replicas: given 0, wanted an integer from 1 to 64"],
      [{ replicas: 65 }, "replicas: given 65"],
      [{ clients: -1 }, "clients: given -1, wanted an integer from 0 to 4096"],
      [{ host: ["a", "b"] }, "hosts: given 2, wanted one for each of the 4 replicas"],
      [{ host: ["a", "a", "b", "c"] }, "the address a port 7000 a second time"],
      [{ host: "a b" }, '$.roster.replicas[0].host: given "a b"'],
      [{ basePort: 65_530 }, "$.roster.replicas[2].peerPort: given 65536"],
      [{ cluster: "no/slash" }, '$.roster.cluster: given "no/slash"'],
      [{ constants: { sessionWindow: 3 } }, "$.roster.constants.sessionWindow: given 3"],
    ];
    for (const [change, message] of cases) {
      await assertRejects(() => generateCluster({ ...options, ...change }), ConfigError, message);
    }
    await assertRejects(() => Deno.stat(options.out), Deno.errors.NotFound);
  }));
