import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { backend } from "../../tests/support/backends.ts";
import { newMemberKeys } from "../../tests/support/make_roster.ts";
import { withTempDirectory } from "../../tests/support/temp_directory.ts";
import { ConfigError } from "../config_error.ts";
import { type KeyFile, keyFileText, parseKeyFile, readKeyFile, writeKeyFile } from "./key_file.ts";

function newKey(): KeyFile {
  const operatorKey = newMemberKeys().publicKey;
  return { kind: "replica", id: "r1", cluster: "test", ...newMemberKeys(), operatorKey };
}

/** The fields of a key file as they are parsed. */
const fieldsOf = (key: KeyFile) => ({ version: 2, ...key });

Deno.test("a key file reads back as written, mode 0600, nothing else left behind", () =>
  withTempDirectory(async (directory) => {
    const [path, key] = [`${directory}/r1.key`, newKey()];
    await writeKeyFile(path, key, backend);
    assertEquals(await readKeyFile(path, backend), key);
    assertEquals(((await Deno.stat(path)).mode ?? 0o600) & 0o777, 0o600);
    assertEquals([...Deno.readDirSync(directory)].map((entry) => entry.name), ["r1.key"]);
  }));

Deno.test("an existing file is never overwritten", () =>
  withTempDirectory(async (directory) => {
    const path = `${directory}/r1.key`;
    await Deno.writeTextFile(path, "precious");
    await assertRejects(() => writeKeyFile(path, newKey(), backend), ConfigError, `${path}: given a file that exists`);
    assertEquals(await Deno.readTextFile(path), "precious");
    assertEquals([...Deno.readDirSync(directory)].length, 1);
  }));

Deno.test({
  name: "a key file that group or others can read is refused, with the command that mends it",
  ignore: Deno.build.os === "windows", // no permission bits there
  fn: () =>
    withTempDirectory(async (directory) => {
      const [path, key] = [`${directory}/r1.key`, newKey()];
      await writeKeyFile(path, key, backend);
      for (const mode of [0o640, 0o604, 0o620, 0o601, 0o644]) {
        await Deno.chmod(path, mode);
        const error = await assertRejects(() => readKeyFile(path, backend), ConfigError, `run: chmod 600 ${path}`);
        assert(error.message.includes(`given mode 0${mode.toString(8)}`));
      }
      await Deno.chmod(path, 0o400);
      assertEquals(await readKeyFile(path, backend), key);
    }),
});

Deno.test("missing, long, binary and non-file paths are refused by name", () =>
  withTempDirectory(async (directory) => {
    const path = `${directory}/r1.key`;
    const refused = (message: string) =>
      assertRejects(() => readKeyFile(path, backend), ConfigError, `${path}: ${message}`);
    await refused("given the name of no file");
    await Deno.writeFile(path, Uint8Array.of(0xff, 0xfe), { mode: 0o600 });
    await refused("given bytes that are no UTF-8");
    await Deno.writeTextFile(path, " ".repeat(4097));
    await refused("given more than 4096 bytes");
    await Deno.writeTextFile(path, "{");
    await refused("$: given 1 characters that are no JSON");
    await Deno.remove(path);
    await Deno.mkdir(path);
    await refused("given no plain file");
  }));

Deno.test("a key that is not sound is not written", () =>
  withTempDirectory(async (directory) => {
    const path = `${directory}/r1.key`;
    const error = { ...newKey(), publicKey: newKey().publicKey };
    await assertRejects(() => writeKeyFile(path, error, backend), ConfigError, `${path}: $.publicKey: given`);
    assertEquals([...Deno.readDirSync(directory)].length, 0);
  }));

