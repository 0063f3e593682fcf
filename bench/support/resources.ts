/** Processor time and memory of a process, as the kernel reports them. Linux only. */

/** Clock ticks per second in /proc; fixed by the kernel's interface to programs. */
const TICKS_PER_SECOND = 100;

/** Reads a file of /proc through `cat`: Deno itself opens /proc only to a process with every permission. */
async function readProc(pid: number, file: string): Promise<string> {
  const { stdout } = await new Deno.Command("cat", { args: [`/proc/${pid}/${file}`] }).output();
  return new TextDecoder().decode(stdout);
}

/** Returns the processor seconds (user and system) that a `stat` file of /proc tells of its process, or of the children it has waited for. */
export function parseCpuSeconds(stat: string, of: "self" | "children" = "self"): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const user = of === "self" ? 11 : 13;
  return (Number(fields[user]) + Number(fields[user + 1])) / TICKS_PER_SECOND;
}

/** Returns the processor seconds (user and system) that process `pid` has used. */
export const cpuSeconds = async (pid: number): Promise<number> => parseCpuSeconds(await readProc(pid, "stat"));

/** Returns the resident memory of process `pid` in MiB. */
export async function residentMiB(pid: number): Promise<number> {
  return Number(/VmRSS:\s+(\d+) kB/.exec(await readProc(pid, "status"))?.[1] ?? NaN) / 1024;
}
