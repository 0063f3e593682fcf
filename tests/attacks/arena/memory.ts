/** Resident memory of processes, through `cat`: Deno itself opens /proc only to a process with every permission. */
import { INGRESS_LIMITS } from "../../../replica/limits/ingress_limits.ts";
import { MAX_PACKET_BYTES } from "../../../transport/frame_limits.ts";
import { NET_LIMITS } from "../../../transport/zmtp/net/net_limits.ts";
import { MAX_HELD_BYTES, MAX_QUEUED_BYTES } from "../../../transport/zmtp/queues.ts";
import type { Party } from "../attack.ts";

const MIB = 1024 * 1024;

/** Returns the resident memory of a process now and at its peak, in MiB. Throws if it has ended. */
export async function memoryOf(pid: number): Promise<{ readonly now: number; readonly peak: number }> {
  const { stdout } = await new Deno.Command("cat", { args: [`/proc/${pid}/status`], stderr: "null" }).output();
  const status = new TextDecoder().decode(stdout);
  const field = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? NaN) / 1024;
  const [now, peak] = [field("VmRSS"), field("VmHWM")];
  if (Number.isNaN(now) || Number.isNaN(peak)) throw new Error(`process ${pid}: its memory is not known, it has ended`);
  return { now, peak };
}

/** Makes the peak of a process begin anew from what it has now, where the system can do so. */
export async function forgetPeak(pid: number): Promise<void> {
  const args = ["-c", `echo 5 > /proc/${pid}/clear_refs`];
  await new Deno.Command("sh", { args, stdout: "null", stderr: "null" }).output();
}

/** A replica with a small state under load: program, heap and its garbage. */
const PROCESS_MIB = 320;
const STRANGER_BYTES = 10 * 1024;
const PORTS = 3;

/** Bytes that each party can make a replica hold, from the bounds of the code; each includes the ones before. */
const HELD_BYTES: Readonly<Record<Party, number>> = {
  outsider: PORTS * NET_LIMITS.strangers * STRANGER_BYTES,
  client: MAX_HELD_BYTES + MAX_QUEUED_BYTES + INGRESS_LIMITS.maxBacklog * MAX_PACKET_BYTES.client,
  insider: MAX_HELD_BYTES + MAX_QUEUED_BYTES + INGRESS_LIMITS.maxBacklog * MAX_PACKET_BYTES.client,
};

/** Returns the bound of a replica's memory while `party` attacks it, in MiB. */
export const memoryBound = (party: Party): number => Math.round(PROCESS_MIB + HELD_BYTES[party] / MIB);
