import { assert, assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import { backend } from "../../tests/support/backends.ts";
import { makeRoster } from "../../tests/support/make_roster.ts";
import { withTempDirectory } from "../../tests/support/temp_directory.ts";
import { ConfigError } from "../config_error.ts";
import { keyFileText, parseKeyFile, parseKeyIdentity, readKeyFile, unlockKeyFile, writeKeyFile } from "./key_file.ts";
import { readPassphrase } from "./passphrase.ts";
import { SCRYPT_COST } from "./sealed_secrets.ts";

const PASSPHRASE = "correct horse, 電池 staple";
const key = makeRoster({ replicas: 1, clients: 1 }).keys.get("r1")!;
const text = keyFileText(key, backend, PASSPHRASE, SCRYPT_COST.least);

/** The sealed file with fields changed, inside `sealed` or beside it. */
const changed = (change: object, sealed: object = {}): string => {
  const file = JSON.parse(text);
  return JSON.stringify({ ...file, ...change, sealed: { ...file.sealed, ...sealed } });
};
const refused = (given: string, message: string, passphrase: string | null = PASSPHRASE) =>
  assertThrows(() => parseKeyFile(given, backend, passphrase), ConfigError, message);

Deno.test("a sealed key file opens with its passphrase, and shows who it is for without", () => {
  assertEquals(parseKeyFile(text, backend, PASSPHRASE), key);
  for (const secret of [key.secretKey, key.curveSecretKey]) assert(!text.includes(secret));
  const { secretKey: _, curveSecretKey: __, ...identity } = key;
  assertEquals(parseKeyIdentity(text, backend), { ...identity, sealed: true });
  assertEquals(parseKeyIdentity(keyFileText(key, backend), backend), { ...identity, sealed: false });
  assertNotEquals(keyFileText(key, backend, PASSPHRASE, SCRYPT_COST.least), text, "salt and nonce are fresh");
});

Deno.test("a passphrase that is wrong, missing or superfluous is told in plain words", () => {
  refused(text, "$.sealed: given another passphrase, or a file that was altered, wanted", `${PASSPHRASE} `);
  refused(text, "$.sealed: given none, wanted a passphrase to open this key file with: --passphrase-file", null);
  refused(keyFileText(key, backend), "$: given a plain key file and a passphrase, wanted a sealed one, or no");
});

Deno.test("every field of a sealed file is authenticated with the secrets", () => {
  const other = makeRoster({ replicas: 1, clients: 1 }).keys.get("r1")!;
  const altered = "another passphrase, or a file that was altered";
  const { publicKey, curvePublicKey, operatorKey } = other;
  for (const change of [{ id: "r2" }, { kind: "client" }, { cluster: "x" }, { publicKey }, { curvePublicKey }]) {
    refused(changed(change), altered);
  }
  refused(changed({ operatorKey }), altered);
  const { salt, nonce, box } = JSON.parse(text).sealed;
  for (const [name, value] of Object.entries({ salt, nonce, box })) {
    const flipped = `${value[0] === "0" ? "1" : "0"}${value.slice(1)}`;
    refused(changed({}, { [name]: flipped }), altered);
  }
  refused(changed({}, { n: 2 * SCRYPT_COST.least }), altered);
});

Deno.test("a hostile file costs no more than the bound: it is refused before anything is computed", () => {
  const cases: readonly (readonly [object, string])[] = [
    [{ n: 2 * SCRYPT_COST.most }, `$.sealed.n: given ${2 * SCRYPT_COST.most}, wanted an integer from 16384 to 262144`],
    [{ n: 2 ** 53 }, "$.sealed.n: given 9007199254740992"],
    [{ n: 1 }, "$.sealed.n: given 1"],
    [{ n: -16384 }, "$.sealed.n: given -16384"],
    [{ n: SCRYPT_COST.least + 1 }, "wanted a power of two"],
    [{ n: "16384" }, '$.sealed.n: given "16384"'],
    [{ r: 1024 }, "$.sealed.r: given 1024, wanted an integer from 8 to 8"],
    [{ p: 2 ** 30 }, "$.sealed.p: given 1073741824, wanted an integer from 1 to 1"],
    [{ kdf: "none" }, '$.sealed.kdf: given "none", wanted "scrypt"'],
    [{ cipher: "aes-256-ctr" }, 'wanted "aes-256-gcm"'],
    [{ salt: "" }, "$.sealed.salt: given"],
    [{ nonce: "AB".repeat(12) }, "$.sealed.nonce: given"],
    [{ box: "00" }, "$.sealed.box: given"],
    [{ extra: 1 }, 'an unknown field "extra"'],
  ];
  for (const [change, message] of cases) refused(changed({}, change), message);
  for (const sealed of [null, [], "x", 7, {}]) {
    refused(JSON.stringify({ ...JSON.parse(text), sealed }), "$.sealed: given");
  }
  assertThrows(() => parseKeyIdentity(changed({}, { n: 2 ** 40 }), backend), ConfigError, "$.sealed.n: given");
});

Deno.test("a passphrase is one line of a private file", () =>
  withTempDirectory(async (directory) => {
    const path = `${directory}/passphrase`;
    const write = (content: string) => Deno.writeTextFile(path, content, { mode: 0o600 });
    for (const end of ["", "\n", "\r\n"]) {
      await write(PASSPHRASE + end);
      assertEquals(await readPassphrase(path), PASSPHRASE);
    }
    assertEquals(await readPassphrase(null), null);
    const cases = {
      "short": "given 5 bytes, wanted a passphrase of 8 to 1024 bytes on one line",
      "": "given 0 bytes",
      "two lines\n of it": "given more than one line",
      [`${"x".repeat(1025)}`]: "given 1025 bytes",
      [`${"x".repeat(1027)}`]: "given more than 1026 bytes",
    };
    for (const [content, message] of Object.entries(cases)) {
      await write(content);
      const error = await assertRejects(() => readPassphrase(path), ConfigError, message);
      assert(content === "" || !error.message.includes(content));
    }
    await write(PASSPHRASE);
    const sealed = `${directory}/r1.key`;
    await writeKeyFile(sealed, key, backend, PASSPHRASE);
    assertEquals(await unlockKeyFile(sealed, path, backend), key);
    await assertRejects(() => readKeyFile(sealed, backend), ConfigError, `${sealed}: $.sealed: given none`);
    if (Deno.build.os === "windows") return; // no permission bits there
    await Deno.chmod(path, 0o644);
    await assertRejects(() => readPassphrase(path), ConfigError, "wanted a passphrase that only its owner can read");
  }));
