import { assert } from "@std/assert";
import { eventually } from "../../../tasks/support/eventually.ts";
import * as lab from "./connection_lab.ts";
import { NetLab } from "./net_lab.ts";

const WORKER = new URL("./starved_worker.ts", import.meta.url).pathname;
const DESCRIPTORS = 64;

Deno.test("starved: a listener that runs out of descriptors accepts again when there are some", async () => {
  const args = ["run", "--quiet", "--no-prompt", "--allow-net=127.0.0.1", "--allow-read", WORKER];
  const command = ["-c", `ulimit -n ${DESCRIPTORS}; exec "$0" "$@"`, Deno.execPath(), ...args];
  const child = new Deno.Command("sh", { args: command, stdout: "piped" }).spawn();
  await using net = new NetLab();
  try {
    const port = Number(new TextDecoder().decode((await child.stdout.getReader().read()).value));
    const before = net.dial(port);
    await answered(before, "before");
    const crowd = [];
    for (let count = 0; count < 2 * DESCRIPTORS; count++) crowd.push(await net.stranger(port));
    const during = net.dial(port);
    await answered(before, "served while nobody new can be");
    assert(!during.isConnected, "there are descriptors left, so this tests nothing");
    for (const tcp of crowd) tcp.close();
    await answered(during, "accepted after all");
  } finally {
    child.kill("SIGKILL");
    await child.status;
  }
});

async function answered(dealer: ReturnType<NetLab["dial"]>, text: string): Promise<void> {
  await eventually(text, () => {
    dealer.send([lab.utf8(text)]);
    for (let frames = dealer.take(); frames !== null; frames = dealer.take()) {
      if (lab.texts([frames])[0]![0] === text) return true;
    }
    return false;
  });
}
