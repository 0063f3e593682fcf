/** The page in a real Chromium, where this system has one (`apt-get install chromium`); skipped where it has none. */
import { assertEquals } from "@std/assert";
import { findChromium } from "./browser/find_chromium.ts";

const WALK = new URL("./browser/walk.ts", import.meta.url);
const isThere = findChromium() !== null;
const skipped = isThere ? "" : " (skipped: this system has no Chromium)";

Deno.test({
  name: `the dashboard in a browser: live data, play, keyboard, narrow, axe${skipped}`,
  ignore: !isThere,
  async fn() {
    // Playwright reads the whole environment and more, which tests may not: it gets a process of its own.
    const args = ["test", "-q", "--no-check", "--allow-all", WALK.pathname];
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      ...{ args, stdin: "null", stdout: "piped", stderr: "piped", env: { NO_COLOR: "1" } },
    }).output();
    const said = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("\n");
    assertEquals(code, 0, said.slice(-6000));
  },
});
