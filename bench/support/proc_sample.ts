/** Counters of the kernel at one moment: processor time of processes, and traffic on loopback. Linux only. */
import { parseCpuSeconds } from "./resources.ts";

export interface ProcSample {
  /** Time of the sample on this process's monotonic clock, in milliseconds. */
  readonly at: number;
  /** Processor seconds, user and system, by the name of the process. */
  readonly cpuSeconds: Readonly<Record<string, number>>;
  readonly loopback: { readonly bytes: number; readonly packets: number };
}

/** Processes by name. */
export type Pids = Readonly<Record<string, number>>;

/** Samples `pids` by one process that reads for this one: Deno opens /proc only to a process with every permission. */
export async function sampleProc(pids: Pids): Promise<ProcSample> {
  const files = [...Object.values(pids).map((pid) => `/proc/${pid}/stat`), "/proc/net/dev"];
  const { stdout } = await new Deno.Command("cat", { args: files, stderr: "null" }).output();
  return parseProc(new TextDecoder().decode(stdout), pids, performance.now());
}

/** Parses the files one after the other. Throws where a process is not there any more. */
export function parseProc(text: string, pids: Pids, at: number): ProcSample {
  const lines = text.split("\n");
  const stats = new Map(lines.filter((line) => /^\d+ \(/.test(line)).map((line) => [parseInt(line), line]));
  const cpuSeconds = Object.entries(pids).map(([name, pid]) => {
    const stat = stats.get(pid);
    if (stat === undefined) throw new Error(`${name} (process ${pid}) has ended`);
    return [name, parseCpuSeconds(stat)];
  });
  const received = /^ *lo: *(\d+) +(\d+)/m.exec(text) ?? [];
  const [bytes, packets] = [Number(received[1]), Number(received[2])];
  return { at, cpuSeconds: Object.fromEntries(cpuSeconds), loopback: { bytes, packets } };
}
