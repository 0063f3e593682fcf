import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { CodedError } from "../tests/support/coded_error.ts";
import { withTempDirectory } from "../tests/support/temp_directory.ts";
import { ConfigError } from "./config_error.ts";
import { makeDirectory, pathExists, readSmallFile, unusablePath, writeNewFile } from "./files.ts";

/** Makes a FIFO; whoever opens it to read waits for a writer that never comes. */
async function makeFifo(path: string): Promise<void> {
  const { success } = await new Deno.Command("mkfifo", { args: [path] }).spawn().status;
  if (!success) throw new Error(`no FIFO at ${path}`);
}

Deno.test("a path that leads to no file is refused by name, whatever the system says of it", () =>
  withTempDirectory(async (directory) => {
    await Deno.writeTextFile(`${directory}/file`, "x");
    await Deno.symlink(`${directory}/loop`, `${directory}/loop`);
    const cases = {
      [`${directory}/none`]: "the name of no file",
      [`${directory}/file/key`]: "a path through something that is no directory",
      [`${directory}/loop`]: "a path through symbolic links that lead to themselves",
      [`${directory}/${"n".repeat(300)}`]: "a name that is too long for this system",
      [`${directory}/nul\0`]: "a name that this system does not take",
      [directory]: "no plain file",
    };
    for (const [path, given] of Object.entries(cases)) {
      const error = await assertRejects(() => readSmallFile(path, 100), ConfigError);
      assertEquals(error.message, `${path}: given ${given}, wanted a plain file that exists`);
    }
    assertEquals((await readSmallFile(`${directory}/file`, 100)).text, "x");
  }));

Deno.test({
  name: "a FIFO is refused at once",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withTempDirectory(async (directory) => {
      await makeFifo(`${directory}/fifo`);
      await assertRejects(() => readSmallFile(`${directory}/fifo`, 100), ConfigError, "fifo: given no plain file");
    }),
});

Deno.test({
  name: "a device is a wrong path, and not a question for permissions",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const error = await assertRejects(() => readSmallFile("/dev/full", 100), ConfigError);
    assertEquals(error.message.slice(0, 49), "/dev/full: given a path that this program does no");
  },
});

Deno.test("a path that the user may not use is a wrong one, a disk that fails is not, and both are named", () => {
  const error = (code: string) => unusablePath("/keys/r1.key", new CodedError("as the system says", code), "a file");
  const denied = "/keys/r1.key: given a path that this user may not use, wanted a file";
  for (const code of ["EACCES", "EPERM"]) {
    assertEquals([error(code) instanceof ConfigError, error(code).message], [true, denied]);
  }
  assertEquals([error("EIO") instanceof ConfigError, error("EIO").message], [
    false,
    "/keys/r1.key: as the system says",
  ]);
});

Deno.test("nothing is made where something else is in the way", () =>
  withTempDirectory(async (directory) => {
    await Deno.writeTextFile(`${directory}/file`, "x");
    await assertRejects(() => makeDirectory(`${directory}/file`), ConfigError, "file: given something that is no dir");
    await assertRejects(() => makeDirectory(`${directory}/file/deeper`), ConfigError, "deeper: given a path through");
    await assertRejects(() => writeNewFile(`${directory}/none/x`, "", 0o600), ConfigError, "none/x: given the name of");
    assertThrows(() => pathExists(`${directory}/file/x`), ConfigError, "file/x: given a path through");
    assertEquals([pathExists(directory), pathExists(`${directory}/none`)], [true, false]);
  }));
