/** The command line alters no byte: what is not UTF-8 goes in and comes out as it is, or is refused. */
import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { UsageError } from "../../client/mod.ts";
import { withCli } from "./cli_lab.ts";
import { withFakeCluster } from "./with_fake_cluster.ts";

const utf8 = new TextEncoder();

Deno.test("cli: values of any bytes go in and come out as they are", () =>
  withCli({}, async (cli, json) => {
    await cli("put --hex k fffe01");
    assertEquals((await json("get k") as { valueBase64: string }).valueBase64, "//4B");
    assertEquals((await cli("get k --hex")).out, "fffe01\n");
    assertEquals((await cli("get k --base64")).out, "//4B\n");
    assertEquals((await cli("get k", "", true)).out, "(3 bytes, not UTF-8; base64) //4B\n");
    assertEquals((await cli("put --base64 k -", "//\n4B\n")).code, 0);
    assertEquals((await json("get k --hex") as { valueHex: string }).valueHex, "fffe01");
    await cli("put k -", new Uint8Array([0xff, 0x0a]));
    assertEquals((await cli("get k --hex")).out, "ff0a\n");
    assertEquals((await cli("cas k 3 --hex -", "66 6f\n6F\n")).code, 0);
    assertEquals(await cli("get k --raw"), { code: 0, out: "foo", err: "" });
    assertEquals((await json("get k --base64") as { valueBase64: string }).valueBase64, "Zm9v");
    const longest = "ab".repeat(65_536);
    assertEquals((await cli("put --hex k -", longest)).code, 0);
    assertEquals((await cli("get k --hex")).out, `${longest}\n`);
  }));

Deno.test("cli: what is not in its encoding is refused, and nothing written", () =>
  withCli({}, async (cli) => {
    const cases = {
      "put --hex k abc": 'VALUE was given "abc" with --hex; wanted an even number of hexadecimal digits',
      "put --hex k xx": 'VALUE was given "xx" with --hex',
      "put --base64 k Zm9": 'VALUE was given "Zm9" with --base64; wanted base64 with its padding',
      "put --base64 k Zh==": 'VALUE was given "Zh==" with --base64',
      "put --hex --base64 k 00": "value was given with --hex and --base64; wanted one of them",
      "get --raw --hex k": "get was given --raw and --hex; wanted one of them",
      "delete --hex k": "delete was given --hex",
    };
    for (const [line, message] of Object.entries(cases)) {
      const { code, out, err } = await cli(line);
      assertEquals([code, out], [2, ""]);
      assertStringIncludes(err, message);
    }
    assertEquals((await cli("list")).out, "KEY  REVISION  VALUE\n");
  }));

Deno.test("cli: an argument that is not UTF-8 is refused, wherever it stands; so is a line of the shell", () =>
  withCli({}, async (cli) => {
    for (const line of ["put col\ufffd one", "put k \ufffd", "list --after \ufffd", "put -- k \ufffd"]) {
      const { code, err } = await cli(line);
      assertEquals(code, 2);
      assertMatch(
        err,
        /^client: argument \d was given as ".*\ufffd.*", with bytes that are not UTF-8 .* --hex or --base64/,
      );
    }
    const lines = [...utf8.encode("put a 1\nput col"), 0xfe, ...utf8.encode(" one\nput \ufffd meant\nget \ufffd\n")];
    const { code, out, err } = await cli("shell", new Uint8Array(lines));
    assertEquals([code, out.split("\n").at(-2)], [2, "meant"]);
    assertEquals(
      err,
      "client: line was given with bytes that are not UTF-8; wanted UTF-8, other values with --hex or --base64",
    );
    assertEquals((await cli("list")).out.split("\n").length, 4);
  }));

Deno.test("cli: --help never acts, in the shell neither, and a value may be called so", () =>
  withCli({}, async (cli, json) => {
    assertStringIncludes((await cli("put a 1 --help")).out, "put KEY VALUE");
    const { out } = await cli("shell", "put a 1 --help\nput b -- --help\nhelp\n");
    assertStringIncludes(out, "Usage: client --cluster FILE --key FILE [OPTIONS] put KEY VALUE");
    assertEquals((await json("list") as { items: object[] }).items, [{ key: "b", revision: 1, value: "--help" }]);
  }));

Deno.test("cli: a text that UTF-8 has no bytes for is no value", () =>
  withFakeCluster({}, async (_cluster, connect) => {
    await assertRejects(() => connect().put("k", "a\ud800"), UsageError, "half a surrogate pair");
  }));