Deno.test("every field is checked, and no message holds the secret", () => {
  const key = newKey();
  const stranger = newKey();
  const cases: readonly (readonly [Partial<Record<keyof KeyFile | "extra" | "version", unknown>>, string])[] = [
    [{ kind: "observer" }, '$.kind: given "observer", wanted "operator", "replica" or "client"'],
    [{ kind: 7 }, "$.kind: given 7"],
    [{ id: "" }, '$.id: given "", wanted 1 to 64 of'],
    [{ id: "../r1" }, '$.id: given "../r1"'],
    [{ id: "x".repeat(65) }, "$.id: given"],
    [{ id: "operator" }, '$.id: given "operator", wanted the id of a replica'],
    [{ kind: "operator" }, '$.id: given "r1", wanted "operator" for a key of kind operator'],
    [{ kind: "operator", id: "operator" }, "wanted its own publicKey"],
    [{ cluster: null }, "$.cluster: given null"],
    [
      { secretKey: key.secretKey.toUpperCase() + "A" },
      "$.secretKey: given 65 characters (not shown), wanted 64 lower-case",
    ],
    [{ secretKey: 12 }, "$.secretKey: given something of type number"],
    [{ secretKey: "0".repeat(64) }, "$.secretKey: given one outside that range (not shown)"],
    [{ secretKey: stranger.secretKey }, "$.publicKey: given"],
    [{ publicKey: stranger.publicKey }, `wanted the public key of secretKey, "${key.publicKey}"`],
    [{ operatorKey: key.operatorKey.slice(2) }, "$.operatorKey: given"],
    [{ operatorKey: "05" + key.operatorKey.slice(2) }, "wanted a compressed point of secp256k1"],
    [{ operatorKey: key.publicKey }, "wanted another key than the node's own publicKey"],
    [{ curveSecretKey: "0".repeat(64) }, "$.curveSecretKey: given zeros, wanted one that is not all zero"],
    [{ curveSecretKey: stranger.curveSecretKey }, "$.curvePublicKey: given"],
    [{ curveSecretKey: stranger.curveSecretKey.slice(2) }, "$.curveSecretKey: given 62 characters (not shown)"],
    [{ curvePublicKey: stranger.curvePublicKey }, `the public key of curveSecretKey, "${key.curvePublicKey}"`],
    [{ curvePublicKey: key.curvePublicKey.toUpperCase() }, "wanted 64 lower-case hexadecimal digits"],
    [{ curvePublicKey: "0".repeat(64) }, "wanted a CURVE public key"],
    [
      { version: undefined },
      "$.version: given nothing, wanted 2: a key file that holds a CURVE key too; make new keys",
    ],
    [{ version: 1e400 }, "$.version: given null, wanted 2"],
    [{ extra: 1 }, '$: given an unknown field "extra", wanted exactly the fields version, kind, id, cluster'],
  ];
  for (const [change, message] of cases) {
    const error = assertThrows(
      () => parseKeyFile(JSON.stringify({ ...fieldsOf(key), ...change }), backend),
      ConfigError,
      message,
    );
    for (const { secretKey, curveSecretKey } of [key, stranger]) {
      for (const secret of [secretKey, curveSecretKey]) assert(!error.message.includes(secret.slice(0, 16)));
    }
  }
  for (const name of Object.keys(key)) {
    const text = JSON.stringify({ ...fieldsOf(key), [name]: undefined });
    assertThrows(() => parseKeyFile(text, backend), ConfigError, `$: given no field "${name}"`);
  }
  for (const text of ["", "null", "[]", "7", `"${key.secretKey}`]) {
    const error = assertThrows(() => parseKeyFile(text, backend), ConfigError);
    assert(!error.message.includes(key.secretKey));
  }
});

Deno.test("an operator's key pins itself", () => {
  const keys = newMemberKeys();
  const key: KeyFile = { kind: "operator", id: "operator", cluster: "test", ...keys, operatorKey: keys.publicKey };
  assertEquals(parseKeyFile(JSON.stringify(fieldsOf(key)), backend), key);
});

Deno.test("a file cut short, or with a field twice, is refused", () => {
  const text = keyFileText(newKey(), backend);
  for (let cut = 0; cut < text.length - 2; cut++) {
    assertThrows(() => parseKeyFile(text.slice(0, cut), backend), ConfigError, "that are no JSON");
  }
  const twice = text.replace('"id": "r1"', '"id": "r1", "i\\u0064": "r2"');
  assertThrows(() => parseKeyFile(twice, backend), ConfigError, '$: given a field "id" twice, wanted each once');
});
