/** Processor time and memory of a process, as the kernel accounts them. Linux only. */

/** Clock ticks a second in /proc; fixed by the kernel's interface to programs. */
const TICKS_PER_SECOND = 100;

/** Deno itself hands /proc to a process with every permission only, so `cat` reads it. */
async function readProc(pid: number, file: string): Promise<string> {
  const { stdout } = await new Deno.Command("cat", { args: [`/proc/${pid}/${file}`] }).output();
  return new TextDecoder().decode(stdout);
}

/** Processor seconds (user and system) that process `pid` has used. */
export async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readProc(pid, "stat");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Resident memory of process `pid` in MiB. */
export async function residentMiB(pid: number): Promise<number> {
  return Number(/VmRSS:\s+(\d+) kB/.exec(await readProc(pid, "status"))?.[1] ?? NaN) / 1024;
}
