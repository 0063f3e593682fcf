/** Runs `disk_process_run.ts` if the system can bound a running process's files. */
import { assert } from "@std/assert";

/** Returns whether there is a `prlimit` (util-linux). */
function canBoundFiles(): boolean {
  try {
    return new Deno.Command("prlimit", { args: ["--version"], stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

Deno.test({
  name: "real processes whose files cannot grow wait, say so, stop on SIGTERM, and go on by themselves once they can",
  ignore: !canBoundFiles(),
  async fn() {
    const script = new URL("disk_process_run.ts", import.meta.url).pathname;
    // A process that ignores SIGXFSZ gets an error when a file would grow too long; by default it would be ended.
    const args = ["-c", `trap "" XFSZ; exec "$0" run -q --no-prompt -P=test "$1"`, Deno.execPath(), script];
    const { success, stderr } = await new Deno.Command("sh", { args, stdout: "null", stderr: "piped" }).output();
    assert(success, new TextDecoder().decode(stderr));
  },
});
