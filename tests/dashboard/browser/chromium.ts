/** Chromium, started by hand and driven by Playwright over its debugging port. */
import { type Browser, chromium } from "playwright-core";

const START_MS = 30_000;

/** A browser that is ended by its own pid. */
export interface OwnedBrowser extends AsyncDisposable {
  readonly browser: Browser;
}

/** Starts Chromium on a profile in `dir`. Throws if it does not come up. */
export async function startChromium(path: string, dir: string): Promise<OwnedBrowser> {
  const args = [
    "--headless=new",
    "--hide-scrollbars",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--remote-debugging-port=0",
  ];
  const child = new Deno.Command(path, {
    args: [...args, `--user-data-dir=${dir}`, "--no-first-run", "about:blank"],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const end = async () => {
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await child.status;
  };
  try {
    const browser = await chromium.connectOverCDP(`http://127.0.0.1:${await portIn(dir)}`);
    return { browser, [Symbol.asyncDispose]: async () => await browser.close().catch(() => {}).finally(end) };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Chromium writes its port into its profile. */
async function portIn(dir: string): Promise<number> {
  for (const deadline = performance.now() + START_MS; performance.now() < deadline;) {
    const text = await Deno.readTextFile(`${dir}/DevToolsActivePort`).catch(() => "");
    const [port] = text.split("\n");
    if (port && /^\d+$/.test(port)) return Number(port);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`Chromium did not listen within ${START_MS} ms`);
}
